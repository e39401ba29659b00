"""Every inverse-variance object of R's meta in the reference files, leaf by leaf."""

from __future__ import annotations

import collections
import os
from pathlib import Path

import pytest

from tests.meta.comparison_objects import NOT_OURS, OTHER_INPUTS, compare_objects

FOLDER = Path(os.environ.get("SYNTH_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "reference"
FILES = sorted(p.stem for p in FOLDER.glob("*.json") if p.stem not in ("conversions", "known_deviations")) or ["absent"]

SEARCH_LIMIT = "meta's search for a bound of tau2 stops at its limit, or at a loose absolute tolerance on a large scale"
ROUNDING = "identical estimates: Q is exactly 0 here, and 1e-30 there, which its Hartung-Knapp error magnifies"
TWO_STUDIES = "no prediction interval under three studies"
UNCORRECTED = "meta pools 0 and 1 with a corrected variance; metafor and the kernel correct the estimate too"

# pattern of file:leaf, how many leaves deviate, why
DEVIATIONS: dict[str, tuple[int, str]] = {
    "cont_curtis1998:meta.MD.*.tau2": (9, SEARCH_LIMIT),
    "cont_normand1999:meta.MD.*.tau2": (2, SEARCH_LIMIT),
    "mean1_fleiss1993_ctl:meta.MRAW.*.tau2": (3, SEARCH_LIMIT),
    "edge2_all_events:meta.OR_*.predict[[]4]": (14, TWO_STUDIES),
    "edge2_identical:*": (74, ROUNDING),
    "edge_all_events:meta.PAS_*": (18, ROUNDING),
    "edge_identical_*": (48, ROUNDING),
    "edge_k3_homog:*": (44, ROUNDING),
    "edge_n1:meta.PRAW_*": (70, UNCORRECTED),
}
PATTERNS = tuple(DEVIATIONS)
# counted when this test was written; fewer means that something is no longer compared
NUMBERS = 75_277
# objects made from other estimates than the kernel's (see OTHER_INPUTS), and those with DerSimonian and Laird's tau2
# from Mantel and Haenszel's Q
SET_APART = 536


@pytest.mark.parametrize("name", FILES)
def test_file_agrees(name: str, shared: Path) -> None:
    """A number of R's meta is computed wrongly, or a leaf of one of its objects is compared with nothing."""
    result = compare_objects(shared / "reference" / f"{name}.json", PATTERNS)
    assert not result.wrong, f"{len(result.wrong)} numbers disagree:\n" + "\n".join(result.wrong[:20])
    assert not result.missed, f"{len(result.missed)} leaves compared with nothing:\n" + "\n".join(result.missed[:20])


def test_all_were_compared(shared: Path) -> None:
    """Fewer numbers are compared than there are, a listed deviation is no longer one, or more is set apart."""
    results = [compare_objects(shared / "reference" / f"{name}.json", PATTERNS) for name in FILES]
    compared = sum(len(r.done) for r in results)
    deviating = collections.Counter(pattern for r in results for pattern, _ in r.deviations)
    apart = {pattern: count for pattern, count in deviating.items() if pattern not in DEVIATIONS}
    print(f"{compared} numbers of R's meta compared in {len(results)} files; {sum(apart.values())} objects set apart")  # noqa: T201
    assert {p: c for p, c in deviating.items() if p in DEVIATIONS} == {p: c for p, (c, _) in DEVIATIONS.items()}
    assert set(apart) <= OTHER_INPUTS | {"Q.Cochrane"}
    assert sum(apart.values()) == SET_APART
    assert compared >= NUMBERS


def test_reasons_are_given() -> None:
    """A pattern sets leaves apart without saying why."""
    assert all(NOT_OURS.values())
