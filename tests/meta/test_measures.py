"""Effect measures: to the analysis scale as metafor does it, and back without leaving [0, 1]."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import UnknownName
from synth.meta.measures.effects import MEASURES, harmonic_size, measure, variance_size
from tests.meta.strategies import BOUNDED

PROPORTIONS = [m.name for m in MEASURES.values() if m.kind == "proportion"]


def test_zero_cell_rules(shared: Path) -> None:
    """A measure would add 1/2 where metafor does not, or the other way round."""
    reference = json.loads((shared / "reference" / "conversions.json").read_text(encoding="utf-8"))["escalc_prop"]
    x, n = np.array(reference["x"], dtype=float), np.array(reference["n"], dtype=float)
    compared = 0
    for m in (MEASURES[name] for name in PROPORTIONS):
        block = reference[m.aliases[0]]["only0"]
        y, v = m.to_analysis(x, n)
        # metafor's own p(1-p) loses digits near 1: 1e-9 there (0.999999 of a million), else a few roundings
        np.testing.assert_allclose(y, block["yi"], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(v, block["vi"], rtol=1e-9)
        ordinary = x < 0.99 * n
        np.testing.assert_allclose(y[ordinary], np.array(block["yi"])[ordinary], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(v[ordinary], np.array(block["vi"])[ordinary], rtol=1e-13)
        compared += 2 * len(x)
    assert compared == 5 * 2 * 14


def test_miller_inverse(shared: Path) -> None:
    """The way back from the double arcsine would differ from metafor's transf.ipft, or leave [0, 1]."""
    reference = json.loads((shared / "reference" / "conversions.json").read_text(encoding="utf-8"))["ipft"]
    compared = 0
    for size, block in reference.items():
        p = MEASURES["PFT"].to_reporting(block["z"], float(size))
        # the reference takes 1 - sqrt(1 - x^2) where we do not: its own rounding is 1e-16 over the root
        np.testing.assert_allclose(p, block["p"], rtol=0, atol=2e-15)
        compared += len(p)
    assert compared >= 41 * 4


@BOUNDED
@given(total=st.integers(1, 10**7), share=st.floats(0, 1), name=st.sampled_from(PROPORTIONS))
def test_there_and_back(total: int, share: float, name: str) -> None:
    """A proportion would not come back from the analysis scale as itself."""
    m, events = MEASURES[name], round(share * total)
    y, v = m.to_analysis(events, total)
    back = m.to_reporting(y, total)
    corrected = name in ("PLOGIT", "PLN", "PRAW") and events in (0, total)
    expected = (events + 0.5) / (total + 1) if corrected else events / total
    # the arcsine's slope vanishes at the ends: a rounding of y is worth its square root's worth of p there
    np.testing.assert_allclose(back, expected, rtol=1e-7, atol=1e-14)
    assert v > 0


@pytest.mark.parametrize("name", PROPORTIONS)
def test_bounds_are_clipped(name: str) -> None:
    """A bound of an interval would be a proportion below 0 or above 1."""
    m = MEASURES[name]
    p = m.to_reporting([-1e9, -1.0, -0.1, 0.0, 0.1, 1.0, 2.0, 1e9, np.nan], 20)
    assert ((p[:-1] >= 0) & (p[:-1] <= 1)).all()
    assert (np.diff(p[:-1]) >= 0).all()
    assert p[-2] == 1
    assert np.isnan(p[-1])


def test_zero_and_all_events_come_back_exactly() -> None:
    """No events would come back from the arcsine scales as something else than 0."""
    for name in ("PAS", "PFT"):
        y, _ = MEASURES[name].to_analysis([0, 20], [20, 20])
        np.testing.assert_array_equal(MEASURES[name].to_reporting(y, 20), [0.0, 1.0])


def test_size_for_the_way_back() -> None:
    """Studies that are masked out would count in the harmonic mean, or the variance would give another size."""
    assert harmonic_size([10, 40, 7], [True, True, False]) == 16.0
    np.testing.assert_allclose(harmonic_size([10, 40], [[2, 0], [1, 1]]), [10.0, 16.0])
    np.testing.assert_allclose(variance_size(MEASURES["PFT"].to_analysis(3, 77)[1]), 77.0)


def test_names() -> None:
    """A known name or alias would not be found, or an unknown one taken for another."""
    assert measure("pr") is MEASURES["PRAW"]
    with pytest.raises(UnknownName, match="PLOGIT"):
        measure("PLOGITS")


def test_impossible_counts() -> None:
    """More events than patients would become an estimate."""
    for m in (MEASURES[name] for name in PROPORTIONS):
        for events, total in ((3, 2), (-1, 2), (0, 0), (np.nan, 5)):
            with pytest.raises(ValueError, match="between 0 and total"):
                m.to_analysis(events, total)
        with pytest.raises(ValueError, match="events, total"):
            m.to_analysis(3)
    with pytest.raises(ValueError, match="study size"):
        MEASURES["PFT"].to_reporting(0.3)
