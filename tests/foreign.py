"""A second array library to test against on any machine: it computes with NumPy and behaves as CuPy 14 does.

It answers NumPy's protocols, refuses to meet NumPy's arrays, never turns into one by itself, and its
reductions stay arrays. An integer array that indexes out of range wraps around without a word.
"""

from types import SimpleNamespace

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

COMPARISONS = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)


class ForeignArray(NDArrayOperatorsMixin):
    """An array "on a device". `base` is the array whose memory this one shares, if there is one."""

    __slots__ = ("__weakref__", "_values", "base")
    for _name in ("shape", "dtype", "ndim", "size", "strides", "nbytes", "itemsize"):
        locals()[_name] = property(lambda self, _name=_name: getattr(self._values, _name))

    def __init__(self, values, sources=()):
        self._values = np.asarray(values)
        owners = (s if s.base is None else s.base for s in sources if np.may_share_memory(s._values, self._values))
        self.base = next(owners, None)

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        out = settings.pop("out", ())
        if ufunc in COMPARISONS:  # NumPy's scalars arrive as arrays here (numpy#12142)
            inputs = tuple(x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in inputs)
        index = inputs[1:2] if method in ("at", "reduceat") else ()
        for value in (*inputs[:1], *inputs[1 + len(index):], *out):
            if isinstance(value, np.ndarray):
                raise TypeError(f"Unsupported type {type(value)}")
            if not isinstance(value, (ForeignArray, int, float, complex, np.generic)):
                return NotImplemented
        if method == "at":
            inputs = (inputs[0], around(*index, inputs[0].shape), *inputs[2:])
        result = getattr(ufunc, method)(*bare(inputs), **bare(settings | ({"out": out} if out else {})))
        return out[0] if len(out) == 1 else wrap(result)

    def __array_function__(self, function, types, inputs, settings):
        if not all(issubclass(kind, ForeignArray) for kind in types):
            return NotImplemented
        if function is np.take:
            settings = settings | {"mode": "wrap"}
        if function is np.take_along_axis:
            axis = inputs[2] if len(inputs) > 2 else settings.get("axis", -1)
            size = inputs[0].size if axis is None else inputs[0].shape[axis]
            inputs = (inputs[0], inputs[1] % size, *inputs[2:])
        result = wrap(function(*bare(inputs), **bare(settings)), arrays_in(inputs))
        return result if settings.get("out") is None else settings["out"]

    def __array__(self, *args, **settings):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    @property
    def __array_interface__(self):
        raise AttributeError("this array is not in the host's memory")

    def __getitem__(self, index):
        index = around(index, self.shape)
        whole = any(part is Ellipsis for part in index)
        return ForeignArray(self._values[index if whole else (*index, ...)], [self])

    def __setitem__(self, index, value):
        if isinstance(value, (np.ndarray, list)):
            raise TypeError(f"Unsupported type {type(value)}")
        self._values[around(index, self.shape)] = bare(value)

    for _name in ("__len__", "__bool__", "__int__", "__float__", "item", "tolist"):
        locals()[_name] = lambda self, *args, _name=_name: getattr(self._values, _name)(*args)
    __repr__ = lambda self: f"Foreign({self._values!r})"
    T = property(lambda self: ForeignArray(self._values.T, [self]))
    flags = property(lambda self: SimpleNamespace(c_contiguous=self._values.flags.c_contiguous))
    get = lambda self: self._values.copy()
    copy = lambda self, order="C": ForeignArray(self._values.copy(order))
    view = lambda self, *dtype: ForeignArray(self._values.view(*dtype), [self])
    astype = lambda self, dtype, copy=True: ForeignArray(self._values.astype(dtype, copy=copy), [self])
    for _name in ("min", "max", "any", "all", "sum", "mean", "prod", "argmax", "ravel", "reshape", "transpose"):
        locals()[_name] = lambda self, *args, _name=_name, **settings: wrap(
            getattr(self._values, _name)(*bare(args), **bare(settings)), [self])


def bare(value):
    """`value` with the NumPy arrays inside its ForeignArrays."""
    if isinstance(value, (tuple, list)):
        return type(value)(bare(part) for part in value)
    if isinstance(value, dict):
        return {key: bare(part) for key, part in value.items()}
    return value._values if isinstance(value, ForeignArray) else value


def wrap(value, sources=()):
    """`value` with ForeignArrays for NumPy's arrays and scalars."""
    if isinstance(value, (tuple, list)):
        return (list if isinstance(value, list) else tuple)(wrap(part, sources) for part in value)
    return ForeignArray(value, sources) if isinstance(value, (np.ndarray, np.generic, bool)) else value


def arrays_in(value):
    """The ForeignArrays inside nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in arrays_in(part)]
    return [value] if isinstance(value, ForeignArray) else []


def around(index, shape):
    """An index for NumPy, as a tuple; integer arrays wrap around. CuPy too takes lists and NumPy arrays here."""
    parts = [np.asarray(part, dtype=None if len(part) else int) if isinstance(part, list) else bare(part)
             for part in (index if isinstance(index, tuple) else (index,))]
    axes = [0 if part is None or part is Ellipsis else part.ndim if getattr(part, "dtype", None) == np.bool_ else 1
            for part in parts]
    axis = 0
    for place, part in enumerate(parts):
        if isinstance(part, np.ndarray) and part.dtype.kind in "iu" and axis < len(shape) and shape[axis]:
            parts[place] = part % shape[axis]
        axis += len(shape) - sum(axes) if part is Ellipsis else axes[place]
    return tuple(parts)
