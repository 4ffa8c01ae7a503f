"""The recorded graph, and the walk back through it: reverse-mode differentiation.

A forward computation leaves a trail of nodes, one a call. Each node knows which primitive was
called, where its inputs came from, and the few arrays that the primitive's derivative rules named.
To differentiate a loss L, visit the nodes newest first. Write ȳ for ∂L/∂y, the gradient of an output. From
dL = Σ ȳᵢ dyᵢ and dyᵢ = Σ (∂yᵢ/∂xⱼ) dxⱼ follows the gradient of an input, x̄ⱼ = Σᵢ ȳᵢ ∂yᵢ/∂xⱼ: a vector times a
Jacobian, which a rule computes without ever building the Jacobian. Gradients that reach a node along several
paths are added up before it is visited (Linnainmaa 1970).

Nodes link to nodes and never to Tensors, so the graph has no cycles: what nobody needs any more
is freed at once.
"""

from __future__ import annotations

import itertools
import operator
import weakref
from collections.abc import Callable, Iterable
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import Any, NamedTuple

import numpy as np

from .backend import Array, checksum

TABLE: dict[Any, Callable[..., Any]] = {}
"""The table of derivatives: a NumPy function (or a name) and what answers it on Tensors.
It stands empty here and is filled by `tinylm.ops`, so the engine does not know the operations."""


class Mode(NamedTuple):
    """The switches of a thread."""

    record: bool = True  # are operations recorded?
    fused: bool = True  # may fused primitives run, or only the compositions that define them?
    anomaly: bool = False  # are values and saved arrays watched?


MODE: ContextVar[Mode] = ContextVar("mode", default=Mode())  # noqa: B039  (a NamedTuple does not change)


class setting(ContextDecorator):  # noqa: N801
    """Switch some of `Mode` for a block or, as a decorator, for a function; in this thread only.

    To take the switches into a worker thread: `pool.submit(contextvars.copy_context().run, work)`.
    """

    def __init__(self, **switches: bool) -> None:
        self._switches, self._tokens = switches, list[Token[Mode]]()

    def __enter__(self) -> None:
        self._tokens.append(MODE.set(MODE.get()._replace(**self._switches)))

    def __exit__(self, *exception: object) -> None:
        MODE.reset(self._tokens.pop())

    def _recreate_cm(self) -> setting:  # one decorated function may run in many threads
        return type(self)(**self._switches)


def no_grad() -> setting:
    """`with tl.no_grad():` records nothing, so nothing is kept and nothing can be differentiated."""
    return setting(record=False)


def fused(enabled: bool = True) -> setting:
    """`with tl.fused(False):` runs fused primitives through the compositions that define them."""
    return setting(fused=enabled)


def detect_anomaly() -> setting:
    """`with tl.detect_anomaly():` finds the first operation that makes a NaN or an infinity out of finite
    numbers, forward or backward, and writes to saved arrays that no counter saw. Slow; for debugging."""
    return setting(anomaly=True)


class Node:
    """One recorded call, or (`primitive` None) a leaf: where gradients are wanted.

    number      when it was made: inputs are always older than outputs
    edges       for every input that needs a gradient, the node that made it and which output of it
    plan, saved what the rules asked to keep, and the arrays kept
    versions    counters of writes to those arrays, what they read at the time, and which input it was
    outputs     shape and dtype of every output
    leaf        a weak reference to the Tensor that this leaf stands for
    """

    __slots__ = ("__weakref__", "checksums", "edges", "leaf", "number", "outputs", "plan", "primitive",
                 "saved", "versions")

    number: int
    primitive: Any
    plan: Any
    edges: Any
    saved: Any
    versions: Any
    outputs: tuple[tuple[tuple[int, ...], np.dtype], ...]
    leaf: weakref.ref[Any] | None
    checksums: list[int] | None

    def __init__(self) -> None:
        self.number = count()


count = itertools.count().__next__
new_node = Node.__new__


def leaf_node(tensor: Any, array: Array) -> Node:
    """The node of a Tensor in which gradients shall end up."""
    node = Node()
    node.primitive, node.plan, node.edges, node.saved, node.versions = None, None, (), (), ()
    node.outputs, node.leaf, node.checksums = ((array.shape, array.dtype),), weakref.ref(tensor), None
    return node


Place = tuple[Node, int]  # a node, and which of its outputs
Record = Callable[..., Any]  # makes a Tensor from an array, its place, and its counter of writes


def differentiate(
    roots: list[tuple[Node, int, Array]],
    targets: set[Place] | None = None,
    retain: bool = False,
    record: Record | None = None,
) -> dict[Place, Array]:
    """Carry gradients from `roots` back to `targets`, or to every leaf.

    roots    (node, output, gradient of that output)
    targets  places to collect gradients at; only paths that lead there are walked
    retain   keep the graph for another walk instead of freeing each node behind us
    record   if given, the walk is recorded too, so that its result can be differentiated again
    """
    watched = MODE.get().anomaly
    order = newest_first(node for node, _, _ in roots)
    wanted = None if targets is None else on_the_way(order, {node for node, _ in targets})  # None: all of them
    gradients: dict[Place, Array] = {}  # what has been received so far
    collected: dict[Place, Array] = {}
    for node, output, gradient in roots:
        deposit(gradients, (node, output), gradient)
    for node in order:
        if wanted is not None and node not in wanted:
            continue
        if len(node.outputs) == 1:
            gradient = gradients.pop((node, 0), None)
            if gradient is None:
                continue
            if node.primitive is None if targets is None else (node, 0) in targets:
                collected[node, 0] = gradient
        else:
            parts = [gradients.pop((node, k), None) for k in range(len(node.outputs))]
            if targets is not None:
                collected |= {(node, k): part for k, part in enumerate(parts)
                              if part is not None and (node, k) in targets}
            if all(part is None for part in parts):
                continue
            gradient = fill_in(parts, node.outputs)
        if node.primitive is None:
            continue
        if node.versions or node.checksums is not None:
            check_saved(node)
        plan, edges = node.plan, node.edges
        if plan.direct and record is None and not (watched or node.checksums):  # one rule for each edge: the usual case
            saved = node.saved
            for (rule, share, _), edge in zip(plan.steps, edges):  # noqa: B905  (a microsecond counts here)
                if wanted is None or edge[0] in wanted:
                    deposit(gradients, edge, rule(gradient, *saved[share]) if saved else rule(gradient), node)
        else:
            for edge, part in plan.pull(node, gradient, wanted, record):
                deposit(gradients, edges[edge], part, node)
        if not retain:
            node.saved = node.edges = None
            node.versions = ()
    return collected


def newest_first(starts: Iterable[Node]) -> list[Node]:
    """Every node that `starts` depend on, each after all the nodes that depend on it.

    A node is always younger than its inputs, so sorting by age is a topological order: no recursion.
    """
    seen = set(starts)
    stack = list(seen)
    while stack:
        node = stack.pop()
        if node.edges is None:
            raise RuntimeError(
                f"backward: the graph behind {node.primitive} was freed by an earlier backward. "
                "Run the forward again, or pass retain_graph=True to the earlier call"
            )
        for parent, _ in node.edges:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=operator.attrgetter("number"), reverse=True)


def on_the_way(order: list[Node], goals: set[Node]) -> set[Node]:
    """Those nodes of `order` from which a path leads back to one of the `goals`."""
    wanted = set(goals)
    for node in reversed(order):
        for parent, _ in node.edges:
            if parent in wanted:
                wanted.add(node)
                break
    return wanted


def deposit(gradients: dict[Place, Array], place: Place, gradient: Array, user: Node | None = None) -> None:
    """Add `gradient` to what one output of a node has received so far; a rule of the node `user` made it."""
    node, output = place
    shape, dtype = node.outputs[output]
    try:
        if gradient.shape != shape:
            gradient = unbroadcast(gradient, shape)
        if gradient.dtype is not dtype and gradient.dtype != dtype:
            raise TypeError(f"a rule returned {gradient.dtype} for an input of {dtype}")
    except (AttributeError, TypeError, ValueError) as error:
        raise blame(user, place, gradient, error) from error
    gradients[place] = accumulate(gradients[place], gradient) if place in gradients else gradient


def blame(user: Node | None, place: Place, gradient: Any, error: Exception) -> Exception:
    """The error of a wrong rule, naming the derivative that it was for."""
    if user is None:
        return error
    said = str(error) if hasattr(gradient, "dtype") else f"a rule returned {type(gradient).__name__}, not an array"
    hint = "; is `return` missing?" if gradient is None else ""
    return (ValueError if isinstance(error, ValueError) else TypeError)(
        f"{user.plan.describe(user.edges.index(place))}: {said}{hint}")


def accumulate(old: Array, new: Array) -> Array:
    """The sum over paths. Never in place: both may be the same array, or belong to somebody else."""
    return old + new


def fill_in(gradients: list[Any], outputs: tuple[tuple[tuple[int, ...], np.dtype], ...]) -> tuple[Any, ...]:
    """An output that nobody used has the gradient zero."""
    like = next(g for g in gradients if g is not None)
    return tuple(np.zeros_like(like, shape=shape, dtype=dtype) if g is None else g
                 for g, (shape, dtype) in zip(gradients, outputs, strict=True))


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum `gradient` over the axes along which an input of this `shape` was broadcast.

    Broadcasting copies; the derivative of a copy is a sum. This is the only place that knows.
    """
    new = gradient.ndim - len(shape)
    stretched = [new + axis for axis, size in enumerate(shape) if size == 1]
    if new < 0 or any(size not in (1, g) for g, size in zip(gradient.shape[new:], shape, strict=True)):
        raise ValueError(f"a rule returned the shape {gradient.shape} for an input {shape}")
    summed = TABLE[np.sum](gradient, (*range(new), *stretched))
    return np.reshape(summed, shape)  # the stretched axes come back with size 1


def check_saved(node: Node) -> None:
    """Refuse to go on with an array that was written to after the forward saved it."""
    changed = False
    for counter, was, _ in node.versions:
        if counter[0] != was:
            changed = True
    if not changed and node.checksums is not None:
        changed = node.checksums != [checksum(array) for array in arrays_in(node.saved)]
    if changed:
        raise RuntimeError(
            f"backward: an array that {node.primitive} saved was written to between forward and backward, "
            "so its gradient would be wrong. Write after the backward, or write to a copy()"
        )


def arrays_in(value: Any) -> list[Array]:
    """The arrays inside nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in arrays_in(part)]
    return [value] if hasattr(value, "dtype") else []
