"""Fast versions of the layers' equations, each with its derivative worked out by hand; importing them is enough.

What an equation says stands in the layer's own file, under `@composition`. Here stands one idea a file: how to compute
the same with few arrays and few passes over them. `tl.fused(False)` and second derivatives never come here.
"""

from . import attention, cross_entropy, gelu, gru, linear, lstm, normalisation, rnn

__all__ = ["attention", "cross_entropy", "gelu", "gru", "linear", "lstm", "normalisation", "rnn"]
