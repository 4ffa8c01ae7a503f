"""Primitives: a formula, and beside it the formulas of its derivatives.

A new one takes ten lines. `softsign` computes y = x / (1 + |x|), and dy/dx = (1 - |y|)²:

    @tl.primitive(samples=tl.ops.UNARY, kinks=(0,))
    def softsign(x):
        "y = x / (1 + |x|)"
        return x / (1 + np.abs(x))

    softsign.vjp("x")(lambda g, y: g * (1 - np.abs(y)) ** 2)

    tl.gradcheck(softsign, tl.Tensor([0.5, -2.0], dtype="float64"))

A rule takes the gradient `g` of the output and names what else it needs: an input by its name, `y` for
the output, `x_shape` for no more than the shape of x, `aux` for what the formula handed over beside its
result (`return y, aux`), or a setting such as `axis`. The engine keeps what is named, and nothing else.
Rules are written in NumPy: on Tensors they are recorded, and so can be differentiated again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from .arguments import ARRAY, ARRAYS, NUMBERS, PLAIN, SETTING, bind, plain, strip, unify
from .backend import Array, beside, checksum
from .errors import explain
from .graph import MODE, TABLE, Node, Place, arrays_in
from .plan import Plan, Rule, is_finite
from .samples import Call, Pin
from .tensor import Tensor, wrap

PRIMITIVES: dict[str, Primitive] = {}
"""Every primitive by name: what `tinylm gradcheck` goes through."""

ORDINARY = MODE.get()  # the switches as they stand where nobody touched them
REALS = (-2.0, 2.0)  # where samples are drawn, unless a primitive has a smaller domain


class Primitive:
    """A differentiable operation. See the head of this file for how to make one."""

    def __init__(
        self, formula: Callable[..., Any], many: str | None = None, samples: Sequence[Call] | None = None,
        domain: tuple[float, float] | dict[str, tuple[float, float]] = REALS, kinks: Sequence[float] | str = (),
        pins: Sequence[Pin] = (), analytic: bool = True, casts: bool = False,
        composition: Callable[..., Any] | None = None, name: str | None = None,
    ) -> None:
        parameters = list(inspect.signature(formula).parameters.values())
        self.formula, self.name = formula, name or formula.__name__
        self.names = [p.name for p in parameters]
        self.positional = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
        self.defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.samples, self.domain, self.kinks, self.analytic = samples, domain, kinks, analytic
        self.pins = pins
        self.many, self.casts, self.composition = many, casts, composition
        self.rules: dict[str, Rule] = {}
        self.plans: dict[Any, Plan] = {}
        self._usual: dict[int, Plan] = {}  # those of them that the short way through a call may take
        self.numpy: list[Any] = []  # the NumPy functions that it answers
        self.aux = False  # does the formula return (y, aux)?
        self._arity, self.kinds = len(parameters), [SETTING] * len(parameters)
        if many is not None and many not in self.names:
            raise TypeError(f"{self.name}: many={many!r} names none of its parameters, {', '.join(self.names)}")
        if {"g", "y", "aux"} & set(self.names):
            raise TypeError(f"{self.name}: the names g, y and aux belong to the engine; call the parameters otherwise")
        functools.update_wrapper(self, formula)

    def __repr__(self) -> str:
        return self.name

    def vjp(self, *inputs: str, joint: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register how the gradient `g` of the output becomes the gradient of `inputs`.

        For an input that is a list of arrays the rule returns a list; a `joint` rule returns a dict with
        an entry for each of its inputs. Raises TypeError if the rule names something that is not there.
        """
        def register(rule: Callable[..., Any]) -> Callable[..., Any]:
            needs = list(inspect.signature(rule).parameters)[1:]
            for name in needs:
                if name not in {*self.names, "y", "aux"} and name.removesuffix("_shape") not in self.names:
                    raise TypeError(f"{self.name}: a rule asks for {name!r}, which is none of "
                                    f"{', '.join([*self.names, 'y', 'aux'])} or an input's _shape")
            for name in inputs:
                if name not in self.names:
                    raise TypeError(f"{self.name} has no input {name!r}")
                self.rules[name] = Rule(rule, needs, joint)
                self.kinds[self.names.index(name)] = ARRAYS if name == self.many else ARRAY
            self.aux |= "aux" in needs
            self.replan()
            return rule
        return register

    def replan(self) -> None:
        """Forget the plans that were made from the rules, which have changed."""
        self.plans.clear()
        self._usual.clear()

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """Compute, and record what the rules will need. Arrays in, arrays out; with any Tensor in, Tensors out."""
        if settings or len(args) != self._arity:
            args = tuple(bind(self, args, settings))
        raw: list[Any] = []
        edges: list[Place] = []
        tracked, bit, dtype = 0, 1, None
        for value, kind in zip(args, self.kinds):  # noqa: B905  (a microsecond counts here)
            if kind == ARRAY and type(value) is Tensor:
                raw.append(array := value._array)
                if array.dtype is not dtype:
                    if dtype is not None:
                        break
                    dtype = array.dtype
                if value._node is not None:
                    tracked |= bit
                    edges.append((value._node, value._output))
            elif type(value) in NUMBERS:
                raw.append(value)
            else:
                break
            bit <<= 1
        else:  # the usual call: Tensors of one dtype, and numbers
            plan = self._usual.get(tracked)
            if plan is not None and MODE.get() is ORDINARY:
                try:
                    result = self.formula(*raw) if bit > 2 else self.formula(array)
                except Exception:
                    return self.call_with_care(args)  # where it happens again, and is explained
                if type(result) is not np.ndarray:
                    result = _settled(result, whole=False)
                return _tensors(result, plan.record(edges, args, raw, result, None, False), args)
        return self.call_with_care(args)

    def call_with_care(self, args: Sequence[Any]) -> Any:
        """Any call: raw arrays, lists, settings, several results, and the switches of `Mode`."""
        raw: list[Any] = []  # the arguments as the formula wants them: arrays, not Tensors
        edges: list[Place] = []
        tracked = 0  # which arguments need a gradient, as bits
        places: tuple[int, ...] = ()  # and which members of the list
        seen = loose = False  # is there any Tensor? is there anything but Tensors of one dtype, and numbers?
        dtype, bit = None, 1
        for value, kind in zip(args, self.kinds):  # noqa: B905  (a microsecond counts here)
            if kind == ARRAY and type(value) is Tensor:
                array = value._array
                raw.append(array)
                if array.dtype is not dtype:
                    loose, dtype = loose or dtype is not None, array.dtype
                if value._node is not None:
                    tracked |= bit
                    edges.append((value._node, value._output))
            elif kind == ARRAY:
                raw.append(value)
                loose = loose or type(value) not in NUMBERS
            elif kind == ARRAYS:
                value = list(value)  # a Tensor stands for the list of its rows
                raw.append([v._array if type(v) is Tensor else v for v in value])
                seen, loose = seen or any(type(v) is Tensor for v in value), True
                places = tuple(k for k, v in enumerate(value) if type(v) is Tensor and v._node is not None)
                edges += [(value[k]._node, value[k]._output) for k in places]
                tracked |= bit if places else 0
            elif type(value) in PLAIN or (type(value) is tuple and PLAIN.issuperset(map(type, value))):
                raw.append(value)
            else:
                value, found = strip(self, value)
                raw.append(value)
                seen, loose = seen or found, True
            bit <<= 1
        mode = MODE.get()
        whole = False  # integers only: a floating-point result shall have the default dtype
        if dtype is None and not seen:
            return self.compute(args, raw)[0]
        if self.composition is not None and not mode.fused:
            return self.apply(self.composition, args)
        if loose or dtype is None or dtype.kind != "f":
            raw = unify(self, args, raw)
            whole = not self.casts and not any(array.dtype.kind in "fc" for array in arrays_in(raw))
        result, aux = self.compute(args, raw)
        if whole or type(result) is not np.ndarray:
            result = _settled(result, whole)
        node = None
        if tracked and mode.record and any(y.dtype.kind == "f" for y in arrays_in(result)):
            key = (tracked, places) if places else tracked
            plan = self.plans.get(key)
            if plan is None:
                plan = self.plans[key] = Plan(self, tracked, places, type(result) is tuple)
                if self.positional == self._arity and self.composition is None and not self.aux and not places:
                    self._usual[tracked] = plan
            node = plan.record(edges, args, raw, result, aux, loose)
        if mode.anomaly:
            self.watch(raw, result, node)
        return _tensors(result, node, args)

    def compute(self, args: Sequence[Any], raw: Sequence[Any]) -> tuple[Any, Any]:
        """Apply the formula; gives (result, aux). An error speaks of this primitive and its arguments."""
        try:
            result = self.apply(self.formula, raw)
        except Exception as error:
            _raise(explain(self.name, dict(zip(self.names, raw, strict=False)), error), error)
        if self.aux and not (type(result) is tuple and len(result) == 2):
            raise TypeError(f"{self.name}: a rule asks for aux, so the formula has to return (result, aux)")
        result, aux = result if self.aux else (result, None)
        for part in result if type(result) is tuple else (result,):
            if not hasattr(part, "dtype") or type(part) is Tensor:
                raise TypeError(f"{self.name}: the formula returned {type(part).__name__}; it returns an array, or a "
                                "tuple of arrays, and computes with what it is given alone")
        return result, aux

    def apply(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Call the formula, or the composition that defines it, with a value for every parameter."""
        if self.positional == self._arity:
            return function(*values)
        named = dict(zip(self.names[self.positional:], values[self.positional:], strict=True))  # after the star
        return function(*values[:self.positional], **named)

    def watch(self, raw: list[Any], results: tuple[Array, ...], node: Node | None) -> None:
        """Under `detect_anomaly`: refuse to turn finite numbers into NaN or infinity; remember what was saved."""
        if is_finite(raw):
            for result in results if type(results) is tuple else (results,):
                if not is_finite(result):
                    bad = "NaN" if bool(np.isnan(result).any()) else "infinity"
                    raise FloatingPointError(f"{self.name}: made {bad} out of finite numbers, in a result of shape "
                                             f"{result.shape}; it is the first operation that did")
        if node is not None:
            node.checksums = [checksum(array) for array in arrays_in(node.saved)]


def primitive(*functions: Any, **facts: Any) -> Callable[[Callable[..., Any]], Primitive]:
    """Make a formula a primitive, found under its own name and as the answer to these NumPy functions.

    many      the parameter that is a list of arrays, if there is one
    samples   sample calls for the gradient check; every primitive with a derivative needs some
    domain    the interval to draw samples from, or one per parameter
    kinks     where the derivative jumps: values, or "ties" for where two elements are equal
    pins      samples at the kinks, with the gradient that holds there by convention: pin(call(x), x=[0.0])
    analytic  whether the formula also holds for complex numbers
    casts     whether it is there to change the dtype
    name      what to call it, if not as its formula
    """
    def register(formula: Callable[..., Any]) -> Primitive:
        made = Primitive(formula, **facts)
        PRIMITIVES[made.name] = made
        made.numpy = list(functions)
        TABLE.update(dict.fromkeys((*functions, made.name), made))
        return made
    return register


def constant(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function take Tensors although nothing flows back: wherever it has a derivative, that is zero."""
    name = function.__name__

    @functools.wraps(function)
    def answer(*args: Any, **settings: Any) -> Any:
        if settings.get("out") is not None:
            raise TypeError(f"{name}: Tensors cannot be written into (out=)")
        raw = [plain(value) for value in (*args, *settings.values())]
        where = next((value for value in raw if hasattr(value, "__array_function__")), None)
        if isinstance(function, np.ufunc) and where is not None:  # lists go where the Tensors are
            raw = [beside(np.asarray(value), where) if isinstance(value, list) else value for value in raw]
        try:
            result = function(*raw[:len(args)], **dict(zip(settings, raw[len(args):], strict=True)))
        except Exception as error:
            _raise(explain(name, {f"x{k + 1}": value for k, value in enumerate(raw)}, error), error)
        if not any(type(value) is Tensor for value in (*args, *settings.values())):
            return result
        result = np.asarray(result) if isinstance(result, np.generic) else result
        return wrap(result, None, 0) if hasattr(result, "__array_function__") else result

    TABLE[function] = TABLE[name] = answer
    return answer


def _raise(better: Exception, error: Exception) -> NoReturn:
    """Raise the better one of two errors. Neither shall hold on to this frame, and so to the arrays that failed."""
    try:
        if better is error:
            raise error
        raise better from error
    finally:
        del better, error


def _settled(result: Any, whole: bool) -> Any:
    """NumPy's scalars become arrays again, and floats made from integers float32."""
    if type(result) is tuple:
        return tuple([_settled(y, whole) for y in result])
    result = np.asarray(result) if isinstance(result, np.generic) else result
    return result.astype(np.float32) if whole and result.dtype.kind == "f" else result


def _tensors(result: Any, node: Node | None, args: Sequence[Any]) -> Any:
    """The result of a call, as a Tensor or a tuple of them. A view is written to whenever its owner is."""
    if type(result) is tuple:  # an output of integers has no gradient
        tensors = tuple([wrap(y, node if y.dtype.kind == "f" else None, k) for k, y in enumerate(result)])
        for tensor in tensors:
            _share_version(tensor, args)
        return tensors
    tensor = wrap(result, node, 0)
    if result.base is not None or result is getattr(args[0], "_array", None):
        _share_version(tensor, args)
    return tensor


def _share_version(tensor: Tensor, args: Sequence[Any]) -> None:
    """A view is written to whenever its owner is: both count together."""
    memory = _memory(tensor._array)
    for value in args:
        if type(value) is Tensor:
            if value._version is not None and _memory(value._array) is memory:
                tensor._version = value._version
        elif isinstance(value, (list, tuple)):
            _share_version(tensor, value)


def _memory(array: Array) -> Array:
    """The array whose memory this one looks at."""
    return array if array.base is None else array.base
