"""What all optimizers share: groups of parameters, what is remembered of each, and one way to write."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array
from ..tensor import Tensor
from . import state
from .gradients import collect
from .pack import Pack, blocks, packs

FLUSH = 32
"""After so many steps, what has decayed below the normal numbers becomes 0: arithmetic with it is many times slower."""

ENOUGH = 250_000
"""Weights from which on several threads move them faster than one (measured: a thread costs some 50 µs)."""

Group = dict[str, Any]  # "params", a list of Tensors, and the settings that hold for them
Params = Iterable[Tensor] | Iterable[Mapping[str, Any]]
Each = Callable[[Callable[[Any], Any], Sequence[Any]], Any]  # does something with each of several things


class Job(NamedTuple):
    """A block of weights to be moved: flat arrays of one length, written in place."""

    parameter: Array
    gradient: Array
    state: dict[str, Any]
    group: Group
    clean: bool  # whether to flush


class Optimizer:
    """Moves parameters along their gradients. A subclass writes `update`, and `buffers` if it remembers anything.

    params    Tensors with requires_grad=True, or groups {"params": Tensors, "lr": ..., ...} with settings of
              their own
    defaults  the settings of groups that do not say otherwise; every optimizer has
      lr            the learning rate
      weight_decay  λ of an L2 penalty λ/2 · θ²: adds λ θ to the gradient
      l1            λ₁ of an L1 penalty λ₁ · |θ|, which makes weights exactly zero. It is not put into the gradient,
                    whose sign would flip around zero for ever; after every step each weight moves towards zero by
                    lr · λ₁ and stays there: θ ← sign(θ) · max(|θ| - lr · λ₁, 0), the proximal step
                    (Daubechies et al. 2004; Duchi & Singer 2009). PyTorch has none

    `param_groups` holds the groups and `state` what is remembered of each parameter. Change a setting by
    optimizer.param_groups[0]["lr"] = 0.1, or for all groups by optimizer.lr = 0.1.

    Raises TypeError for what are not Tensors to be trained, and ValueError for none, for one given twice, for an
    unknown setting, and for settings out of their range.
    """

    def __init__(self, params: Params, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self._packs: list[tuple[list[Tensor], list[int], list[Pack]]] = []  # of each group, and what they were made for
        if isinstance(params, Tensor):
            raise TypeError(f"{self._name}: params is one Tensor; it takes several Tensors with requires_grad=True: "
                            "put it into a list, [weight]")
        given: list[Any] = [params] if isinstance(params, Mapping) else list(params)
        if not given:
            raise ValueError(f"{self._name}: no parameters given (model.parameters() is an iterator, used up after "
                             "one use: call it again)")
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """One more group {"params": Tensors, setting: value, ...}: a layer that starts learning later, perhaps."""
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise TypeError(f'{self._name}: a parameter group is a dict with "params" and settings of its own, '
                            f"not {param_group!r:.80}")
        for setting in param_group:
            if setting not in (*self.defaults, "params", "initial_lr"):
                near = difflib.get_close_matches(str(setting), self.defaults, 1)
                raise ValueError(f"{self._name}: no setting is called {setting!r}; "
                                 + (f"did you mean {near[0]!r}?" if near else f"it has {', '.join(self.defaults)}"))
        self.param_groups.append(self._checked(param_group))

    def _checked(self, given: Mapping[str, Any]) -> Group:
        """The group with its parameters as a list and every setting in place."""
        one = isinstance(given["params"], Tensor)
        group: Group = {**self.defaults, **given, "params": [given["params"]] if one else list(given["params"])}
        if not group["params"]:
            raise ValueError(f"{self._name}: a group without parameters")
        seen = set(self.params)
        for place, parameter in enumerate(group["params"]):
            if not isinstance(parameter, Tensor):
                raise TypeError(f"{self._name}: parameter {place} is a {type(parameter).__name__}; it takes Tensors "
                                "with requires_grad=True, such as model.parameters()")
            if not (parameter.requires_grad and parameter.is_leaf):
                what = "is a result of an operation" if parameter.requires_grad else "does not require a gradient"
                raise TypeError(f"{self._name}: parameter {place}, of shape {parameter.shape}, {what}; it takes "
                                "Tensors with requires_grad=True made by tl.Tensor, such as model.parameters()")
            if parameter in seen:
                raise ValueError(f"{self._name}: parameter {place}, of shape {parameter.shape}, is given twice and "
                                 "would be moved twice; model.parameters() gives shared ones once")
            seen.add(parameter)
        self.check(group)
        return group

    def check(self, group: Group) -> None:
        """Raise ValueError if a setting of the group is out of its range. A subclass checks its own too."""
        self._require(group, "from 0", 0, math.inf, "lr", "weight_decay", "l1")

    def _require(self, group: Group, words: str, low: float, below: float, *settings: str) -> None:
        for setting in settings:
            values = group[setting] if isinstance(group[setting], tuple) else (group[setting],)
            if not all(low <= value < below for value in values):  # NaN is in no range
                upper = "upwards, and finite" if below == math.inf else f"up to, but without, {below}"
                raise ValueError(f"{self._name}: {setting}={group[setting]} must be {words} {upper}")

    @property
    def _name(self) -> str:
        return type(self).__name__

    @property
    def params(self) -> list[Tensor]:
        """All parameters, group by group: what `tl.grad(loss, optimizer.params)` differentiates by."""
        return [parameter for group in self.param_groups for parameter in group["params"]]

    @property
    def lr(self) -> float:
        """The learning rate of the first group; setting it sets that of every group."""
        return float(self.param_groups[0]["lr"])

    @lr.setter
    def lr(self, value: float) -> None:
        for group in self.param_groups:
            group["lr"] = float(value)

    def zero_grad(self) -> None:
        """Forget the gradients that `backward` added up."""
        for parameter in self.params:
            parameter.grad = None

    # A step ------------------------------------------------------------------------------------------

    def buffers(self, group: Group) -> dict[str, float]:
        """The running quantities kept for every weight of the group: PyTorch's name, and where each starts."""
        return {}

    def update(self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group) -> None:
        """Move the parameter, and bring `state` up to date: both are written in place.

        All arrays are flat, of the same length. What comes here may be a part of a parameter or several of them,
        so every weight must be treated by itself. state["step"] counts from 1.
        """
        raise NotImplementedError(f"{self._name}: write its update(self, parameter, gradient, state, group)")

    def step(self, gradients: Sequence[Tensor | None] | None = None, each: Each | None = None) -> None:
        """Update every parameter once.

        gradients  one for each of `params`, as tl.grad(loss, optimizer.params) gives them; None leaves that
                   parameter alone. Without them, what stands in `.grad`
        each       each(work, blocks) does `work` on every block of weights: `Shards.each` takes them on threads, where
                   there are enough for it to pay. The new values are the same, bit for bit

        Raises as `check` and `gradients.collect` do, before anything is changed.
        """
        found = collect(f"{self._name}.step", self.params, gradients)
        for group in self.param_groups:
            self.check(group)
            group["lr"] = float(group["lr"])  # np.float64 would turn float32 arrays into float64 ones
        moved: list[tuple[Pack, Array]] = []
        jobs: list[Job] = []
        for number, group in enumerate(self.param_groups):
            here, found = found[:len(group["params"])], found[len(group["params"]):]
            members = {p: g for p, g in zip(group["params"], here, strict=True) if g is not None}
            names = self.buffers(group)
            for parameter in members:
                self._remember(parameter, names)
            for pack in self._packed(number, list(members)):
                flat = [members[parameter]._array.reshape(-1) for parameter in pack.params]
                values = pack.gather()
                moved.append((pack, values))
                jobs += self._jobs(pack, values, np.concatenate(flat) if len(flat) > 1 else flat[0], list(names), group)
        if each is not None and sum(job.parameter.size for job in jobs) >= ENOUGH:
            each(self._move, jobs)
        else:
            for job in jobs:
                self._move(job)
        for pack, values in moved:
            pack.scatter(values)

    def _remember(self, parameter: Tensor, names: Mapping[str, float]) -> None:
        """Begin what is to be remembered of a parameter, where it is not there yet."""
        memory = self.state.setdefault(parameter, {"step": 0})
        for name, start in names.items():
            if name not in memory:
                memory[name] = np.full_like(parameter.data, start, order="C")

    def _packed(self, number: int, members: list[Tensor]) -> list[Pack]:
        """The packs of a group: those of the last step, unless it had other parameters."""
        steps = [self.state[parameter]["step"] for parameter in members]
        ahead = [step - steps[0] for step in steps]
        self._packs += [([], [], [])] * (len(self.param_groups) - len(self._packs))
        before, before_ahead, made = self._packs[number]
        if len(before) != len(members) or ahead != before_ahead or not all(map(operator.is_, before, members)):
            made = packs(members, steps)
            self._packs[number] = members, ahead, made
        return made

    def _jobs(self, pack: Pack, values: Array, gradient: Array, names: Sequence[str], group: Group) -> Iterator[Job]:
        """The parameters of a pack, block by block."""
        memories = [self.state[parameter] for parameter in pack.params]
        step = memories[0]["step"] + 1
        state = pack.state(memories, names)
        for memory in memories:
            memory["step"] = step
        clean = step % FLUSH == 0 and can_flush(values.dtype, group)
        for part in blocks(values):
            pieces = {name: array[part] for name, array in state.items()}
            yield Job(values[part], gradient[part], {"step": step, **pieces}, group, clean)

    def _move(self, job: Job) -> None:
        """Move a block of weights."""
        self.update(job.parameter, job.gradient, job.state, job.group)
        if job.group["l1"]:
            soften(job.parameter, job.group["lr"] * job.group["l1"])
        if job.clean:
            for name, piece in job.state.items():
                if name != "step":
                    flush(piece)

    # To save and to resume ---------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """All that a step depends on but the parameters themselves, in PyTorch's layout.

        {"state": {place of the parameter: {name: NumPy array}}, "param_groups": [{setting: value, "params": places}]}
        """
        return state.dump(self.param_groups, self.state)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`, ours or PyTorch's: the same steps follow, bit for bit.

        Raises ValueError, listing all that does not fit; then nothing was changed.
        """
        groups, found = state.load(self._name, state_dict, self.param_groups, self.buffers)
        for group in groups:
            self.check(group)
        self.param_groups, self.state = groups, found


def soften(parameter: Array, threshold: float) -> None:
    """The proximal step of the L1 penalty, in place: θ - clip(θ, -t, t) is θ moved towards zero by t."""
    parameter -= np.clip(parameter, -threshold, threshold)


def flush(array: Array) -> None:
    """Make 0, in place, of what is nearer to 0 than a number of full precision can be.

    A running mean without new gradients, β m, gets there; and there it stays for ever, since rounding takes β times
    the smallest few to themselves.
    """
    array[np.abs(array) < np.finfo(array.dtype).tiny] = 0


def can_flush(dtype: Any, group: Group) -> bool:
    """Whether nobody notices: not in float16, where such numbers are common, nor where a mean square of 0 under
    √v + eps would stand for one that is not.
    """
    return dtype.itemsize > 2 and group.get("eps", 1.0) ** 2 > np.finfo(dtype).tiny
