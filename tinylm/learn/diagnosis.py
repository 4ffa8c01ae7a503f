"""What a wrong result looks like, and what it usually means.

A teacher who sees -0.6 where 0.6 is expected does not say "wrong" but "the right size and the wrong sign". Each pattern
here is one such remark. The first that fits is given; where none does, nothing is said rather than something vague.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .language import Both, say

Suspect = tuple[Any, Both]
"""What a known mistake would have given, and what to say to somebody whose result is that."""

Shape = tuple[int, ...]


def shape_cause(got: Shape, expected: Shape) -> str:
    """Why a result may have one shape instead of another."""
    if got != expected and got == expected[::-1]:
        return say("The axes are the other way round: is something transposed?",
                   "轴的次序反了：是不是多转置或少转置了一次？")
    if got == tuple(size for size in expected if size != 1):
        return say("The axes of size 1 are gone: keepdims=True keeps them.",
                   "长度为 1 的轴丢了：keepdims=True 会把它留下。")
    if tuple(size for size in got if size != 1) == expected:
        return say("There are axes of size 1 too many.", "多了长度为 1 的轴。")
    if len(got) == len(expected) and all(e in (1, g) for g, e in zip(got, expected, strict=True)):
        axes = _axes(g != e for g, e in zip(got, expected, strict=True))
        return say(f"Nothing was summed over the axis of size 1 ({axes}).", f"长度应为 1 的轴（{axes}）没有求和。")
    if len(got) > len(expected) and got[len(got) - len(expected):] == expected:
        more = _axes(True for _ in range(len(got) - len(expected)))
        return say(f"The axes in front ({more}) should have been summed away.", f"前面的轴（{more}）应当求和消去。")
    if got == (int(np.prod(expected)),):
        return say("It was flattened.", "它被展平了。")
    if len(got) < len(expected):
        return say("It has too few axes: was too much summed, or only one element used?",
                   "轴太少：是不是求和求多了，或者只用了一个元素？")
    return ""


def value_cause(got: np.ndarray, expected: np.ndarray, suspects: Any = ()) -> str:
    """Why a result of the right shape may have other values than expected; "" if no pattern fits."""
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    for wrong, remark in suspects:
        suspect = np.broadcast_to(np.asarray(wrong, dtype=np.float64), expected.shape)
        if _same(got, suspect) and _distance(got, suspect) < 0.05 * _distance(got, expected):
            return say(*remark)
    return next(_patterns(got, expected), "")


def _patterns(got: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    if not np.isfinite(got).all():
        bad = int(np.sum(~np.isfinite(got)))
        yield say(f"{bad} of {got.size} entries are NaN or infinite: is something divided by 0, a logarithm taken of "
                  "0, or an exponential too large?",
                  f"{got.size} 个元素中有 {bad} 个是 NaN 或无穷：是不是除以了 0、对 0 取了对数，或者指数太大？")
    elif not got.any():
        yield say("It is 0 everywhere: does your result depend on the input at all?",
                  "处处为 0：你的结果真的依赖输入吗？")
    elif _same(got, -expected):
        yield say("It has the right size and the wrong sign.", "大小正确，符号相反。")
    elif expected.any() and (factor := _factor(got, expected)) is not None:
        yield _about_factor(factor, expected.shape)
    elif expected.size > 1 and _same(off := got - expected, np.full(expected.shape, c := off.flat[0])):
        yield say(f"Every entry is off by the same amount, {c:.4g}: is a constant missing?",
                  f"每个元素都相差同一个数 {c:.4g}：是不是漏了一个常数？")
    else:
        yield from _rearranged(got, expected)
        yield from _some(got, expected)


def _rearranged(got: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    if expected.ndim == 2 and expected.shape[0] == expected.shape[1] and _same(got, expected.T):
        yield say("It is the transpose of what is expected.", "它是正确结果的转置。")
    for axis in range(expected.ndim):
        if _same(got, np.flip(expected, axis)):
            yield say(f"It is the right result backwards along axis {axis}.", f"它是正确结果沿轴 {axis} 倒过来的样子。")
        for shift in (1, -1):
            if _same(got, np.roll(expected, shift, axis)):
                yield say(f"It is the right result moved by one place along axis {axis}.",
                          f"它是正确结果沿轴 {axis} 错开了一位。")


def _some(got: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    off = np.abs(got - expected)
    largest = max(float(np.max(np.abs(expected), initial=0.0)), 1e-300)
    wrong = off > 1e-9 * largest
    if 0 < wrong.sum() <= expected.size // 2:
        yield say(f"Only {wrong.sum()} of {expected.size} entries are wrong: what do they have in common?",
                  f"{expected.size} 个元素中只有 {wrong.sum()} 个错：它们有什么共同之处？")
    elif off.max() < 1e-3 * largest:
        yield say("It is nearly right: the method is, its precision is not.", "已经很接近：方法是对的，精度还不够。")


def _about_factor(factor: float, shape: Shape) -> str:
    for axis, size in enumerate(shape):
        if size > 2 and np.isclose(factor, 1 / size, rtol=1e-3):
            return say(f"It is {size} times too small, and axis {axis} has {size} entries: is it a mean where a sum "
                       "belongs?", f"只有应有值的 1/{size}，而轴 {axis} 恰有 {size} 个元素：是不是该求和却求了平均？")
    if abs(factor) < 1e-3 or abs(factor) > 1e3:
        return say(f"It is {factor:.3g} times what is expected.", f"是应有值的 {factor:.3g} 倍。")
    return say(f"It is {factor:.4g} times what is expected, everywhere: a factor is missing, or there is one too many.",
               f"处处是应有值的 {factor:.4g} 倍：少了或多了一个因子。")


def _factor(got: np.ndarray, expected: np.ndarray) -> float | None:
    """c, if got = c · expected for one number c that is neither 0 nor nearly 1."""
    c = float(np.sum(got * expected) / np.sum(expected * expected))
    return c if abs(c - 1) > 1e-2 and c != 0 and _same(got, c * expected) else None


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Do these look the same to somebody who knows that both are a little off?"""
    return bool(a.shape == b.shape and _distance(a, b) <= 1e-3 * max(float(np.max(np.abs(b), initial=0.0)), 1e-300))


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.abs(a - b), initial=0.0))


def _axes(chosen: Any) -> str:
    found = [str(axis) for axis, is_it in enumerate(chosen) if is_it]
    return say("axis " if len(found) == 1 else "axes ", "轴 ") + ", ".join(found)
