"""Small changes of a function's syntax tree: what a slip of the pen might make of a formula.

Each changed version is compiled, to be put in the place of the function's own code (see `tinylm.mutate`).
"""

from __future__ import annotations
import __future__ as future

import ast
import copy
import functools
import inspect
import types
from collections.abc import Iterator
from typing import Any

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.Mod: ast.Mult, ast.FloorDiv: ast.Mult, ast.MatMult: ast.Mult,
}
TURNS: dict[type, type] = {
    ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}
SYMMETRIC = ("max", "min", "np.maximum", "np.minimum", "np.multiply", "np.add")
"""What does not mind the order of its arguments."""
EDGES: dict[type, type] = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}


def changes(node: ast.AST, names: list[str]) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """(kind, where, what to put there) for every change of a function's body; `names` are its parameters."""
    for n in computing(node):
        if isinstance(n, ast.BinOp):
            yield "left only", n, n.left
            yield "right only", n, n.right
            if type(n.op) in SWAPS:
                yield "operator", n, ast.BinOp(n.left, SWAPS[type(n.op)](), n.right)
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, (ast.USub, ast.Not)):
            yield "sign", n, n.operand
        elif isinstance(n, ast.Compare) and len(n.ops) == 1:
            for table in (TURNS, EDGES):
                if type(n.ops[0]) in table:
                    yield "comparison", n, ast.Compare(n.left, [table[type(n.ops[0])]()], n.comparators)
        elif isinstance(n, ast.IfExp):
            yield "condition", n, n.body
            yield "condition", n, n.orelse
        elif isinstance(n, ast.Constant) and type(n.value) in (int, float):
            yield "constant", n, ast.Constant(n.value + 1)  # type: ignore[operator]
        elif isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names:
            for other in names:
                if other != n.id:
                    yield "name", n, ast.Name(other, ast.Load())
        elif isinstance(n, ast.Call) and n.args:
            yield "call", n, n.args[0]
            swaps = range(len(n.args) - 1) if ast.unparse(n.func) not in SYMMETRIC else ()
            for i in swaps:
                yield "arguments", n, ast.Call(
                    n.func, [*n.args[:i], n.args[i + 1], n.args[i], *n.args[i + 2:]], n.keywords)
            for k in [k for k, keyword in enumerate(n.keywords) if keyword.arg != "strict"]:
                yield "keyword", n, ast.Call(n.func, n.args, n.keywords[:k] + n.keywords[k + 1:])
        elif isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Load):
            yield "index", n, n.value

def computing(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that compute: without guards and handlers that only raise an error, and docstrings."""
    yield node
    for child in [node.value] if isinstance(node, ast.AnnAssign) and node.value else ast.iter_child_nodes(node):
        guard = isinstance(child, ast.If) and len(child.body) == 1 and isinstance(child.body[0], ast.Raise)
        text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not guard and not text and not isinstance(child, (ast.Raise, ast.ExceptHandler)):
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
    """Every changed version of a function, no two alike: what was changed, and the compiled code."""
    original = tree_of(function)
    names = [a.arg for a in (*original.args.posonlyargs, *original.args.args, *original.args.kwonlyargs)]
    seen = {ast.unparse(original)}
    for k in range(sum(1 for _ in changes(_body(original), names))):
        tree = copy.deepcopy(original)
        kind, where, new = list(changes(_body(tree), names))[k]
        if isinstance(new, ast.Starred):
            continue
        label = f"{kind}: {ast.unparse(where)} -> {ast.unparse(new)}"
        tree = _Replace(where, new).visit(tree)
        if isinstance(tree, ast.FunctionDef):
            tree.decorator_list = []
        if ast.unparse(tree) in seen:
            continue
        seen.add(ast.unparse(tree))
        module = ast.Module([ast.Expr(tree) if isinstance(tree, ast.Lambda) else tree], [])
        flags = future.annotations.compiler_flag
        code = compile(ast.fix_missing_locations(module), "<mutant>", "exec", flags=flags, dont_inherit=True)
        yield label, next(c for c in code.co_consts if isinstance(c, types.CodeType))


def _body(tree: ast.Lambda | ast.FunctionDef) -> ast.AST:
    return tree.body if isinstance(tree, ast.Lambda) else ast.Module(tree.body, [])
