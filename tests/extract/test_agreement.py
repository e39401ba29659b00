"""Kappa and the intraclass correlation against published tables and another program."""

from __future__ import annotations

import random

import numpy as np
import pytest

from synth.extract.reconcile.agreement import cohen_kappa, icc_agreement

# Table 2 of Shrout and Fleiss, Psychological Bulletin 1979;86:420-428: six targets, four judges.
SHROUT_FLEISS = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]


def test_icc_of_the_published_table() -> None:
    """The coefficient is another form of the intraclass correlation: .17 is ICC(1,1) and .71 ICC(3,1)."""
    found = icc_agreement(SHROUT_FLEISS).value
    assert found is not None
    assert round(found, 2) == 0.29
    # by their mean squares: between targets 11.24, judges 32.49, residual 1.02
    assert found == pytest.approx((11.24 - 1.02) / (11.24 + 3 * 1.02 + 4 * (32.49 - 1.02) / 6), abs=5e-4)


def test_icc_by_least_squares() -> None:
    """The sums of squares are not those of the two-way model, found here by projections of arrays."""
    rng = np.random.default_rng(7)
    for n in (2, 3, 10, 200):
        table = np.round(rng.normal(20, 6, n)[:, None] + rng.normal(0, 1, (n, 2)) + [0, 1.5], 2)
        grand, rows, columns = table.mean(), table.mean(1), table.mean(0)
        msr = 2 * ((rows - grand) ** 2).sum() / (n - 1)
        msc = n * ((columns - grand) ** 2).sum()
        mse = ((table - rows[:, None] - columns + grand) ** 2).sum() / (n - 1)
        assert icc_agreement(table.tolist()).value == pytest.approx((msr - mse) / (msr + mse + 2 * (msc - mse) / n))


def test_icc_counts_a_constant_difference() -> None:
    """Somebody who always reads one more than the other is said to agree fully: that is consistency."""
    found = icc_agreement([(1, 2), (2, 3), (3, 4)]).value
    assert found is not None
    assert found == pytest.approx(2 / 3)
    assert icc_agreement([(1, 1), (2, 2), (3, 3)]).value == 1.0


@pytest.mark.parametrize("rows", [[], [(3, 3)], [(0.1, 0.1)] * 30, [(1, 3), (3, 1)]])
def test_undefined_icc_has_a_reason(rows: list[tuple[float, float]]) -> None:
    """Rows that do not vary, or a single one, give a number, a NaN, or nothing without a reason."""
    found = icc_agreement(rows)
    assert found.value is None
    assert found.reason


def test_icc_needs_a_table() -> None:
    """Rows of different lengths are computed as if they were a table."""
    with pytest.raises(ValueError, match="same number of raters"):
        icc_agreement([(1, 2), (1, 2, 3)])


@pytest.mark.filterwarnings("ignore")
def test_kappa_is_that_of_statsmodels() -> None:
    """Kappa differs from an independent program on some table of two people."""
    from statsmodels.stats.inter_rater import cohens_kappa, to_table

    rng = random.Random(3)
    for categories in (2, 3, 5):
        words = "abcde"[:categories]
        for n in (4, 15, 400):
            first = [rng.choice(words) for _ in range(n)]
            pairs = [(word, word if rng.random() < 0.6 else rng.choice(words)) for word in first]
            table, _ = to_table(np.array([[words.index(x), words.index(y)] for x, y in pairs]), bins=None)
            if len(table) < 2:
                continue
            assert cohen_kappa(pairs).value == pytest.approx(cohens_kappa(table, return_results=False), abs=1e-12)


def test_kappa_of_a_printed_table() -> None:
    """Kappa is not the .40 of 20, 5, 10 and 15 of fifty, or leaves out what chance gives."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohen_kappa(pairs).value == pytest.approx(0.4)
    assert cohen_kappa([("a", "b"), ("b", "a")]).value == -1.0


@pytest.mark.parametrize("pairs", [[], [("a", "a")], [("a", "b")], [("a", "a")] * 12])
def test_undefined_kappa_has_a_reason(pairs: list[tuple[str, str]]) -> None:
    """One word throughout, or a single row, gives a number or a division by zero."""
    found = cohen_kappa(pairs)
    assert found.value is None
    assert found.reason
