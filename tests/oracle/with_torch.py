"""PyTorch for the tests beside this file: without it they are skipped, counted and printed with the reason."""

import pytest

try:
    import torch
except ImportError:
    torch = None
else:
    torch.set_num_threads(1)

needs_torch = [
    pytest.mark.oracle,
    pytest.mark.skipif(torch is None, reason='PyTorch: pip install -e ".[oracle]"'),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
