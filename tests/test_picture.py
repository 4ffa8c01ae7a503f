"""The picture of the graph: valid SVG, every operation once, what is kept named, and clear errors."""

import gc
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tinylm as tl
from tinylm.picture import Picture, draw

SVG = "{http://www.w3.org/2000/svg}"


def leaf(*shape: int) -> tl.Tensor:
    return tl.Tensor(np.full(shape, 0.5, np.float32), requires_grad=True)


def boxes(picture: Picture) -> list[tuple[str, list[str], str]]:
    """(kind, lines of text, tooltip) of every box."""
    root = ET.fromstring(picture.svg)
    return [(g.get("class", ""), [t.text or "" for t in g.iter(f"{SVG}text")], g.findtext(f"{SVG}title") or "")
            for g in root.iter(f"{SVG}g")]


def named(picture: Picture) -> list[str]:
    return sorted(lines[0] for kind, lines, _ in boxes(picture) if kind in ("op", "end"))


def labels(picture: Picture) -> list[str]:
    return sorted(t.text or "" for t in ET.fromstring(picture.svg).iter(f"{SVG}text") if t.get("class") == "label")


def test_every_operation_stands_there_once_and_equal_names_apart():
    x, w = leaf(2, 3), leaf(3, 3)
    picture = draw(np.sum(np.tanh(np.tanh(x @ w) @ w)))
    assert named(picture) == ["matmul", "matmul", "sum", "tanh", "tanh"]
    assert sum(kind == "leaf" for kind, _, _ in boxes(picture)) == 2  # the shared leaf once
    assert [lines[0] for kind, lines, _ in boxes(picture) if kind == "end"] == ["sum"]


def test_a_box_tells_shape_dtype_and_what_is_kept():
    x, w = leaf(2, 3), leaf(3, 4)
    found = {lines[0]: (lines, title) for _, lines, title in boxes(draw(np.sum(np.tanh(x @ w))))}
    assert found["matmul"][0][1] == "(2, 4) float32"
    assert set(found["matmul"][0][2:]) == {"keeps x2 (3, 4)  48 bytes", "keeps x1 (2, 3)  24 bytes"}
    assert found["tanh"][0][2:] == ["keeps y (2, 4)  32 bytes"]
    assert found["sum"][0][2:] == []  # a shape is no array
    assert "a_shape = (2, 4)" in found["sum"][1]


def test_the_caption_counts_an_array_once_however_many_keep_it():
    y = np.exp(leaf(4))
    assert "1 array kept for the backward: 16 bytes" in draw(np.sum(np.sin(y))).svg  # exp's y is sin's x
    assert "Picture(3 operations, 1 leaf;" in repr(draw(np.sum(np.sin(y))))


def test_arrows_carry_the_names_of_inputs_where_there_are_several():
    x, w = leaf(2), leaf(2)
    assert labels(draw(x / w)) == ["x1", "x2"]
    assert labels(draw(x * x)) == ["x1, x2"]
    assert labels(draw(np.tanh(x))) == []
    assert labels(draw(np.concatenate([x, np.ones(2, np.float32), w]))) == ["arrays[0]", "arrays[2]"]
    first, last = np.split(leaf(4), 2)
    assert labels(draw(first - last)) == ["[0] → x1, [1] → x2"]


def test_leaves_have_the_names_given_escaped():
    w = leaf(2)
    picture = draw(np.tanh(w), names={'<weight & "bias">': w})
    assert '<weight & "bias">' in [lines[0] for _, lines, _ in boxes(picture)]


def test_every_arrow_points_down_and_boxes_do_not_overlap():
    x, w, v = leaf(3, 3), leaf(3, 3), leaf(3, 3)
    h = x
    for _ in range(6):
        h = np.tanh(h @ w) * x + np.sin(h) @ v
    rectangles = [[float(r.get(key, 0)) for key in ("x", "y", "width", "height")]
                  for r in ET.fromstring(draw(np.sum(h)).svg).iter(f"{SVG}rect") if r.get("class") == "box"]
    for i, (x0, y0, w0, h0) in enumerate(rectangles):
        for x1, y1, w1, h1 in rectangles[:i]:
            assert x0 + w0 < x1 or x1 + w1 < x0 or y0 + h0 < y1 or y1 + h1 < y0


@pytest.mark.parametrize("limit", [1, 40, 150])
def test_a_long_graph_is_cut_with_a_note_and_quickly(limit):
    w = h = leaf(3)
    for _ in range(500):
        h = np.tanh(h * w)  # 1000 operations
    start = time.perf_counter()
    picture = draw(h, limit)
    assert time.perf_counter() - start < 5
    assert len(named(picture)) == limit
    assert f"… {1000 - limit} more" in [lines[0] for kind, lines, _ in boxes(picture) if kind == "more"]
    assert "1,000 operations" in picture.svg


def test_a_wide_graph_is_drawn_quickly():
    leaves = [leaf(2) for _ in range(300)]
    start = time.perf_counter()
    picture = draw(np.sum(np.stack([np.tanh(x) for x in leaves])), limit=1000)
    assert time.perf_counter() - start < 5
    assert len(named(picture)) == 302


def test_a_leaf_alone():
    assert [(kind, lines) for kind, lines, _ in boxes(draw(leaf(2)))] == [("leaf", ["leaf", "(2,) float32"])]


def test_a_leaf_that_nobody_holds_any_more():
    y = np.tanh(leaf(2))
    gc.collect()
    assert named(draw(y)) == ["tanh"]


def test_a_node_that_keeps_raw_and_listed_arrays():
    picture = draw(np.einsum("i,i,i->", leaf(3), leaf(3), np.ones(3, np.float32)))
    assert any(line.startswith("keeps operands 3 arrays") for _, lines, _ in boxes(picture) for line in lines)


def test_saving(tmp_path: Path):
    picture = draw(np.tanh(leaf(2)))
    picture.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == picture.svg == picture._repr_svg_()
    picture.save(str(tmp_path / "graph.svg"))  # again, over it
    assert [path.name for path in tmp_path.iterdir()] == ["graph.svg"]
    with pytest.raises(ValueError, match=r"draw: the picture is an SVG; give it a name such as 'graph\.svg'"):
        picture.save(tmp_path / "graph.png")


def test_errors():
    with pytest.raises(TypeError, match="draw: a Tensor is needed, such as a loss, not ndarray"):
        draw(np.ones(2))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="draw: this Tensor has no graph"):
        draw(tl.Tensor([1.0]))
    with pytest.raises(ValueError, match="draw: limit=0 shows nothing"):
        draw(leaf(2), limit=0)
    loss = np.sum(np.tanh(leaf(2)))
    loss.backward(retain_graph=True)
    draw(loss)
    loss.backward()
    with pytest.raises(RuntimeError, match="draw: the graph was freed by a backward"):
        draw(loss)
