"""Loops that Numba compiles, to run for the kernels of what is fused (see tinylm/kernels.py).

What a loop computes stands with its kernel, in NumPy; here stands how to do it in one pass. Importing this package
compiles them, so it is left to `tl.compiled()`.
"""

from . import smooth, sums

__all__ = ["smooth", "sums"]
