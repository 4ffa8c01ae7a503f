"""Tensor: an array that remembers how it was made, so that it can be differentiated.

A Tensor answers NumPy's functions and operators. It does not know them: `t + u` and `np.tanh(t)` look
the function up in `graph.TABLE`, which `tinylm.ops` fills, and what they find there computes and records.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from . import backend
from .backend import Array
from .graph import TABLE, Node, Place, differentiate, leaf_node, setting

_accumulation = threading.Lock()


def _method(function: Any) -> Callable[..., Any]:
    """t.sum(axis=0) for np.sum(t, axis=0): what stands in the table for the function."""
    return lambda self, *args, **settings: TABLE[function](self, *args, **settings)


def _operator(function: Any) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """t + other and other + t, for np.add."""
    return lambda self, other: TABLE[function](self, other), lambda self, other: TABLE[function](other, self)


class Tensor:
    """An array with a gradient.

    data           nested lists, a number, an array (copied) or a Tensor; what has no dtype becomes float32
    requires_grad  whether gradients shall be collected in `.grad`
    dtype, device  convert to these

    Raises TypeError for `requires_grad` on anything but floating point, and ValueError for ragged lists.
    """

    __slots__ = ("__weakref__", "_array", "_node", "_output", "_version", "grad")

    _array: Array  # the values
    _node: Node | None  # the call that made it, or its leaf node, or None where nothing is to be differentiated
    _output: int  # which output of that call it is
    _version: list[int] | None  # how often it was written to, counted with its views; None: a result, never written
    grad: Tensor | None  # where `backward` adds up the gradient

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None, device: str | None = None) -> None:
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(f"Tensor: requires_grad is True or False, not {requires_grad!r}; a dtype is given by name: "
                            "Tensor(data, dtype=np.float64)")
        array = data._array if isinstance(data, Tensor) else data
        if device is None:
            device = backend.device_of(array) if hasattr(array, "dtype") else "cpu"
            device = backend.default_device() if device == "cpu" else device
        self._array = np.copy(backend.to_device(_as_array(array, dtype), device), order="C")
        self._node, self._output, self._version, self.grad = None, 0, [0], None
        self.requires_grad = requires_grad

    # What it is ------------------------------------------------------------------------------------

    shape = property(lambda self: cast("tuple[int, ...]", self._array.shape))
    ndim = property(lambda self: cast(int, self._array.ndim))
    size = property(lambda self: cast(int, self._array.size))
    dtype = property(lambda self: cast("np.dtype[Any]", self._array.dtype))
    device = property(lambda self: backend.device_of(self._array))

    @property
    def data(self) -> Array:
        """The values as a read-only view, without a copy."""
        view = self._array.view()
        if isinstance(view, np.ndarray):  # CuPy's arrays have no such flag
            view.flags.writeable = False
        return view

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this Tensor: a leaf that asks for them, or a result of such."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted == self.requires_grad:
            return
        if not wanted and not self.is_leaf:
            raise RuntimeError("requires_grad: this Tensor is a result; t.detach() gives one without a graph")
        if wanted and self.dtype.kind != "f":
            raise TypeError(
                f"requires_grad: a Tensor of {self.dtype} has no derivative, only floating point has; "
                "convert it with t.astype(np.float32)"
            )
        self._node = leaf_node(self, self._array) if wanted else None

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by hand rather than by a recorded operation."""
        return self._node is None or self._node.primitive is None

    # Out of the graph ------------------------------------------------------------------------------

    def detach(self) -> Tensor:
        """The same values (and memory) outside the graph."""
        return wrap(self._array, None, 0, self._version)

    def copy(self) -> Tensor:
        """The same values in new memory, outside the graph."""
        return Tensor(self._array, device=self.device)

    def numpy(self) -> np.ndarray:
        """A NumPy copy of the values, wherever they live."""
        self._refuse_if_graph("numpy()")
        return np.array(backend.to_host(self._array))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        self._refuse_if_graph("np.asarray")
        if self.device != "cpu":
            raise TypeError(f"np.asarray: this Tensor is on the device {self.device!r}; t.numpy() copies it to the CPU")
        return np.array(self.data, dtype=dtype, copy=copy)

    def _refuse_if_graph(self, what: str) -> None:
        if self.requires_grad:
            raise RuntimeError(
                f"{what}: this Tensor needs a gradient, and NumPy would lose it; "
                f"t.detach().numpy() if that is meant"
            )

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.size != 1:
            raise ValueError(f"item: a Tensor of shape {self.shape} has {self.size} elements, not one; index it first")
        return self._array.item()

    def tolist(self) -> Any:
        """The values as nested Python lists."""
        return backend.to_host(self._array).tolist()

    def assign(self, values: Any) -> None:
        """Overwrite the values in place: the one way to write to a Tensor.

        Everything that shares its memory sees the new values, and a backward that needs the old ones
        refuses. Raises RuntimeError on a result of an operation, whose values belong to the graph.
        """
        array = _as_array(values._array if isinstance(values, Tensor) else values, self.dtype)
        if array.shape not in (self.shape, ()):
            raise ValueError(f"assign: values of shape {array.shape} for a Tensor of shape {self.shape}")
        array = backend.beside(array, self._array)
        self.writable()[...] = array

    def writable(self) -> Array:
        """The array itself, for an optimizer to write to in place; it counts as a write, as `assign` is one."""
        if self._version is None or not self.is_leaf:
            raise RuntimeError("assign: this Tensor is a result of an operation; only leaves are written to: t.copy()")
        self._version[0] += 1
        return self._array

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "t[i] = v: a Tensor is not changed piecewise, its graph could not follow. "
            "Build a new one with np.where(mask, v, t), or overwrite all of a leaf with t.assign(values)"
        )

    # Differentiation ---------------------------------------------------------------------------------

    def backward(self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
        """Differentiate and add the gradients to the `.grad` of every leaf.

        gradient      ∂(what you care about)/∂(this Tensor), same shape; may be left out for a single number
        retain_graph  keep the graph for another backward (default: as `create_graph`)
        create_graph  record the backward too, so that the gradients can be differentiated
        """
        for (node, _), value in _run([self], [gradient], None, retain_graph, create_graph).items():
            leaf = node.leaf() if node.leaf else None
            if leaf is not None:
                with _accumulation:
                    leaf.grad = value if leaf.grad is None else leaf.grad + value

    # NumPy's protocols -------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        if method == "__call__" and not settings and ufunc in TABLE:  # nearly always
            return TABLE[ufunc](*inputs)
        if method != "__call__":
            raise TypeError(
                f"np.{ufunc.__name__}.{method}: no derivative is registered for ufunc methods; "
                "use the function itself, or np.sum, np.prod, np.cumsum, np.max"
            )
        if settings.get("out") is not None:
            raise TypeError(f"np.{ufunc.__name__}: Tensors cannot be written into (out=, or `array += tensor`); "
                            "write x = x + t")
        return _answer(ufunc, inputs, settings)

    def __array_function__(self, function: Any, types: Any, inputs: Any, settings: Any) -> Any:
        return _answer(function, inputs, settings)

    # Operators: each asks the table ------------------------------------------------------------------

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"a Tensor of shape {self.shape} is neither true nor false: use .any(), .all() or np.where"
            )
        return bool(self._array.item())

    def __getitem__(self, index: Any) -> Tensor:
        return cast(Tensor, TABLE[operator.getitem](self, index))

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a Tensor of shape () has no length")
        return int(self.shape[0])

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__
    __float__ = lambda self: float(self.item())
    __int__ = lambda self: int(self.item())
    __index__ = lambda self: operator.index(self.item())
    __pos__ = lambda self: self
    __neg__, __abs__, __invert__ = map(_method, (np.negative, np.absolute, np.invert))

    __add__, __radd__ = _operator(np.add)
    __sub__, __rsub__ = _operator(np.subtract)
    __mul__, __rmul__ = _operator(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.divide)
    __pow__, __rpow__ = _operator(np.power)
    __matmul__, __rmatmul__ = _operator(np.matmul)
    __floordiv__, __rfloordiv__ = _operator(np.floor_divide)
    __mod__, __rmod__ = _operator(np.remainder)
    __and__, __rand__ = _operator(np.bitwise_and)
    __or__, __ror__ = _operator(np.bitwise_or)
    __xor__, __rxor__ = _operator(np.bitwise_xor)
    __lt__, __gt__ = _operator(np.less)  # t > u is u < t
    __le__, __ge__ = _operator(np.less_equal)

    __eq__ = lambda self, other: TABLE[np.equal](self, other) if _number_like(other) else NotImplemented
    __ne__ = lambda self, other: TABLE[np.not_equal](self, other) if _number_like(other) else NotImplemented

    # Methods: NumPy's, by the names NumPy gives them ---------------------------------------------------

    T = property(lambda self: TABLE[np.transpose](self))
    mT = property(lambda self: TABLE[np.swapaxes](self, -1, -2))  # noqa: N815
    sum, mean, var, std, prod, cumsum = map(_method, (np.sum, np.mean, np.var, np.std, np.prod, np.cumsum))
    max, min, argmax, argmin, argsort = map(_method, (np.max, np.min, np.argmax, np.argmin, np.argsort))
    any, all, clip, take, repeat = map(_method, (np.any, np.all, np.clip, np.take, np.repeat))
    dot, trace, diagonal = map(_method, (np.dot, np.trace, np.diagonal))
    squeeze, swapaxes = map(_method, (np.squeeze, np.swapaxes))
    astype, to = map(_method, ("astype", "to"))
    flatten = ravel = lambda self, *args, **settings: TABLE[np.ravel](self, *args, **settings)
    reshape = lambda self, *shape: TABLE[np.reshape](self, shape[0] if len(shape) == 1 else shape)
    transpose = lambda self, *axes: TABLE[np.transpose](self, axes[0] if len(axes) == 1 else axes or None)

    def __repr__(self) -> str:
        with np.printoptions(precision=4, suppress=True, threshold=200, edgeitems=3):
            values = np.array2string(backend.to_host(self._array), separator=", ", prefix="Tensor(")
        facts = [values, f"shape={self.shape}", str(self.dtype)]
        if self.device != "cpu":
            facts.append(f"device={self.device!r}")
        if self._node is not None:
            facts.append("requires_grad=True" if self.is_leaf else f"made by {self._node.primitive}")
        return f"Tensor({', '.join(facts)})"

    def __reduce__(self) -> Any:  # pickle, copy.deepcopy
        if not self.is_leaf:
            raise RuntimeError("copying or pickling a Tensor with a graph: detach() it first")
        return Tensor, (backend.to_host(self._array), self.requires_grad, None, self.device)


def wrap(array: Array, node: Node | None, output: int, version: list[int] | None = None) -> Tensor:
    """A Tensor around an array as it is: no copy, no checks."""
    tensor = _new(Tensor)
    tensor._array = array
    tensor._node = node
    tensor._output = output
    tensor._version = version
    tensor.grad = None
    return tensor


_new = cast("Callable[[type[Tensor]], Tensor]", Tensor.__new__)


def _as_array(data: Any, dtype: Any) -> Array:
    """An array of a dtype that Tensors may have; float32 for what brings no dtype of its own."""
    if hasattr(data, "dtype"):
        array = data if hasattr(data, "__array_function__") else np.asarray(data)
        if array.dtype.byteorder == ">" and dtype is None:
            dtype = array.dtype.newbyteorder("=")
    else:
        if isinstance(data, (list, tuple)) and any(isinstance(part, Tensor) for part in data):
            raise TypeError("Tensor: a list of Tensors becomes one Tensor, and keeps its graph, by np.stack(list)")
        try:
            array = np.asarray(data)
        except (ValueError, TypeError, RuntimeError) as error:
            raise ValueError(
                f"Tensor: these lists do not make an array ({error}). Every row needs the same length; "
                "pad the short ones"
            ) from error
        if array.dtype == np.float64 and dtype is None:
            dtype = np.float32
    array = array if dtype is None else array.astype(dtype)
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise TypeError(f"Tensor: {array.dtype} is not one of float16, float32, float64, integers and bool")
    return array


def _number_like(value: Any) -> bool:
    return isinstance(value, (Tensor, int, float, list, tuple)) or hasattr(value, "dtype")


def _answer(function: Any, inputs: Any, settings: Any) -> Any:
    """Look a NumPy function up in the table of derivatives and call what stands there."""
    known = TABLE.get(function) or TABLE.get(getattr(function, "__name__", "") if _is_scipy(function) else None)
    if known is None:
        name = f"{getattr(function, '__module__', None) or 'numpy'}.{function.__name__}".replace("numpy", "np", 1)
        raise TypeError(
            f"{name}: no derivative is registered for it. Write it with functions that have one (tinylm.ops), "
            f"give it one with @tl.primitive({name}), or leave the graph: {name}(t.detach().numpy())"
        )
    return known(*inputs, **settings)


def _is_scipy(function: Any) -> bool:  # scipy.special's ufuncs cannot be keys before SciPy is imported
    return isinstance(function, np.ufunc) and getattr(np, function.__name__, None) is not function


def _run(
    outputs: Sequence[Tensor], gradients: Sequence[Any], targets: set[Place] | None, retain: bool | None, create: bool
) -> dict[Place, Tensor]:
    """Check what `backward` and `grad` were given, walk the graph, and own what comes back."""
    roots = []
    for output, gradient in zip(outputs, gradients, strict=True):
        if output._node is None:
            raise RuntimeError(
                "backward: this Tensor has no graph. Nothing it was computed from requires a gradient "
                "(set requires_grad=True on the leaves), or it was computed under no_grad() or detached"
            )
        roots.append((output._node, output._output, _starting_gradient(output, gradient, create)))
    if not create:
        found = differentiate(roots, targets, bool(retain))
        return {place: wrap(np.copy(g, order="C"), None, 0, [0]) for place, g in found.items()}
    with setting(record=True):
        found = differentiate(roots, targets, retain is None or retain, record=wrap)
        # What no operation made may be somebody else's: the caller's `gradient`, or another leaf's.
        return {place: TABLE["identity"](g) if g.is_leaf else g for place, g in found.items()}


def _starting_gradient(output: Tensor, gradient: Any, create: bool) -> Any:
    if gradient is None:
        if output.size != 1:
            raise ValueError(
                f"backward: the derivative of a Tensor of shape {output.shape} needs a `gradient` of that shape, "
                "saying what each element counts; usually the loss is a single number (.mean(), .sum())"
            )
        gradient = np.ones_like(output._array)
    gradient = gradient.item() if isinstance(gradient, np.generic) else gradient
    if not isinstance(gradient, Tensor):
        plain = not hasattr(gradient, "dtype")
        gradient = Tensor(gradient, dtype=output.dtype if plain else None, device=output.device)
    if gradient.shape != output.shape:
        raise ValueError(f"backward: a gradient of shape {gradient.shape} for a Tensor of shape {output.shape}")
    if gradient.dtype != output.dtype:
        raise TypeError(f"backward: a gradient of {gradient.dtype} for a Tensor of {output.dtype}; "
                        f"convert it with .astype(np.{output.dtype})")
    if gradient.device != output.device:
        raise TypeError(f"backward: a gradient on {gradient.device!r} for a Tensor on {output.device!r}; "
                        f"move it with .to({output.device!r})")
    return gradient if create else gradient._array


def grad(
    outputs: Any, inputs: Any, gradient: Any = None, create_graph: bool = False, retain_graph: bool | None = None,
    allow_unused: bool = False,
) -> Any:
    """∂outputs/∂inputs, returned; nothing else is touched.

    outputs       a Tensor or several
    inputs        a Tensor, giving one gradient, or a sequence, giving a list of them
    gradient      the weight of each output's elements (as in `backward`); one for each output
    create_graph  make the result differentiable itself
    allow_unused  None for an input that the outputs do not depend on, instead of an error
    """
    one = isinstance(outputs, Tensor)
    many, outputs = _listed("inputs", inputs), _listed("outputs", outputs)
    gradients = [gradient] if one else [None] * len(outputs) if gradient is None else list(gradient)
    if len(gradients) != len(outputs):
        raise ValueError(f"grad: {len(outputs)} outputs and {len(gradients)} gradients; each output takes one, or None")
    for position, tensor in enumerate(many):
        if not (tensor.requires_grad or allow_unused):
            raise TypeError(f"grad: input {position} is not a Tensor with requires_grad=True")
    places = [cast(Place, (tensor._node, tensor._output)) for tensor in many]  # no node, no gradient: not found
    found = _run(outputs, gradients, {place for place in places if place[0]}, retain_graph, create_graph)
    unused = [position for position, place in enumerate(places) if place not in found]
    if unused and not allow_unused:
        raise RuntimeError(
            f"grad: the outputs do not depend on input {unused[0]}. Was it used, and not detached on the way? "
            "allow_unused=True returns None for it"
        )
    results = [found.get(place) for place in places]
    return results[0] if isinstance(inputs, Tensor) else results


def _listed(what: str, tensors: Any) -> list[Tensor]:
    found = [tensors] if isinstance(tensors, Tensor) else list(tensors) if hasattr(tensors, "__iter__") else [tensors]
    for position, tensor in enumerate(found):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"grad: {what} are Tensors, number {position} is {type(tensor).__name__}")
    return found
