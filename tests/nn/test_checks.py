"""Every layer and loss by finite differences, with respect to its inputs and its parameters, twice."""

import numpy as np
import pytest

from tinylm import nn
from tinylm.cases import LIMITS
from tinylm.nn.checks import all_cases

CASES = [case for cases in all_cases().values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_first_derivatives(case, device):
    assert case.first_error(device) <= LIMITS["first"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_second_derivatives_and_float32(case):
    assert case.second_error() <= LIMITS["second"]
    assert case.dtype_error(np.float32) <= 1e-5


def test_every_layer_and_loss_is_checked():
    holders = {"Module", "ModuleList"}
    losses = {name for name in nn.__all__ if name.endswith("Loss")}
    functions = {"dropout", "dropout_keys", "init"}
    assert set(nn.__all__) - holders - losses - functions == set(all_cases())
