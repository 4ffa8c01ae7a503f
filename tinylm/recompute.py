"""Recompute instead of keep: a backward in less memory, for one more forward (Chen et al. 2016).

    for block in self.blocks:
        x = tl.remat(block)(x)

The graph behind a loss keeps what its derivatives need, layer by layer, until the backward has passed. A function under
`remat` keeps its arguments alone; when the backward arrives there, it runs again, is differentiated, and is forgotten.
With one around each of n layers, what is kept at a time is the inputs of n layers and the inside of one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from .backend import checksum
from .graph import MODE, TABLE, Node, Place, Record, leaf_node, setting
from .nn import Module
from .nn.random import repeatable
from .tensor import Tensor, grad, wrap


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, keeping its arguments only and running again in the backward: `jax.checkpoint`.

    What it computes must hang on its arguments, and on parameters and constants, alone; masks of dropout come out the
    same again. Tensors may stand in arguments and results nested in tuples, lists and dicts. It may be nested, and be
    differentiated twice (where everything is kept, as ever).

    Calling it raises ValueError where the function uses a Tensor from outside that has a graph of its own, which
    belongs among the arguments, and for a module that changes as it runs, such as BatchNorm1d in training.
    """
    name = f"remat({getattr(function, '__name__', type(function).__name__)})"

    @functools.wraps(function, updated=())
    def run(*args: Any, **settings: Any) -> Any:
        _refuse_changing(name, function)
        if not MODE.get().record:
            return function(*args, **settings)
        given: list[Tensor] = []
        structure = _take(given, (args, settings))
        began = Node()  # all that the function records is younger
        with repeatable() as again:
            inside = [_leaf(tensor) for tensor in given]
            positional, named = _fill(structure, inside)
            outputs: list[Tensor] = []
            form = _take(outputs, function(*positional, **named))
        recorded = [place for place, y in enumerate(outputs) if y._node is not None]
        captured = _captured(name, [cast(Node, outputs[place]._node) for place in recorded], began)
        results = [wrap(y._array, None, 0, y._version) for y in outputs]
        if recorded and (captured or any(tensor._node for tensor in given)):
            node = Node()
            call = _Call(name, function, structure, given, captured, recorded, again)
            call.record(node, given, [outputs[place] for place in recorded])
            results = [wrap(y._array, node, recorded.index(place), y._version) if place in recorded else y
                       for place, y in enumerate(results)]
        return _fill(form, results)
    return run


class _Call:
    """What a node of `remat` knows: how to run the function again. It stands where others have primitive and plan."""

    direct, composition = False, None

    def __init__(self, name: str, function: Callable[..., Any], structure: Any, given: list[Tensor],
                 captured: list[Node], recorded: list[int], again: Callable[[], Any]) -> None:
        self.name, self.function, self.structure, self.again = name, function, structure, again
        self.recorded, self.fused = recorded, MODE.get().fused
        self.tracked = [place for place, tensor in enumerate(given) if tensor._node is not None]
        self.origins: list[tuple[Place | None, Any]] = [
            ((tensor._node, tensor._output) if tensor._node is not None else None, tensor._version) for tensor in given]
        self.captured = captured

    def __repr__(self) -> str:
        return self.name

    def record(self, node: Node, given: list[Tensor], outputs: list[Tensor]) -> None:
        """Fill the node: its edges lead to the arguments, and to the parameters that were used inside."""
        leaves = [cast(Any, leaf.leaf)() for leaf in self.captured]
        node.primitive = node.plan = self
        node.edges = [cast(Place, self.origins[place][0]) for place in self.tracked]
        node.edges += [(leaf, 0) for leaf in self.captured]
        node.saved = tuple(tensor._array for tensor in given)
        node.versions = tuple((tensor._version, tensor._version[0], None) for tensor in (*given, *leaves)
                              if tensor is not None and tensor._version is not None)
        node.outputs = tuple((y.shape, y.dtype) for y in outputs)
        node.leaf = None
        node.checksums = [checksum(array) for array in node.saved] if MODE.get().anomaly else None

    def pull(self, node: Node, g: Any, wanted: set[Node] | None, record: Record | None) -> Iterator[tuple[int, Any]]:
        """Run the function again and differentiate it: gives (edge, gradient)."""
        inputs: list[Tensor] = []
        for array, (place, version) in zip(node.saved, self.origins, strict=True):
            if place is None:
                inputs.append(wrap(array, None, 0, version))
            elif record is None:
                inputs.append(_leaf(wrap(array, place[0], place[1], version)))
            else:  # behind an identity, so that paths end there: f(x, h(x)) has one through h of its own
                inputs.append(TABLE["identity"](record(array, *place, version)))
        positional, named = _fill(self.structure, inputs)
        outputs: list[Tensor] = []
        with setting(record=True, fused=self.fused):
            with self.again():
                _take(outputs, self.function(*positional, **named))
            alive = {place: leaf.leaf() for place, leaf in enumerate(self.captured) if leaf.leaf is not None}
            sought = {place: inputs[k] for place, k in enumerate(self.tracked)}
            sought |= {len(self.tracked) + place: leaf for place, leaf in alive.items() if leaf is not None}
            if wanted is not None:
                sought = {edge: tensor for edge, tensor in sought.items() if node.edges[edge][0] in wanted}
            with _cut_off([tensor._node for tensor in inputs if tensor._node is not None]):
                found = grad([outputs[place] for place in self.recorded], list(sought.values()),
                             list(g) if isinstance(g, tuple) else [g], create_graph=record is not None,
                             allow_unused=True)
        for edge, part in zip(sought, found, strict=True):
            if part is not None:
                yield edge, part._array if record is None else part

    def describe(self, edge: int) -> str:
        """The derivative behind an edge, in words."""
        return f"the derivative of {self.name} with respect to its input {edge}"


@contextmanager
def _cut_off(nodes: list[Node]) -> Iterator[None]:
    """Inside, no path leads on from these nodes: a parameter used in the function may stand behind an argument too."""
    edges = [node.edges for node in nodes]
    nowhere = Node()
    nowhere.primitive, nowhere.edges, nowhere.outputs = None, (), ()
    for node in nodes:
        node.edges = [(nowhere, 0)] * len(node.edges)
    try:
        yield
    finally:
        for node, before in zip(nodes, edges, strict=True):
            node.edges = before


def _leaf(tensor: Tensor) -> Tensor:
    """The same values (and memory) at the edge of a graph of their own."""
    copy = wrap(tensor._array, None, 0, tensor._version)
    if tensor._node is not None:
        copy._node = leaf_node(copy, copy._array)
    return copy


def _captured(name: str, outputs: list[Node], began: Node) -> list[Node]:
    """The leaves from outside that the outputs depend on: parameters."""
    older: list[Node] = []
    seen, stack = set(outputs), list(dict.fromkeys(outputs))
    while stack:
        node = stack.pop()
        if node.number < began.number:
            if node.primitive is not None:
                raise ValueError(f"{name}: the function uses a Tensor from outside that {node.primitive} made, so that "
                                 "its gradient would be lost; pass it as an argument")
            older.append(node)
            continue
        new = [parent for parent, _ in node.edges if parent not in seen]
        seen.update(new)
        stack += dict.fromkeys(new)
    return older


def _refuse_changing(name: str, function: Any) -> None:
    owner = getattr(function, "__self__", function)
    for module in owner.modules() if isinstance(owner, Module) else ():
        if module.training and not module.splits:
            raise ValueError(f"{name}: {type(module).__name__} changes in training as it runs, and would run twice; "
                             "leave it outside")


def _take(found: list[Tensor], value: Any) -> Any:
    """Append the Tensors in `value` to `found`; gives what is left, with a place where each of them stood."""
    if isinstance(value, Tensor):
        found.append(value)
        return _Slot(len(found) - 1)
    if isinstance(value, dict):
        return {key: _take(found, part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = [_take(found, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _fill(structure: Any, tensors: list[Tensor]) -> Any:
    """The reverse of `_take`."""
    if isinstance(structure, _Slot):
        return tensors[structure.number]
    if isinstance(structure, dict):
        return {key: _fill(part, tensors) for key, part in structure.items()}
    if isinstance(structure, (tuple, list)):
        parts = [_fill(part, tensors) for part in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)
    return structure


class _Slot:
    def __init__(self, number: int) -> None:
        self.number = number
