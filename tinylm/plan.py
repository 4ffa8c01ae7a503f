"""What a recorded call keeps, and how its derivative rules are run.

A primitive has one rule per input, and a rule says in its signature what it needs. So for each choice
of inputs that require a gradient there is one plan: keep just this, run just these. Plans are made
once and shared by every node of the same kind.

Take `multiply` with both inputs tracked. Its rules are (g, x2) for x1 and (g, x1) for x2, so a node keeps
`names` ["x2", "x1"], copied from the `sources` 1 and 0 of the call's arguments; and its `steps` say: the first
rule takes the kept slice [0:1] and answers edge 0, the second takes [1:2] and answers edge 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .graph import MODE, TABLE, Node, Place, Record, count, new_node
from .tensor import Tensor, grad


class Rule(NamedTuple):
    """A derivative rule, the parameters it names after `g`, and whether it answers for several inputs at once."""

    function: Callable[..., Any]
    needs: list[str]
    joint: bool


class Plan:
    """For one choice of tracked inputs: what to keep, in which order, and which rules to run.

    tracked  the positions of the inputs that need a gradient, as bits
    places   for a list of inputs, which of its members do
    several  whether the primitive gives a tuple of outputs
    """

    def __init__(self, primitive: Any, tracked: int, places: tuple[int, ...], several: bool) -> None:
        self.primitive, names, self.several = primitive, primitive.names, several
        self.edges: list[tuple[int, int | None]] = []  # the input behind each edge: position, place in a list
        receivers: dict[Any, list[tuple[int, Any]]] = {}  # per rule: edges, and where in its result to look
        for position, name in enumerate(names):
            for place in (places if name == primitive.many else [None]) if tracked >> position & 1 else []:
                rule = primitive.rules[name]
                receivers.setdefault(rule.function, []).append((len(self.edges), name if rule.joint else place))
                self.edges.append((position, place))
        rules = {rule.function: rule.needs for rule in primitive.rules.values() if rule.function in receivers}
        self.names: list[str] = []  # what is kept, one rule's share after the other's: an array may stand there twice
        self.steps: list[tuple[Callable[..., Any], slice, list[tuple[int, Any]]]] = []
        for rule, edges in receivers.items():
            self.steps.append((rule, slice(len(self.names), len(self.names) + len(rules[rule])), edges))
            self.names += rules[rule]
        one_each = [[(k, None)] for k in range(len(self.edges))]
        self.direct = not several and [edges for _, _, edges in self.steps] == one_each  # one rule for each edge
        self.last: Any = ((None, None),)  # shape and dtype of the last output; nodes alike share one tuple
        distinct = dict.fromkeys(self.names)
        self.inputs = [names.index(name) for name in distinct if name in names]
        self.shapes = [names.index(name.removesuffix("_shape")) for name in distinct
                       if name not in names and name not in ("y", "aux")]
        places_of = [*names, "y", "aux", *(f"{names[i]}_shape" for i in self.shapes)]
        self.sources = [places_of.index(name) for name in self.names]

    def record(self, edges: list[Place], args: Sequence[Any], raw: list[Any], y: Any, aux: Any,
               loose: bool) -> Node:
        """The node of a call, holding what the rules named and the write counters of what can be written to."""
        node = new_node(Node)
        node.number = count()
        node.primitive = self.primitive
        node.plan = self
        node.edges = edges
        if type(y) is tuple:
            node.outputs = tuple([(v.shape, v.dtype) for v in y])
        else:
            (shape, dtype), = last = self.last  # mostly as in the call before: one object serves both
            if y.shape != shape or y.dtype is not dtype:
                last = self.last = ((y.shape, y.dtype),)
            node.outputs = last
        node.leaf = node.checksums = None
        versions: Any = ()
        for i in self.inputs:
            value = args[i]
            if type(value) is Tensor:
                if value._version is not None:
                    versions = (*versions, (value._version, value._version[0], (i, None)))
            elif loose:
                found: list[Any] = []
                raw[i] = _own(raw[i], value, found, i)
                versions = (*versions, *found)
        node.versions = versions
        values = [*raw, y, aux]
        for i in self.shapes:
            values.append([np.shape(v) for v in raw[i]] if type(raw[i]) is list else np.shape(raw[i]))
        saved = []
        for i in self.sources:
            saved.append(values[i])
        node.saved = tuple(saved)
        return node

    def pull(self, node: Node, g: Any, wanted: set[Node] | None, record: Record | None) -> Iterator[tuple[int, Any]]:
        """Run the rules with every check: gives (edge, gradient) for every wanted edge of `node`."""
        if self.several and not isinstance(g, tuple):
            g = (g,)
        saved, watched = node.saved, node.checksums is not None or MODE.get().anomaly
        if record is not None:
            if self.primitive.composition is not None:
                yield from self.through_composition(node, g, record)
                return
            saved = self.rebuild(node, record)
        for rule, share, receivers in self.steps:
            if wanted is not None and all(node.edges[edge][0] not in wanted for edge, _ in receivers):
                continue
            result = rule(g, *saved[share])
            for edge, key in receivers:
                try:
                    part = result if key is None else result[key]
                except (KeyError, IndexError, TypeError) as error:
                    raise TypeError(f"{self.describe(edge)}: the rule returned {type(result).__name__} without an "
                                    f"entry for it, {key!r}") from error
                if watched and is_finite(g) and not is_finite(part):
                    raise FloatingPointError(f"backward: {self.describe(edge)} made NaN or infinity out of a finite "
                                             "gradient; it is the first derivative that did")
                if wanted is None or node.edges[edge][0] in wanted:
                    yield edge, part

    def describe(self, edge: int) -> str:
        """The derivative behind an edge, in words."""
        position, place = self.edges[edge]
        name = self.primitive.names[position] + ("" if place is None else f"[{place}]")
        return f"the derivative of {self.primitive} with respect to {name}"

    def rebuild(self, node: Node, record: Record, inputs_only: bool = False) -> list[Any]:
        """What was kept, its arrays turned into Tensors on the nodes they came from: then rules are recorded."""
        origin = {key: node.edges[edge] for edge, key in enumerate(self.edges)}
        counter = {key: version for version, _, key in node.versions}

        def tensor(array: Any, position: int, place: int | None = None) -> Any:
            if not hasattr(array, "dtype"):
                return array
            return record(array, *origin.get((position, place), (None, 0)), counter.get((position, place)))

        kept: list[Any] = []
        for name, value in zip(self.names, node.saved, strict=True):
            if name in self.primitive.rules:
                position = self.primitive.names.index(name)
                if name == self.primitive.many:
                    value = [tensor(part, position, place) for place, part in enumerate(value)]
                else:
                    value = tensor(value, position)
            elif name == "y" and not inputs_only:
                several = isinstance(value, tuple)
                value = tuple(record(v, node, k) for k, v in enumerate(value)) if several else record(value, node, 0)
            elif name == "aux" and not inputs_only and _has_fractions(value):
                raise RuntimeError(f"{self.primitive}: its rule uses numbers that the forward put aside, so it has no "
                                   "second derivative; tie it to a composition with @fuses, which has")
            kept.append(value)
        return kept

    def through_composition(self, node: Node, g: Any, record: Record) -> Iterator[tuple[int, Any]]:
        """The gradients of a fused primitive, by way of the composition that defines it."""
        values = dict(zip(self.names, self.rebuild(node, record, inputs_only=True), strict=True))
        missing = [name for name in self.primitive.names if name not in values]
        if missing:
            raise RuntimeError(f"{self.primitive}: this fused primitive did not keep {', '.join(missing)}, so its "
                               "gradient cannot be differentiated again; write `with tl.fused(False):` around the "
                               "forward")
        # A barrier of identities: without it f(x, h(x)) would count the path through h twice.
        inputs = [_barrier(values[name]) for name in self.primitive.names]
        outputs = self.primitive.apply(self.primitive.composition, inputs)
        tracked = [inputs[position] if place is None else inputs[position][place] for position, place in self.edges]
        found = grad(outputs, tracked, list(g) if isinstance(g, tuple) else g, create_graph=True, allow_unused=True)
        yield from ((edge, part) for edge, part in enumerate(found) if part is not None)


def _barrier(value: Any) -> Any:
    """The same Tensors on nodes of their own."""
    if isinstance(value, list):
        return [_barrier(part) for part in value]
    return TABLE["identity"](value) if isinstance(value, Tensor) else value


def _has_fractions(value: Any) -> bool:
    """Whether there are floating-point numbers inside nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return any(_has_fractions(part) for part in value)
    return isinstance(value, float) or (hasattr(value, "dtype") and value.dtype.kind in "fc")


def is_finite(value: Any) -> bool:
    """Whether numbers, arrays, Tensors, nested in tuples and lists, hold neither NaN nor infinity."""
    if isinstance(value, (tuple, list)):
        return all(is_finite(part) for part in value)
    array = value._array if isinstance(value, Tensor) else value
    if isinstance(array, float):
        return math.isfinite(array)
    return not hasattr(array, "dtype") or array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _own(saved: Any, value: Any, versions: list[Any], position: int, place: int | None = None) -> Any:
    """A raw operand is copied, since nobody counts the writes to it; Tensors inside lists are counted."""
    if type(value) is Tensor:
        if value._version is not None:
            versions.append((value._version, value._version[0], (position, place)))
        return saved
    if isinstance(saved, (list, tuple)) and isinstance(value, (list, tuple)):
        return type(saved)(_own(s, v, versions, position, k) for k, (s, v) in enumerate(zip(saved, value, strict=True)))
    return np.copy(saved) if hasattr(value, "__array_function__") else saved
