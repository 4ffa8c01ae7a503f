"""Would the gradient check notice? Break every derivative rule, and the engine itself, and see.

A test that has never failed proves little. So each rule's syntax tree is changed in every way that a slip of the pen
might (DeMillo et al. 1978): an operator turned round, a term or factor dropped, one name for another, a keyword lost,
two arguments exchanged; its result is zeroed, negated, scaled by 1 ± 1e-3, shuffled; one of the arrays that it names is
cut from the graph, which only second derivatives can see. Each such mutant has to be caught by the samples that stand
beside the primitive. One that survives means that a sample is missing.
"""

from __future__ import annotations

import functools
import time
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, cast

import numpy as np

from . import graph
from .cases import LIMITS, Case, cases_of, pin_error
from .mutants import code_mutants
from .primitives import Primitive
from .table import chosen
from .tensor import Tensor, wrap
from .verify import TOLERANCES, flat

EQUIVALENT: dict[str, str] = {
    "power.x2 name: x2 -> g": "only their shape and dtype are used; beside a number x1, x2, g and y have the same",
    "power.x2 name: x2 -> y": "only their shape and dtype are used; beside a number x1, x2, g and y have the same",
    "to.x call: to(g, aux) -> g": "with one device g is there already; on two, tests/test_backend.py sees it",
    "matmul.x2 call: len(x2_shape) -> x2_shape":
        "the batched product, summed by un-broadcasting, is the flattened product",
    "solve.a name: y -> g": "only ndim is used, and a gradient has the shape of its output",
    "_operand_gradient comparison: letter in letters -> letter not in letters":
        "a letter under a new name, tied to the old one by an identity matrix, means the same",
    "prod.a name: y -> a": "a product is 0 where a factor is",
    "logsumexp.a constant: 0.0 -> 1.0": "it is subtracted from a = -inf, whose exponential stays 0",
    "norm.x operator: y + (y == 0) -> y - (y == 0)": "where y = 0 every x is 0, and 0 over anything is 0",
    "norm.x name: y -> x": "where x = 0 the result is 0, whatever it is divided by",
    "split.ary name: ary_shape -> indices_or_sections": "the general path serves parts that do not overlap as well",
    "split.ary name: ary_shape -> g": "the general path serves parts that do not overlap as well",
    "split.ary name: ary_shape -> axis": "the general path serves parts that do not overlap as well",
    "swapaxes.a arguments: np.swapaxes(g, axis1, axis2) -> np.swapaxes(g, axis2, axis1)": "an exchange is symmetric",
    "_transposed arguments: np.swapaxes(x, -1, -2) -> np.swapaxes(x, -2, -1)": "an exchange is symmetric",
    "masked.input arguments: masked(g, keep, scale) -> masked(g, scale, keep)": "a product commutes",
    "linear.input call: rows(g) -> g": "the product of each batch by itself has the same rows, only slower",
    "layer_norm.input/weight/bias name: input -> g": "where only shape and dtype are used, which are those of g too",
    "rms_norm.input/weight name: input -> g": "where only shape and dtype are used, which are those of g too",
    "deposit arguments: accumulate(gradients[place], gradient) -> accumulate(gradient, gradients[place])":
        "addition commutes",
    "fill_in call: next((g for g in gradients if g is not None)) -> (g for g in gradients if g is not None)":
        "it only says which library makes the zeros, and with one library anything does",
    "fill_in comparison: g is not None -> g is None":
        "it only says which library makes the zeros, and with one library anything does",
    "fill_in keyword: np.zeros_like(like, shape=shape, dtype=dtype) -> np.zeros_like(like, shape=shape)":
        "no primitive has outputs of two dtypes",
}
"""Mutants that compute the same, by label, each with its proof."""

class Mutant(NamedTuple):
    """A broken version: what was changed, and how to put it in place for a while."""

    label: str
    installed: Callable[[], AbstractContextManager[None]]


@contextmanager
def with_code(function: Any, code: types.CodeType) -> Iterator[None]:
    """The function, running other code for a while."""
    own = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = own


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "zero": lambda g: g * 0.0,
    "negated": lambda g: -g,
    "times 1.001": lambda g: g * 1.001,
    "times 0.999": lambda g: g * 0.999,
    "shuffled": lambda g: np.reshape(np.roll(np.reshape(g, -1), 1), g.shape),
}


def _changed(rule: Callable[..., Any], change: Callable[[Any], Any], *args: Any) -> Any:
    """The rule's result with every gradient in it changed."""
    result = rule(*args)
    if isinstance(result, list):
        return [change(part) for part in result]
    return {name: change(part) for name, part in result.items()} if isinstance(result, dict) else change(result)


def _with_cut(rule: Callable[..., Any], position: int, g: Any, *args: Any) -> Any:
    """The rule's result with one argument taken for a constant."""
    return rule(g, *[_cut(value) if i == position else value for i, value in enumerate(args)])


@contextmanager
def with_rule(primitive: Primitive, old: Any, new: Callable[..., Any]) -> Iterator[None]:
    """The primitive with another function in the place of one of its rules."""
    own = dict(primitive.rules)
    primitive.rules.update({name: rule._replace(function=new) for name, rule in own.items() if rule.function is old})
    primitive.replan()
    try:
        yield
    finally:
        primitive.rules.update(own)
        primitive.replan()


def mutants_of(primitive: Primitive, cases: list[Case]) -> Iterator[Mutant]:
    """Every mutant of a primitive's rules and of the helpers that they call."""
    rules = {rule.function: rule for rule in primitive.rules.values()}
    for function, rule in rules.items():
        name = f"{primitive}.{'/'.join(n for n, r in primitive.rules.items() if r.function is function)}"
        for label, code in code_mutants(cast(types.FunctionType, function)):
            yield Mutant(f"{name} {label}", functools.partial(with_code, function, code))
        for label, change in WRAPPERS.items():
            wrapped = functools.partial(_changed, function, change)
            yield Mutant(f"{name} result {label}", functools.partial(with_rule, primitive, function, wrapped))
        for position, need in enumerate(rule.needs if primitive.composition is None else ()):  # fused: never recorded
            if (need == "y" or need in primitive.rules) and depends(primitive, function, position, cases):
                cut = functools.partial(_with_cut, function, position)
                yield Mutant(f"{name} cut {need}", functools.partial(with_rule, primitive, function, cut))


def function_mutants(function: types.FunctionType) -> Iterator[Mutant]:
    """The mutants of a helper that rules or the engine call."""
    for label, code in code_mutants(function):
        yield Mutant(f"{function.__name__} {label}", functools.partial(with_code, function, code))


def depends(primitive: Primitive, rule: Callable[..., Any], position: int, cases: list[Case]) -> bool:
    """Does a path lead from the rule's result back to the argument at this position? If none does (it is only compared,
    say), cutting it changes nothing, by construction."""
    for case in cases:
        outputs = flat(case.function(*case.leaves()))
        node = outputs[0]._node
        if node is None or node.primitive is not primitive:
            continue
        for function, share, _ in node.plan.steps:
            if function is rule:
                named = [_cut(value) for value in node.plan.rebuild(node, wrap)[share]]
                for tensor in flat([named[position]]):
                    tensor.requires_grad = tensor.dtype.kind == "f"
                result = rule(tuple(case.cotangents) if node.plan.several else case.cotangents[0], *named)
                if any(t.requires_grad for t in flat(list(result.values()) if isinstance(result, dict) else result)):
                    return True
    return False


def _cut(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_cut, value))
    return value.detach() if isinstance(value, Tensor) else value


def helpers_of(functions: list[Any]) -> list[types.FunctionType]:
    """The plain functions of tinylm.ops that these functions call, and those that these call in turn."""
    found: list[types.FunctionType] = []
    queue = list(functions)
    while queue:
        function = queue.pop()
        for name in names_in(function.__code__):
            value = function.__globals__.get(name)
            if (isinstance(value, types.FunctionType) and value.__module__.startswith("tinylm.ops")
                    and value not in found and not hasattr(value, "__wrapped__")):  # constants are wrapped
                found.append(value)
                queue.append(value)
    return found


def names_in(code: types.CodeType) -> set[str]:
    """The global names that a piece of code uses, inside its comprehensions too."""
    inner = [names_in(const) for const in code.co_consts if isinstance(const, types.CodeType)]
    return set(code.co_names).union(*inner)


def works(cases: list[Case], primitive: Primitive | None, order: int) -> bool:
    """Do all gradients still come out right?"""
    if order == 2:
        return all(case.second_error() <= TOLERANCES[2] for case in cases)
    if not all(case.first_error() <= TOLERANCES[1] for case in cases):
        return False
    if primitive is None:
        return True
    short = primitive.casts or all(case.dtype_error(np.float32) <= LIMITS["float32"] for case in cases)
    if primitive.composition is not None:  # a fused rule brings float16 to float32, and back, by itself
        short = short and all(case.dtype_error(np.float16) <= LIMITS["float16"] for case in cases)
    return short and all(pin_error(primitive, pin) == 0 for pin in primitive.pins)


def verdict(mutant: Mutant, cases: list[Case], primitive: Primitive | None) -> str:
    """How a mutant fares: "value" (a wrong gradient was seen), "crash" (it raised), or "survived"."""
    with warnings.catch_warnings(), mutant.installed():
        warnings.simplefilter("ignore")
        for order in (1, 2):
            try:
                if not works(cases, primitive, order):
                    return "value"
            except Exception:
                return "crash"
    return "survived"


def engine_programs() -> list[Case]:
    """Small programs that need all of the engine: diamonds, fan-out, broadcasts, several outputs, unused outputs."""
    r = np.random.default_rng(7)
    programs: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
        "diamond": (lambda x: np.tanh(x) * np.exp(x) + x * x, [(3,)]),
        "ladder": (_ladder, [(2,)]),
        "broadcast": (lambda a, b, c: (a + b) * c - b / (2.5 + c) + a * c, [(3, 1), (4,), (2, 1, 1)]),
        "number": (lambda a, b: np.exp(a) * b * 2.0, [(), (2, 3)]),
        "outputs": (lambda x: _parts(np.split(x * x, [2, 3])), [(5,)]),
        "late use": (lambda x: [np.sin(x), np.sin(np.sin(x)) * x], [(2, 2)]),
        "row": (lambda a, b: np.matmul(a, b) + b[0], [(2, 3), (3, 2)]),
    }
    return [Case(name, functools.partial(_anywhere, program), [r.uniform(-1, 1, shape) for shape in shapes])
            for name, (program, shapes) in programs.items()]


def _anywhere(program: Callable[..., Any], device: str) -> Callable[..., Any]:
    return program


def _ladder(x: Tensor) -> Tensor:
    for _ in range(4):
        x = np.sin(x) + x * 0.5
    return x


def _parts(parts: Any) -> Any:
    return parts[0] * np.exp(parts[2]) + parts[2]  # one is used twice, one not at all


def engine_mutants() -> Iterator[Mutant]:
    """Mutants of the engine: un-broadcasting, adding up, the order of the walk, the gradients of unused outputs."""
    for function in (graph.unbroadcast, graph.accumulate, graph.deposit, graph.fill_in, graph.newest_first):
        yield from function_mutants(cast(types.FunctionType, function))
    replacements: dict[str, list[Callable[..., Any]]] = {
        "accumulate": [lambda old, new: new, lambda old, new: old, lambda old, new: old + new + new],
        "unbroadcast": [lambda g, shape: np.reshape(np.resize(g, shape), shape)],
        "newest_first": [functools.partial(_oldest_first, graph.newest_first), _depth_first],
    }
    for name, broken in replacements.items():
        for k, other in enumerate(broken):
            yield Mutant(f"{name} replaced {k}", functools.partial(with_attribute, graph, name, other))


def _oldest_first(newest_first: Callable[..., list[Any]], starts: Any) -> list[Any]:
    return newest_first(starts)[::-1]


def _depth_first(starts: Any) -> list[Any]:
    order: list[Any] = []
    stack = list(starts)
    while stack:
        node = stack.pop()
        if node not in order:
            order.append(node)
            stack += [parent for parent, _ in node.edges]
    return order


@contextmanager
def with_attribute(where: Any, name: str, value: Any) -> Iterator[None]:
    """A module with another value under a name."""
    own = getattr(where, name)
    setattr(where, name, value)
    try:
        yield
    finally:
        setattr(where, name, own)


def report(names: list[str] | None = None, write: Callable[[str], Any] = print) -> int:
    """Print the score of `tinylm gradcheck --mutate`; 0 if no mutant survived, else 1."""
    began, survivors, total = time.perf_counter(), list[str](), Counter[str]()
    groups: list[tuple[str, Iterator[Mutant], list[Case], Primitive | None]] = []
    helpers: dict[types.FunctionType, list[Primitive]] = {}
    for primitive in chosen(names or []):
        cases = cases_of(primitive)
        groups.append((primitive.name, mutants_of(primitive, cases), cases, primitive))
        for helper in helpers_of([rule.function for rule in primitive.rules.values()]):
            helpers.setdefault(helper, []).append(primitive)
    for helper, users in helpers.items():
        cases = [case for user in users for case in cases_of(user)]
        groups.append((helper.__name__, function_mutants(helper), cases, users[0]))
    if not names:
        groups.append(("the engine", engine_mutants(), engine_programs(), None))
    write(f"{'broken':<24}{'mutants':>8}{'by value':>10}{'by crash':>10}{'equal':>7}{'alive':>7}")
    for name, mutants, cases, owner in groups:
        for case in cases:  # what is right is found before anything is broken
            _ = case.first, case.second
        tally = Counter[str]()
        for mutant in mutants:
            fate = verdict(mutant, cases, owner)
            if fate == "survived" and mutant.label in EQUIVALENT:
                fate = "equal"
            elif fate == "survived":
                survivors.append(mutant.label)
            tally[fate] += 1
        total += tally
        fates = (sum(tally.values()), tally["value"], tally["crash"], tally["equal"], tally["survived"])
        write(f"{name:<24}{fates[0]:>8}{fates[1]:>10}{fates[2]:>10}{fates[3]:>7}{fates[4]:>7}")
    caught = total["value"] + total["crash"]
    write(f"{caught} of {caught + total['survived']} mutants caught "
          f"({total['value']} by a wrong value, {total['crash']} by a crash), "
          f"{total['equal']} more are equivalent; {time.perf_counter() - began:.0f} s")
    for label in survivors:
        write(f"  alive: {label}")
    return 1 if survivors else 0
