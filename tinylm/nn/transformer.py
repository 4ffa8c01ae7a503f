"""The two layers of the Transformer (Vaswani et al. 2017), each a stack of residual blocks x + f(x).

The paper normalises after each sum: LayerNorm(x + f(x)). With norm_first the normalisation moves inside,
x + f(LayerNorm(x)), and deep stacks train without a warm-up (Xiong et al. 2020): what GPT-2 and nearly all since do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.activation import gelu, relu
from .linear import Linear
from .masking import dropout
from .module import Module
from .multihead import MultiheadAttention
from .norm import LayerNorm

_ACTIVATIONS: dict[str, Any] = {"relu": relu, "gelu": gelu}


class _Layer(Module):
    """What both layers share: the feed-forward block, W₂ φ(W₁ x + b₁) + b₂, and how a block is added."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: str = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True, *,
        rng: np.random.Generator | None = None,
    ) -> None:
        if activation not in _ACTIVATIONS:
            raise ValueError(f"{type(self).__name__}: activation is 'relu' or 'gelu', not {activation!r}")
        self.dropout, self.activation, self.norm_first, self.batch_first = dropout, activation, norm_first, batch_first
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, rng=rng)
        self.linear1 = Linear(d_model, dim_feedforward, bias, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, rng=rng)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias)

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self._drop(_ACTIVATIONS[self.activation](self.linear1(x))))

    def _drop(self, x: Any) -> Any:
        return dropout(x, self.dropout, self.training, batch_axis=0 if self.batch_first else 1)

    def _residual(self, x: Any, norm: LayerNorm, block: Any) -> Any:
        if self.norm_first:
            return x + self._drop(block(norm(x)))
        return norm(x + self._drop(block(x)))


class TransformerEncoderLayer(_Layer):
    """x₁ = norm1(x + self-attention(x)); y = norm2(x₁ + W₂ φ(W₁ x₁)); with norm_first, see the file's head.

    src (L, N, d_model), or (N, L, d_model) with batch_first → the same shape

    d_model, nhead      the width of a position, and of how many heads
    dim_feedforward     the width inside the feed-forward block
    dropout             in training, on the attention weights, inside and after each block
    activation          φ: "relu", or "gelu" as in GPT and BERT
    bias                whether the linear maps and norms have biases

    The parameters' names and layouts are PyTorch's. Raises what MultiheadAttention raises.
    """

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """Masks are those of MultiheadAttention (True: may not look); is_causal needs no mask beside it."""
        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]
        x = self._residual(src, self.norm1, attend)
        return self._residual(x, self.norm2, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """As the encoder's layer, with attention to `memory`, the encoder's output, between its two blocks.

    tgt (T, N, d_model), memory (S, N, d_model), or N first with batch_first → (T, N, d_model)

    x₁ = norm1(tgt + self-attention(tgt)), x₂ = norm2(x₁ + attention(x₁, memory)), y = norm3(x₂ + W₂ φ(W₁ x₂)).
    Arguments and parameters as in TransformerEncoderLayer; multihead_attn is the attention to memory. Raises what
    MultiheadAttention raises.
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: str = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True, *,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                         norm_first, bias, rng=rng)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, rng=rng)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias)

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:
        """Masks are those of MultiheadAttention (True: may not look); is_causal needs no mask beside it."""
        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def look_back(x: Any) -> Any:
            return self.multihead_attn(x, memory, memory, memory_key_padding_mask, False, memory_mask,
                                       is_causal=memory_is_causal)[0]
        x = self._residual(tgt, self.norm1, attend)
        x = self._residual(x, self.norm2, look_back)
        return self._residual(x, self.norm3, self._feed_forward)
