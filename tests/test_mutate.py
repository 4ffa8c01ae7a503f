"""The gradient check can fail: mutants of every rule are caught, and the mutation itself is no sham."""

import numpy as np
import pytest

import tinylm as tl
from tinylm import cases, graph, mutants, mutate, table
from tinylm.primitives import PRIMITIVES


def test_no_mutant_of_any_rule_or_of_the_engine_survives():
    lines: list[str] = []
    assert mutate.report(write=lines.append) == 0, "\n".join(line for line in lines if "alive" in line)
    score = next(line for line in lines if "mutants caught" in line)
    caught, total = score.split()[0], score.split()[2]
    assert caught == total and int(total) > 2000, score


def test_every_equivalent_mutant_is_still_made():
    made = {m.label for p in table.chosen([]) for m in mutate.mutants_of(p, cases.cases_of(p))}
    made |= {m.label for m in mutate.engine_mutants()}
    helpers = mutate.helpers_of([rule.function for p in table.chosen([]) for rule in p.rules.values()])
    made |= {m.label for helper in helpers for m in mutate.function_mutants(helper)}
    assert set(mutate.EQUIVALENT) <= made  # a proof of something that no longer exists is dead weight
    assert all(len(proof) > 10 for proof in mutate.EQUIVALENT.values())


def test_a_missing_sample_shows_as_a_survivor():
    softmax = PRIMITIVES["softmax"]
    samples = softmax.samples
    try:
        softmax.samples = [c for c in samples if len(c.args[0].shape) == 1]  # a row alone
        lines: list[str] = []
        assert mutate.report(["softmax"], lines.append) == 1
        assert any("alive: softmax.x" in line for line in lines)
    finally:
        softmax.samples = samples


def test_changes_of_a_formula():
    tree = mutants.tree_of(PRIMITIVES["tanh"].rules["x"].function)
    labels = [f"{kind}: {mutants.ast.unparse(where)} -> {mutants.ast.unparse(new)}"
              for kind, where, new in mutants.changes(tree.body, ["g", "y"])]
    for expected in ("operator: 1 - y * y -> 1 + y * y", "left only: y * y -> y", "constant: 1 -> 2", "name: g -> y",
                     "operator: g * (1 - y * y) -> g / (1 - y * y)"):
        assert expected in labels


def test_a_mutant_is_in_place_only_inside_its_block():
    exp = PRIMITIVES["exp"]
    x = tl.Tensor([0.5], requires_grad=True, dtype=np.float64)
    zero = next(m for m in mutate.mutants_of(exp, cases.cases_of(exp)) if m.label.endswith("zero"))
    with zero.installed():
        assert tl.grad(np.exp(x), x).item() == 0
    assert tl.grad(np.exp(x), x).item() == pytest.approx(np.exp(0.5))
    with mutate.with_attribute(graph, "accumulate", lambda old, new: old):
        assert tl.grad(x + x, x).item() == 1
    assert tl.grad(x + x, x).item() == 2


def test_two_rules_on_one_line_are_refused():
    rules = [lambda g: g, lambda g: -g]
    with pytest.raises(ValueError, match="one rule a line"):
        mutants.tree_of(rules[0])
