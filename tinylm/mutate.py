"""Would the gradient check notice? Break every derivative rule, and the engine itself, and see.

A test that has never failed proves little. So each rule's syntax tree is changed in every way that a slip of the pen
might (DeMillo et al. 1978): an operator turned round, a term or factor dropped, one name for another, a keyword lost,
two arguments exchanged; its result is zeroed, negated, scaled by 1 ± 1e-3, shuffled; one of the arrays that it names is
cut from the graph, which only second derivatives can see. Each such mutant has to be caught by the samples that stand
beside the primitive. One that survives means that a sample is missing.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import time
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import numpy as np

from . import graph
from .cases import LIMITS, Case, cases_of, chosen, pin_error
from .primitive import PRIMITIVES, Primitive
from .tensor import Tensor, wrap
from .verify import TOLERANCES, flat

EQUIVALENT: dict[str, str] = {
    "power.x2 name: x2 -> g": "only their shape and dtype are used; beside a number x1, x2, g and y have the same",
    "power.x2 name: x2 -> y": "only their shape and dtype are used; beside a number x1, x2, g and y have the same",
    "to.x call: to(g, aux) -> g": "with one device g is where it belongs already; on two, tests/test_backend.py sees it",
    "matmul.x2 call: len(x2_shape) -> x2_shape": "the batched product, summed by un-broadcasting, is the flattened product",
    "solve.a name: y -> g": "only ndim is used, and a gradient has the shape of its output",
    "prod.a name: y -> a": "a product is 0 where a factor is",
    "logsumexp.a constant: 0.0 -> 1.0": "it is subtracted from a = -inf, whose exponential stays 0",
    "norm.x name: y -> x": "an entry x = 0 gets 0 whatever it is divided by, and y = 0 only if every x is",
    "norm.x condition: g * x if p == 2 else g * np.sign(x) * np.absolute(x) ** (p - 1) -> "
    "g * np.sign(x) * np.absolute(x) ** (p - 1)": "sign(x) |x| = x: the short form is there for its speed",
    "swapaxes.a arguments: np.swapaxes(g, axis1, axis2) -> np.swapaxes(g, axis2, axis1)": "an exchange is symmetric",
    "_transposed arguments: np.swapaxes(x, -1, -2) -> np.swapaxes(x, -2, -1)": "an exchange is symmetric",
    "deposit arguments: accumulate(old, gradient) -> accumulate(gradient, old)": "addition commutes",
    "deposit arguments: accumulate(parts[output], gradient) -> accumulate(gradient, parts[output])": "addition commutes",
    "fill_in call: next((g for g in gradients if g is not None)) -> (g for g in gradients if g is not None)":
        "it only says which library makes the zeros, and with one library anything does",
    "fill_in comparison: g is not None -> g is None":
        "it only says which library makes the zeros, and with one library anything does",
    "fill_in keyword: np.zeros_like(like, shape=shape, dtype=dtype) -> np.zeros_like(like, shape=shape)":
        "no primitive has outputs of two dtypes",
}
"""Mutants that compute the same, by label, each with its proof."""

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.Mod: ast.Mult, ast.FloorDiv: ast.Mult, ast.MatMult: ast.Mult,
}
TURNS: dict[type, type] = {
    ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}
EDGES: dict[type, type] = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}


class Mutant(NamedTuple):
    """A broken version: what was changed, and how to put it in place for a while."""

    label: str
    installed: Callable[[], AbstractContextManager[None]]


def changes(node: ast.AST, names: list[str]) -> Iterator[tuple[str, ast.AST, Callable[[Any], ast.AST | None]]]:
    """(kind, where, what to put there) for every change of a function's body; `names` are its parameters."""
    for n in computing(node):
        if isinstance(n, ast.BinOp):
            yield "left only", n, lambda n: n.left
            yield "right only", n, lambda n: n.right
            if type(n.op) in SWAPS:
                yield "operator", n, lambda n: ast.BinOp(n.left, SWAPS[type(n.op)](), n.right)
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, (ast.USub, ast.Not)):
            yield "sign", n, lambda n: n.operand
        elif isinstance(n, ast.Compare) and len(n.ops) == 1:
            for table in (TURNS, EDGES):
                if type(n.ops[0]) in table:
                    yield "comparison", n, lambda n, t=table: ast.Compare(n.left, [t[type(n.ops[0])]()], n.comparators)
        elif isinstance(n, ast.IfExp):
            yield "condition", n, lambda n: n.body
            yield "condition", n, lambda n: n.orelse
        elif isinstance(n, ast.Constant) and type(n.value) in (int, float):
            yield "constant", n, lambda n: ast.Constant(n.value + 1)
        elif isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names:
            for other in names:
                if other != n.id:
                    yield "name", n, lambda n, other=other: ast.Name(other, ast.Load())
        elif isinstance(n, ast.Call) and n.args:
            yield "call", n, lambda n: n.args[0]
            swaps = range(len(n.args) - 1) if ast.unparse(n.func) not in ("max", "min") else ()  # these do not mind
            for i in swaps:
                yield "arguments", n, lambda n, i=i: ast.Call(
                    n.func, [*n.args[:i], n.args[i + 1], n.args[i], *n.args[i + 2:]], n.keywords)
            for k in [k for k, keyword in enumerate(n.keywords) if keyword.arg != "strict"]:
                yield "keyword", n, lambda n, k=k: ast.Call(n.func, n.args, n.keywords[:k] + n.keywords[k + 1:])
        elif isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Load):
            yield "index", n, lambda n: n.value


def computing(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that compute, without guards that only raise an error, and docstrings."""
    yield node
    for child in ast.iter_child_nodes(node):
        guard = isinstance(child, ast.If) and len(child.body) == 1 and isinstance(child.body[0], ast.Raise)
        if not guard and not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from computing(child)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def tree_of(function: types.FunctionType) -> ast.Lambda | ast.FunctionDef:
    """The syntax tree of a function or of the lambda on its line."""
    whole = _module_tree(inspect.getsourcefile(function) or "")
    line = function.__code__.co_firstlineno
    found = [n for n in ast.walk(whole) if (isinstance(n, ast.Lambda) and n.lineno == line) or (
        isinstance(n, ast.FunctionDef) and (n.decorator_list[0].lineno if n.decorator_list else n.lineno) == line)]
    outer = [n for n in found if not any(n is not m and n in ast.walk(m) for m in found)]
    if len(outer) != 1:
        raise ValueError(f"{function.__qualname__}, line {line}: write one rule a line, so that it can be found")
    return outer[0]


@functools.lru_cache
def _module_tree(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def code_mutants(function: types.FunctionType) -> Iterator[tuple[str, types.CodeType]]:
    """Every changed version of a function: what was changed, and the compiled code."""
    original = tree_of(function)
    names = [a.arg for a in (*original.args.posonlyargs, *original.args.args, *original.args.kwonlyargs)]
    seen = {ast.unparse(original)}
    body_of = lambda tree: tree.body if isinstance(tree, ast.Lambda) else ast.Module(tree.body, [])
    for k in range(sum(1 for _ in changes(body_of(original), names))):
        tree = copy.deepcopy(original)
        kind, where, make = list(changes(body_of(tree), names))[k]
        new = make(where)
        if new is None or isinstance(new, ast.Starred):
            continue
        label = f"{kind}: {ast.unparse(where)} -> {ast.unparse(ast.fix_missing_locations(copy.deepcopy(new)))}"
        tree = _Replace(where, new).visit(tree)
        if isinstance(tree, ast.FunctionDef):
            tree.decorator_list = []
        if ast.unparse(tree) in seen:
            continue
        seen.add(ast.unparse(tree))
        module = ast.fix_missing_locations(ast.Module([ast.Expr(tree)] if isinstance(tree, ast.Lambda) else [tree], []))
        future = __import__("__future__").annotations.compiler_flag
        code = compile(module, "<mutant>", "exec", flags=future, dont_inherit=True)
        yield label, next(c for c in code.co_consts if isinstance(c, types.CodeType))


@contextmanager
def with_code(function: types.FunctionType, code: types.CodeType) -> Iterator[None]:
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


def _each(change: Callable[[Any], Any], result: Any) -> Any:
    if isinstance(result, list):
        return [change(part) for part in result]
    return {k: change(part) for k, part in result.items()} if isinstance(result, dict) else change(result)


@contextmanager
def with_rule(primitive: Primitive, old: Any, new: Callable[..., Any]) -> Iterator[None]:
    """The primitive with another function in the place of one of its rules."""
    own = dict(primitive.rules)
    primitive.rules.update({name: rule._replace(function=new) for name, rule in own.items() if rule.function is old})
    primitive.plans.clear()
    try:
        yield
    finally:
        primitive.rules.update(own)
        primitive.plans.clear()


def mutants_of(primitive: Primitive, cases: list[Case]) -> Iterator[Mutant]:
    """Every mutant of a primitive's rules and of the helpers that they call."""
    rules = {rule.function: rule for rule in primitive.rules.values()}
    for function, rule in rules.items():
        name = f"{primitive}.{'/'.join(n for n, r in primitive.rules.items() if r.function is function)}"
        for label, code in code_mutants(function):  # type: ignore[arg-type]
            yield Mutant(f"{name} {label}", functools.partial(with_code, function, code))  # type: ignore[arg-type]
        for label, change in WRAPPERS.items():
            wrapped = lambda *a, f=function, c=change: _each(c, f(*a))
            yield Mutant(f"{name} result {label}", functools.partial(with_rule, primitive, function, wrapped))
        for position, need in enumerate(rule.needs):
            if (need == "y" or need in primitive.rules) and depends(primitive, function, position, cases):
                cut = lambda g, *a, f=function, p=position: f(g, *[_cut(v) if i == p else v for i, v in enumerate(a)])
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
        for function, at, _ in node.plan.steps:
            if function is rule:
                saved = [_cut(value) for value in node.plan.rebuild(node, wrap)]
                for tensor in flat([saved[at[position]]]):
                    tensor.requires_grad = tensor.dtype.kind == "f"
                gradient = case.cotangents[0] if len(case.cotangents) == 1 else tuple(case.cotangents)
                result = rule(gradient, *[saved[k] for k in at])
                if any(t.requires_grad for t in flat(list(result.values()) if isinstance(result, dict) else result)):
                    return True
    return False


def _cut(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_cut, value))
    return value.detach() if isinstance(value, Tensor) else value


def helpers_of(functions: list[types.FunctionType]) -> list[types.FunctionType]:
    """The plain functions of tinylm.ops that these functions call, and those that these call in turn."""
    found: list[types.FunctionType] = []
    queue = list(functions)
    while queue:
        function = queue.pop()
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            if isinstance(value, types.FunctionType) and value.__module__.startswith("tinylm.ops") and value not in found:
                if not hasattr(value, "__wrapped__"):
                    found.append(value)
                    queue.append(value)
    return found


def works(cases: list[Case], primitive: Primitive | None, order: int) -> bool:
    """Do all gradients still come out right?"""
    if order == 2:
        return all(case.second_error() <= TOLERANCES[2] for case in cases)
    if not all(case.first_error() <= TOLERANCES[1] for case in cases):
        return False
    if primitive is None:
        return True
    short = primitive.casts or all(case.dtype_error(np.float32) <= LIMITS["float32"] for case in cases)
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
    return [Case(name, lambda device, f=f: f, [r.uniform(-1, 1, shape) for shape in shapes])
            for name, (f, shapes) in programs.items()]


def _ladder(x: Tensor) -> Tensor:
    for _ in range(4):
        x = np.sin(x) + x * 0.5
    return x


def _parts(parts: Any) -> Any:
    return parts[0] * np.exp(parts[2]) + parts[2]  # one is used twice, one not at all


def engine_mutants() -> Iterator[Mutant]:
    """Mutants of the engine: un-broadcasting, adding up, the order of the walk, and what else a backward runs through."""
    for function in (graph.unbroadcast, graph.accumulate, graph.deposit, graph.fill_in, graph.newest_first):
        yield from function_mutants(function)
    for name, broken in {
        "accumulate": [lambda old, new: new, lambda old, new: old, lambda old, new: old + new + new],
        "unbroadcast": [lambda g, shape, who=None: np.reshape(np.resize(g, shape), shape)],
        "newest_first": [lambda starts, f=graph.newest_first: f(starts)[::-1], _depth_first],
    }.items():
        for k, other in enumerate(broken):
            yield Mutant(f"{name} replaced {k}", functools.partial(with_attribute, graph, name, other))


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
        for helper in helpers_of([rule.function for rule in primitive.rules.values()]):  # type: ignore[misc]
            helpers.setdefault(helper, []).append(primitive)
    for helper, users in helpers.items():
        groups.append((helper.__name__, function_mutants(helper), [case for user in users for case in cases_of(user)], users[0]))
    if not names:
        groups.append(("the engine", engine_mutants(), engine_programs(), None))
    write(f"{'broken':<24}{'mutants':>8}{'by value':>10}{'by crash':>10}{'equal':>7}{'alive':>7}")
    for name, mutants, cases, primitive in groups:
        for case in cases:  # what is right is found before anything is broken
            assert case.first is not None and case.second is not None
        tally = Counter[str]()
        for mutant in mutants:
            fate = verdict(mutant, cases, primitive)
            if fate == "survived" and mutant.label in EQUIVALENT:
                fate = "equal"
            elif fate == "survived":
                survivors.append(mutant.label)
            tally[fate] += 1
        total += tally
        write(f"{name:<24}{sum(tally.values()):>8}{tally['value']:>10}{tally['crash']:>10}{tally['equal']:>7}{tally['survived']:>7}")
    caught = total["value"] + total["crash"]
    write(f"{caught} of {caught + total['survived']} mutants caught ({total['value']} by a wrong value, {total['crash']} by a crash), "
          f"{total['equal']} more are equivalent; {time.perf_counter() - began:.0f} s")
    for label in survivors:
        write(f"  alive: {label}")
    return 1 if survivors else 0
