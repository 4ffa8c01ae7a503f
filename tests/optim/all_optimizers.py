"""Every optimizer, for tests that hold of all."""

import numpy as np
import pytest

import tinylm as tl
from tinylm import optim

ALL = {
    "SGD": lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    "SGD, dampened": lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.3),
    "Adagrad": lambda p: optim.Adagrad(p, 0.3, lr_decay=0.01),
    "RMSprop": lambda p: optim.RMSprop(p, 0.1, momentum=0.5, centered=True),
    "Adam": lambda p: optim.Adam(p, 0.1, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p, 0.1, l1=0.01),
}
every = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


def leaf(values, dtype=np.float32):
    return tl.Tensor(values, requires_grad=True, dtype=dtype)
