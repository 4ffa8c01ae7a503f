import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinylm.corpus.clusters import NEIGHBOURS, Forest, first_alike

COUNT = 12
PAIRS = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=14)


def first_of_each(count, pairs):
    """The smallest that can be reached, by brute force."""
    first = list(range(count))
    changed = True
    while changed:
        changed = False
        for one, other in pairs:
            low = min(first[one], first[other])
            changed = changed or first[one] != low or first[other] != low
            first[one] = first[other] = low
    return first


@given(PAIRS, st.lists(st.integers(0, COUNT - 1), max_size=8))
def test_union_find_by_brute_force(pairs, asked):
    forest = Forest(COUNT)
    for number, (one, other) in enumerate(pairs):
        forest.join(one, other)
        if number % 3 == 0:  # to ask in between shortens ways, and changes nothing else
            forest.roots(np.array(asked, int))
    assert forest.roots(np.arange(COUNT)).tolist() == first_of_each(COUNT, pairs)


def alike_are(pairs):
    """The judge for whom these pairs are near duplicates; it keeps what it was asked."""
    wanted = {frozenset(pair) for pair in pairs}

    def similar(first, second):
        similar.asked += list(zip(first.tolist(), second.tolist(), strict=True))
        return np.array([frozenset(pair) in wanted for pair in zip(first.tolist(), second.tolist(), strict=True)])
    similar.asked = []
    return similar


def test_a_chain_is_one_cluster():
    bands = [np.array([7, 5, 5, 9]), np.array([1, 2, 3, 2])]  # 1 and 2 meet in the first, 1 and 3 in the second
    assert first_alike(bands, np.arange(4), alike_are([(1, 2), (1, 3)])).tolist() == [0, 1, 1, 1]
    bands = [np.array([7, 5, 5, 5]), np.array([2, 2, 3, 4])]  # the last to join is the first of all
    assert first_alike(bands, np.arange(4), alike_are([(1, 2), (2, 3), (0, 1)])).tolist() == [0, 0, 0, 0]


def test_to_agree_in_a_band_is_not_enough():
    similar = alike_are([(0, 2)])
    assert first_alike([np.array([4, 4, 4])], np.arange(3), similar).tolist() == [0, 1, 0]
    assert sorted(similar.asked) == [(0, 1), (0, 2), (1, 2)]
    assert first_alike([np.array([4, 4, 5])], np.arange(3), alike_are([(0, 2)])).tolist() == [0, 1, 2]


@given(st.lists(st.lists(st.integers(0, 3), min_size=COUNT, max_size=COUNT), min_size=1, max_size=4), PAIRS,
       st.sets(st.integers(0, COUNT - 1)))
def test_clusters_by_brute_force(bands, alike, documents):
    chosen = np.array(sorted(documents), int)
    met = [(one, other) for one, other in alike if {one, other} <= documents
           and any(band[one] == band[other] for band in bands)]
    found = first_alike([np.array(band) for band in bands], chosen, alike_are(alike))
    expected = first_of_each(COUNT, met)
    assert found.tolist() == [expected[document] for document in chosen]


def test_nothing_to_compare():
    none = np.zeros(0, int)
    assert first_alike([np.array([1, 1])], none, alike_are([])).tolist() == []


def test_work_stays_linear_where_all_agree():
    count = 10 * NEIGHBOURS
    similar = alike_are([])
    assert first_alike([np.zeros(count, int)], np.arange(count), similar).tolist() == list(range(count))
    assert len(similar.asked) <= NEIGHBOURS * count
    everything = lambda first, second: np.ones(len(first), bool)
    assert not first_alike([np.zeros(count, int)], np.arange(count), everything).any()
