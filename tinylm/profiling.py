"""Where the time and the memory of a block of code go: by operation, and by layer.

    with tl.profile() as p:
        loss = models.next_token_loss(model(ids), targets)
        optimizer.step(tl.grad(loss, optimizer.params))
    print(p)
    p.save("profile.png")

While no such block is open nothing of it is there, and nothing is slower (`doorways.py` tells how). Threads that work
in a copy of this thread's context, as the Trainer's do, are measured with it; others are not.

Measuring itself takes some tens of microseconds an operation. They are not in the operation's time, but in that of what
stands around it: its layer, and the block.
"""

from __future__ import annotations

import threading
import weakref
from contextvars import Token
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .doorways import ACTIVE, Clock, install, owner_of, uninstall
from .graph import Node, arrays_in
from .nn import Module
from .profile_report import Report

OUTSIDE = "(outside of layers)"


@dataclass
class Operation:
    """What a primitive cost in one direction.

    seconds  its own, without those of operations that it called
    bytes    new memory for its results, or for the gradients it made; a view takes none
    """

    name: str
    backward: bool
    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0


@dataclass
class Layer:
    """What a layer cost: `forward` and `backward` in seconds, with the layers inside it, and `own_...` without them.

    saved  the most bytes that the layer and those inside it kept for the backward at a time; memory that two layers
           keep counts in the first, parameters and what the model was given count in none
    """

    path: str
    kind: str
    calls: int = 0
    forward: float = 0.0
    own_forward: float = 0.0
    backward: float = 0.0
    own_backward: float = 0.0
    saved: int = 0
    kept: int = 0  # just now


class Profile(Report):
    """What was measured, in all blocks `with p:` together; `print(p)` shows it, and `p.save` draws it.

    operations  {(name, backward): Operation}
    layers      {path: Layer}, in the order of their first calls
    seconds     how long the blocks took
    saved       the most bytes that were kept for the backward at a time
    threads     how many took part; times are added up over them

    Raises RuntimeError for a block inside one of its own.
    """

    def __init__(self) -> None:
        self.operations: dict[tuple[str, bool], Operation] = {}
        self.layers: dict[str, Layer] = {}
        self.seconds, self.saved, self.kept = 0.0, 0, 0
        self._threads: set[int] = set()
        self._names: dict[Module, str] = {}
        self._nodes: dict[int, tuple[Any, tuple[str, ...], list[int]]] = {}  # by number: node, layers, memory it keeps
        self._memory: dict[int, list[Any]] = {}  # by address: how many nodes keep it, bytes, layers
        self._lock = threading.RLock()  # a node may die, and tell, at any moment
        self._start = 0.0
        self._token: Token[tuple[Profile, ...]] | None = None

    def __enter__(self) -> Profile:
        if self._token is not None:
            raise RuntimeError("profile: this one is measuring already; take another for a block inside, tl.profile()")
        install()
        self._token = ACTIVE.set((*ACTIVE.get(), self))
        self._start = perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds += perf_counter() - self._start
        if self._token is not None:
            ACTIVE.reset(self._token)
        self._token = None
        uninstall()
        with self._lock:
            self._nodes.clear()
            self._memory.clear()
            self._names.clear()
            self.kept = 0
            for layer in self.layers.values():
                layer.kept = 0

    @property
    def threads(self) -> int:
        """How many threads took part."""
        return len(self._threads)

    # What the doorways tell --------------------------------------------------------------------------

    def ran(self, name: str, backward: bool, seconds: float, size: int, layers: tuple[str, ...]) -> None:
        """An operation ran, in the layers that are open here or, backward, were when it was recorded."""
        with self._lock:
            self._threads.add(threading.get_ident())
            operation = self.operations.get((name, backward))
            if operation is None:
                operation = self.operations[name, backward] = Operation(name, backward)
            operation.calls += 1
            operation.seconds += seconds
            operation.bytes += size
            if backward or not layers:  # forward, layers have clocks of their own
                for path in set(layers) or (OUTSIDE,):
                    layer = self.layer(path)
                    layer.backward += seconds * backward
                    layer.forward += seconds * (not backward)
                last = self.layer(layers[-1] if layers else OUTSIDE)
                last.own_backward += seconds * backward
                last.own_forward += seconds * (not backward)

    def called(self, module: Module, layers: tuple[str, ...], clock: Clock) -> None:
        """A layer was called; it is the last of the open ones."""
        with self._lock:
            layer = self.layer(layers[-1])
            layer.kind = type(module).__name__
            layer.calls += 1
            layer.own_forward += clock.own
            layer.forward += clock.seconds * (layers[-1] not in layers[:-1])

    def path_of(self, module: Module, outer: tuple[str, ...]) -> str:
        """The name of a module: its attributes on the way from the outermost one that was called."""
        with self._lock:
            if module not in self._names:
                kind = type(module).__name__
                name = f"{outer[-1]}.{kind}" if outer else kind
                others = sum(known.partition(" ")[0] == name for known in self._names.values())
                name += f" {others + 1}" if others else ""
                for inner, part in module.named_modules():
                    self._names.setdefault(part, f"{name}.{inner}" if inner else name)
            return self._names[module]

    def layer(self, path: str) -> Layer:
        """What the layer of that name has cost so far."""
        with self._lock:
            if path not in self.layers:
                self.layers[path] = Layer(path, "")
            return self.layers[path]

    def keeps(self, node: Node, given: set[int], layers: tuple[str, ...]) -> None:
        """A node was recorded; `given` is memory that belongs to somebody else."""
        number = node.number
        owners = {id(owner): owner.nbytes for owner in map(owner_of, arrays_in(node.saved))}
        with self._lock:
            mine = [key for key in owners if key not in given]
            self._nodes[number] = weakref.ref(node, lambda _: self.lets_go(number)), layers, mine
            for key in mine:
                if key in self._memory:
                    self._memory[key][0] += 1
                else:
                    self._memory[key] = [1, owners[key], layers]
                    self._change(owners[key], layers)

    def lets_go(self, number: int) -> None:
        """The node is gone, or has given up what it kept."""
        with self._lock:
            _, layers, keys = self._nodes.get(number, (None, (), []))
            for key in keys:
                users = self._memory[key]
                users[0] -= 1
                if not users[0]:
                    self._change(-users[1], users[2])
                    del self._memory[key]
            if number in self._nodes:
                self._nodes[number] = None, layers, []

    def _change(self, size: int, layers: tuple[str, ...]) -> None:
        self.kept += size
        self.saved = max(self.saved, self.kept)
        for path in set(layers) or (OUTSIDE,):
            layer = self.layer(path)
            layer.kept += size
            layer.saved = max(layer.saved, layer.kept)

    def layers_of(self, node: Node) -> tuple[str, ...]:
        """The layers in which a node was recorded, the outermost first; none if that was before the block."""
        return self._nodes[node.number][1] if node.number in self._nodes else ()


def profile() -> Profile:
    """`with tl.profile() as p:` measures the block: time and memory by operation and by layer. See this file's head."""
    return Profile()
