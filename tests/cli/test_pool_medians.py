"""One-off tables of studies that print a median with quartiles or range: pooled by a formula that is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth import PoolOptions, meta, pool_figures
from synth.meta.measures.conversions import mean_sd_from_quantiles
from synth.meta.measures.conversions_mcgrath import fit_quantiles

from ..steps.test_nulls import gaps
from .conftest import Run

ROWS: list[tuple[str, dict[str, float]]] = [
    ("A", {"median": 52, "q1": 40, "q3": 61, "n": 40}),
    ("B", {"median": 48, "min": 20, "max": 90, "n": 55}),
    ("C", {"median": 60, "q1": 50, "q3": 71, "min": 30, "max": 95, "n": 80}),
]
COLUMNS = ("median", "q1", "q3", "min", "max", "n")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write three studies that print no mean."""
    lines = [",".join(("study", *COLUMNS))]
    lines += [",".join([name, *(f"{row[c]:g}" if c in row else "" for c in COLUMNS)]) for name, row in ROWS]
    path = tmp_path / "m.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def by_hand(method: str) -> dict[str, list[float]]:
    """Means and standard deviations of the rows, from the conversions themselves."""
    found: dict[str, list[float]] = {"mean": [], "sd": [], "n": []}
    for _, row in ROWS:
        given = {"minimum": row.get("min", np.nan), "q1": row.get("q1", np.nan), "q3": row.get("q3", np.nan),
                 "maximum": row.get("max", np.nan)}  # fmt: skip
        made: Any
        if method == "mcgrath":
            made = fit_quantiles(int(row["n"]), row["median"], **given)
        else:
            distribution = "lognormal" if method == "lognormal" else "normal"
            made = mean_sd_from_quantiles(row["n"], row["median"], distribution=distribution, **given)
        for name, value in (("mean", made.mean), ("sd", made.sd), ("n", row["n"])):
            found[name].append(float(value))
    return found


@pytest.mark.parametrize("method", ["luo", "lognormal", "mcgrath"])
def test_medians_are_pooled_by_the_formula_that_was_asked_for(run: Run, table: Path, method: str) -> None:
    """A one-off table of medians cannot be pooled, or is pooled by another formula than the page names."""
    done = run("pool", "m.csv", "--medians", method, "--json")
    assert (done.code, done.err) == (0, "")
    document = json.loads(done.out)
    expected = meta.pool(by_hand(method), ["A", "B", "C"]).to_dict()
    assert document["pooled"]["reporting"] == pytest.approx(expected["pooled"]["reporting"], rel=1e-12)
    assert list(gaps(document)) == []
    assert (f"--medians {method}" in document["command"]) == (method != "luo")
    (note,) = document["notes"]
    assert f"of A, B, C were estimated from a median (--medians {method})" in note
    assert all(study["provenance"]["note"] for study in document["studies"])
    python = pool_figures(table, options=PoolOptions(medians=method)).to_dict()
    assert python["pooled"] == document["pooled"]


def test_medians_can_be_left_out(run: Run, table: Path) -> None:
    """Somebody who wants printed means only cannot have them, or studies vanish without the reason."""
    done = run("pool", "m.csv", "--medians", "leave-out")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("--medians leave-out keeps it out") == 3


def test_printed_means_stand_beside(run: Run, tmp_path: Path) -> None:
    """A table with means and medians leaves either out, or does not show the answer without the estimated ones."""
    text = "study,mean,sd,median,q1,q3,n\nA,,,52,40,61,40\nB,48,12,,,,55\nC,50,9,,,,70\nD,,,60,50,71,80\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    document = json.loads(run("pool", "t.csv", "--json").out)
    assert [study["study"] for study in document["studies"]] == ["A", "B", "C", "D"]
    (row,) = document["sensitivity"]
    assert (row["id"], row["omitted"]) == ("printed_means", ["A", "D"])
    shown = " ".join(run("pool", "t.csv").out.split())
    assert "of A, D were estimated from a median (--medians luo); to see what another formula makes" in shown


def test_arms_in_rows_of_their_own_may_print_medians(run: Run, tmp_path: Path) -> None:
    """A comparison of two arms takes printed means only."""
    rows = ("A,x,52,40,61,40", "A,y,60,50,71,44", "B,x,48,40,59,55", "B,y,57,44,66,52", "")
    (tmp_path / "t.csv").write_text("\n".join(["study,arm,median,low,q3,n", *rows]), encoding="utf-8")
    done = run("pool", "t.csv", "--compare", "x", "y", "--column", "q1=low", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["settings"]["measure"] == "MD"


def test_quantiles_out_of_order(run: Run, tmp_path: Path) -> None:
    """A quartile above the median makes a mean of nonsense."""
    (tmp_path / "t.csv").write_text("study,median,q1,q3,n\nA,52,60,61,40\nB,50,40,45,30\n", encoding="utf-8")
    done = run("pool", "t.csv")
    assert (done.code, done.out) == (1, "")
    assert "row 2, column q1" in done.err
    assert "row 3, column median" in done.err
    assert "Correct the two." in done.err
