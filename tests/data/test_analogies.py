"""The planted text: its words stand as they are said to, and what is planted is there to be found by counting."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from tinylm.data import Planted, planted


def parts(made: Planted) -> dict[str, tuple[int, int]]:
    """The row and the column of each word of the grid."""
    return {word: (r, c) for r, row in enumerate(made.grid) for c, word in enumerate(row)}


def test_a_sentence_is_a_word_and_its_company():
    made = planted(rows=5, columns=3, company=4, sentences=400)
    place, seen = parts(made), Counter()
    assert len(made.sentences) == 400
    for sentence in made.sentences:
        around = sentence[:3] + sentence[4:]
        row, column = place[sentence[3]]
        kinds = Counter(word.rsplit("-", 1)[0] for word in around)
        assert kinds == {f"row{row}": 3, f"column{column}": 3}
        seen.update(sentence)
    assert len(seen) == 5 * 3 + 4 * (5 + 3) and not any(word in place for word in set(seen) - set(place))


def test_everything_is_drawn_evenly():
    made = planted(rows=4, columns=3, company=2, sentences=6000)
    grid = Counter(sentence[3] for sentence in made.sentences)
    assert stats.chisquare([grid[word] for row in made.grid for word in row]).pvalue > 0.01
    company = Counter(word for sentence in made.sentences for word in sentence[:3] + sentence[4:])
    for kind in ("row", "column"):
        assert stats.chisquare([many for word, many in company.items() if word.startswith(kind)]).pvalue > 0.01
    at = [sum(sentence[k].startswith("row") for sentence in made.sentences) for k in (0, 1, 2, 4, 5, 6)]
    assert stats.chisquare(at).pvalue > 0.01  # in any order


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (2, 5), (4, 3)])
def test_analogies_are_the_corners_of_rectangles(rows, columns):
    made = planted(rows, columns, sentences=1)
    place = parts(made)
    assert len(place) == rows * columns
    assert len(set(made.analogies)) == len(made.analogies) == rows * (rows - 1) * columns * (columns - 1)
    for four in made.analogies:
        (a, i), (b, j), (c, k), (d, m) = (place[word] for word in four)
        assert a == b != c == d and i == k != j == m


def test_the_seed_decides():
    assert planted(sentences=50, seed=1) == planted(sentences=50, seed=1)
    assert planted(sentences=50, seed=1).sentences != planted(sentences=50, seed=2).sentences


def test_counts_alone_find_the_analogies():
    """How often each word of the company stands with each word of the grid: b - a + c is nearest to d."""
    made = planted(rows=6, columns=3, company=4, sentences=4000)
    words = {word: number for number, word in enumerate(sorted({word for line in made.sentences for word in line}))}
    place = parts(made)
    counts = np.zeros((len(words), len(words)))
    for sentence in made.sentences:
        for other in sentence[:3] + sentence[4:]:
            counts[words[sentence[3]], words[other]] += 1
    shares = {word: counts[words[word]] / counts[words[word]].sum() for word in place}
    right = [min(set(place) - {a, b, c}, key=lambda word: np.square(shares[word] - wanted).sum()) == d
             for a, b, c, d in made.analogies for wanted in [shares[b] - shares[a] + shares[c]]]
    assert np.mean(right) > 0.99


@pytest.mark.parametrize("sizes", [{"rows": 1}, {"columns": 1}, {"company": 0}, {"sentences": 0}])
def test_sizes_that_leave_no_analogy(sizes):
    with pytest.raises(ValueError, match="leave no analogy; take at least 2 rows, 2 columns"):
        planted(**sizes)
