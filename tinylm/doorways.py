"""Where a profile stands to see everything go by, for as long as it measures.

Four doorways do: the call of a primitive, the recording of a node, the pull of a gradient through it, and the call of
a layer. `install` puts into each a function that tells the profiles of this context what goes through, `uninstall`
puts back what was there. So the engine pays nothing for being observable: it does not know.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from . import graph
from .backend import Array
from .graph import MODE, Node, arrays_in
from .nn import Module
from .plan import Plan
from .primitives import Primitive
from .tensor import Tensor

WALK = "(the walk back)"  # the order of the nodes, and the sums where paths meet

ACTIVE: ContextVar[tuple[Any, ...]] = ContextVar("profiles", default=())
"""The profiles that measure in this context, the outermost first."""


class _Here(threading.local):
    """What runs in this thread just now: for each call, the seconds that others inside it took; the layers' paths."""

    def __init__(self) -> None:
        self.operations: list[float] = []
        self.modules: list[float] = []
        self.layers: tuple[str, ...] = ()
        self.pulled: Any = lambda: None  # the last node that gave its gradient


_HERE = _Here()


class Clock:
    """Seconds of a block, all of them and its own; `running` holds those of the blocks around it."""

    def __init__(self, running: list[float]) -> None:
        self.running, self.seconds, self.own = running, 0.0, 0.0

    def __enter__(self) -> Clock:
        self.running.append(0.0)
        self.start = perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds = perf_counter() - self.start
        self.own = self.seconds - self.running.pop()
        if self.running:
            self.running[-1] += self.seconds


# The doorways: each takes what stood there before, and gives what stands there meanwhile ---------------------


def _call(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Primitive, *args: Any, **settings: Any) -> Any:
        profiles = ACTIVE.get()
        through = self.composition is not None and not MODE.get().fused  # its parts will come by themselves
        tensors = _tensors((args, *settings.values())) if profiles and not through else []
        if not tensors:  # a formula at work on arrays, perhaps: part of the operation that it belongs to
            return original(self, *args, **settings)
        with Clock(_HERE.operations) as clock:
            result = original(self, *args, **settings)
            arrays = [t._array for t in _tensors(result)]
            _wait(arrays)
        size = _new_bytes(arrays, [t._array for t in tensors])
        for p in profiles:
            p.ran(self.name, False, clock.own, size, _HERE.layers)
        return result
    return call


def _record(original: Callable[..., Node]) -> Callable[..., Node]:
    def record(self: Plan, edges: Any, args: Any, *more: Any) -> Node:
        node = original(self, edges, args, *more)
        if profiles := ACTIVE.get():
            with Clock(_HERE.operations):  # this is not the operation's time
                _settle(profiles)
                given = {id(owner_of(t._array)) for t in _tensors(args) if t._version is not None}
                for p in profiles:
                    p.keeps(node, given, _HERE.layers)
        return node
    return record


def _pull(original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def pull(self: Plan, node: Node, g: Any, wanted: Any, record: Any) -> Iterator[Any]:
        profiles = ACTIVE.get()
        parts, own, size = original(self, node, g, wanted, record), 0.0, 0
        with Clock(_HERE.operations):  # this is not the walk's time
            _settle(profiles)
            before = arrays_in([[t._array for t in _tensors(g)] or g, node.saved])
        while True:
            with Clock(_HERE.operations) as clock:
                part = next(parts, None)
                made = [] if part is None else arrays_in([t._array for t in _tensors(part[1])] or part[1])
                _wait(made)
            own += clock.own
            if part is None:
                break
            with Clock(_HERE.operations):
                size += _new_bytes(made, before)
            yield part
        with Clock(_HERE.operations):
            for p in profiles:
                p.ran(self.primitive.name, True, own, size, p.layers_of(node))
            _HERE.pulled = weakref.ref(node)
    return pull


def _layer(original: Callable[..., Any]) -> Callable[..., Any]:
    def layer(self: Module, *args: Any, **settings: Any) -> Any:
        profiles = ACTIVE.get()
        if not profiles:
            return original(self, *args, **settings)
        outer = _HERE.layers
        path = profiles[0].path_of(self, outer)  # one name for all, whenever they were opened
        for p in profiles:
            p.layer(path)  # so that they stand in the order in which they were entered
        _HERE.layers = (*outer, path)
        try:
            with Clock(_HERE.modules) as clock:
                return original(self, *args, **settings)
        finally:
            for p in profiles:
                p.called(self, _HERE.layers, clock)
            _HERE.layers = outer
    return layer


def _walk(original: Callable[..., Any]) -> Callable[..., Any]:
    def walk(*args: Any, **settings: Any) -> Any:
        with Clock(_HERE.operations) as clock:
            result = original(*args, **settings)
        for p in ACTIVE.get():
            p.ran(WALK, True, clock.own, 0, ())
        return result
    return walk


_lock = threading.Lock()
_blocks = 0  # how many are open, in all threads
_before: list[tuple[Any, str, Any]] = []  # what stood in the doorways


def install() -> None:
    """One more block measures."""
    global _blocks  # noqa: PLW0603  (the doorways are the process's)
    with _lock:
        _blocks += 1
        if _blocks > 1:
            return
        doorways = [(Primitive, "__call__", _call), (Plan, "record", _record), (Plan, "pull", _pull),
                    (Module, "__call__", _layer)]
        users = [module for name, module in list(sys.modules.items()) if name.startswith("tinylm.")
                 and module is not graph and vars(module).get("differentiate") is graph.differentiate]
        for owner, name, doorway in [*doorways, *((module, "differentiate", _walk) for module in users)]:
            original = vars(owner)[name]
            _before.append((owner, name, original))
            setattr(owner, name, doorway(original))
        # No short way past `pull`: on the class, a property comes before what an object holds by that name.
        setattr(Plan, "direct", property(lambda plan: not ACTIVE.get() and vars(plan)["direct"],  # noqa: B010
                                         lambda plan, value: vars(plan).__setitem__("direct", value)))


def uninstall() -> None:
    """One less; after the last, all is as it was."""
    global _blocks  # noqa: PLW0603
    with _lock:
        _blocks -= 1
        if not _blocks:
            while _before:
                setattr(*_before.pop())
            delattr(Plan, "direct")


def _settle(profiles: tuple[Any, ...]) -> None:
    """Once the walk has left a node, the node may have given up what it kept."""
    node, _HERE.pulled = _HERE.pulled(), lambda: None
    if node is not None and node.saved is None:
        for p in profiles:
            p.lets_go(node.number)


def _tensors(value: Any) -> list[Tensor]:
    """The Tensors inside nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return [tensor for part in value for tensor in _tensors(part)]
    return [value] if isinstance(value, Tensor) else []


def owner_of(array: Array) -> Array:
    """The array whose memory a view looks at."""
    while getattr(array.base, "nbytes", 0):
        array = array.base
    return array


def _new_bytes(arrays: list[Array], before: list[Array]) -> int:
    """How much memory the arrays have that is not that of those before."""
    old = {id(owner_of(array)) for array in before}
    return sum({id(owner): owner.nbytes for owner in map(owner_of, arrays) if id(owner) not in old}.values())


def _wait(arrays: list[Array]) -> None:
    """A GPU computes later than it is told to: wait, so that the clock tells what the operation took."""
    for array in arrays:
        synchronize = getattr(getattr(array, "device", None), "synchronize", None)
        if synchronize:
            synchronize()
            return
