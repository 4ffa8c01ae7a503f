"""A text made up so that its words are to each other what its maker says: analogies that a small text can teach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Planted(NamedTuple):
    """What `planted` makes.

    sentences  lists of words
    grid       (rows, columns) words, as Paris stands in the row of France and the column of capitals
    analogies  (a, b, c, d): a is to b as c is to d, the corners of every rectangle of the grid
    """

    sentences: list[list[str]]
    grid: list[list[str]]
    analogies: list[tuple[str, str, str, str]]


def planted(rows: int = 12, columns: int = 4, company: int = 6, sentences: int = 10_000, seed: int = 0) -> Planted:
    """Sentences about words that stand in a grid: each keeps the company of its row, and that of its column.

    rows, columns  of the grid, 2 or more: there is one word for each row and column
    company        how many words belong to each row, and to each column, and to no other
    sentences      how many; each has seven words: one of the grid in the middle, and around it, in any order, three
                   that belong to its row and three that belong to its column

    What a word's neighbours are is then the sum of a part for the row and a part for the column, which is what vectors
    add up as: words of two rows differ by the same in every column. In real texts such differences show only after
    millions of words. Raises ValueError for sizes that leave no analogy.
    """
    if min(rows, columns) < 2 or min(company, sentences) < 1:
        raise ValueError(f"planted: {rows} rows and {columns} columns with {company} words each in {sentences} "
                         "sentences leave no analogy; take at least 2 rows, 2 columns, 1 word and 1 sentence")
    rng = np.random.default_rng(seed)
    grid = [[f"word{row}.{column}" for column in range(columns)] for row in range(rows)]
    of_row = [[f"row{row}-{k}" for k in range(company)] for row in range(rows)]
    of_column = [[f"column{column}-{k}" for k in range(company)] for column in range(columns)]
    made = []
    for row, column in zip(rng.integers(0, rows, sentences), rng.integers(0, columns, sentences), strict=True):
        around = [of_row[row][k] for k in rng.integers(0, company, 3)]
        around += [of_column[column][k] for k in rng.integers(0, company, 3)]
        around = [around[k] for k in rng.permutation(6)]
        made.append([*around[:3], grid[row][column], *around[3:]])
    analogies = [(grid[r][c], grid[r][other], grid[s][c], grid[s][other])
                 for r in range(rows) for s in range(rows) if r != s
                 for c in range(columns) for other in range(columns) if c != other]
    return Planted(made, grid, analogies)
