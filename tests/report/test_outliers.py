"""Outliers, points that a picture cannot hold and intervals that an axis cuts: each is said in words."""

from __future__ import annotations

import copy
import math
import re
from dataclasses import asdict
from typing import Any

import pytest

from synth.meta.analyses.influence import influence_analysis
from synth.report.figures.charts_bias import baujat
from synth.report.figures.charts_effect import drapery
from synth.report.figures.charts_groups import curve
from synth.report.figures.figure import Figure
from synth.report.sections import bias
from synth.report.words import rounding

from . import factory_analyses as analyses

NAMES = [f"Series {i}" for i in range(1, 21)]
EVENTS = [4, 5, 3, 18, 4, 6, 5, 4, 3, 5, 6, 4, 5, 3, 4, 5, 6, 4, 5, 4]


def _one_apart() -> dict[str, Any]:
    data = {"events": [float(x) for x in EVENTS], "total": [40.0] * 20}
    made = analyses.document(data, NAMES, model="inverse", measure="PLO")
    found = asdict(influence_analysis(data, NAMES, model="inverse", measure="PLO"))
    made["analyses"] = {"influence": found}
    return analyses.through_json(made)


def test_an_outlier_that_the_rule_passes_over_is_named() -> None:
    """A series far from all the others, that alone makes tau2, goes without a word since no rule singles it out."""
    document = _one_apart()
    found = document["analyses"]["influence"]
    rows = found["rows"]
    (apart,) = [row for row in rows if abs(row["rstudent"]) > 3.0]
    assert apart["study"] == "Series 4"
    apart["flagged"] = False
    said = " ".join(bias.influence(document, found).said)
    shown = f"Series 4 ({rounding.number(apart['rstudent'])})"
    assert "No series is singled out by metafor’s rule of thumb." in said
    assert f"beyond ±1.96: {shown}; by chance about 5% would be (1 of 20)." in said
    assert f"Beyond ±3, which chance alone makes of 0.3% only: {shown}." in said
    was, now = document["tau2"]["value"], apart["tau2_deleted"]
    assert all(abs(row["tau2_deleted"] - was) <= abs(now - was) for row in rows)
    variance = rounding.variance
    assert f"τ² changes most without Series 4: from {variance(was)} to {variance(now)}." in said


def test_no_outlier_is_said_to_be_none() -> None:
    """A page claims an outlier where there is none, or is silent about whether anybody looked."""
    rows = [{"study": name, "rstudent": (-1) ** i * 1.9} for i, name in enumerate(NAMES)]
    none = "No deleted (externally studentised) residual is beyond ±1.96; by chance about 5% would be (1 of 20)."
    assert bias.outliers(rows) == (none,)
    rows[3]["rstudent"] = -2.5
    assert bias.outliers(rows)[1] == "None is beyond ±3."


def _without_an_answer(flagged: bool = True) -> dict[str, Any]:
    document = copy.deepcopy(_one_apart())
    found = document["analyses"]["influence"]
    row, point = found["rows"][0], found["baujat"][0]
    for key in ("rstudent", "dffits", "cooks_distance", "covariance_ratio", "tau2_deleted"):
        row[key] = None
    row.update(flagged=flagged, reason="without it every patient had the event")
    point.update(influence=None, influence_reason="undefined on these data")
    for other in found["rows"][1:]:
        other["flagged"] = False
    return document


def test_a_series_without_a_point_is_named_under_the_plot() -> None:
    """The one series singled out is missing from Baujat's plot, which speaks of a ring that nobody finds."""
    document = _without_an_answer()
    made = baujat(document)
    assert isinstance(made, Figure)
    assert made.svg.count('class="flag"') == 0
    assert "A ring marks" not in made.caption
    assert made.caption.endswith(
        "No point: Series 1 (singled out); a point needs an answer without the series (without it every patient had "
        "the event)."
    )
    assert made.svg.count('class="dot"') == 19
    said = " ".join(bias.influence(document, document["analyses"]["influence"]).said)
    assert "Singled out because without it the model has no finite answer: Series 1." in said
    assert "No other series is singled out by metafor’s rule of thumb." in said


def test_a_plot_with_every_point_names_none_as_missing() -> None:
    """The words under a whole plot say that a series has no point, or leave its rings unexplained."""
    document = _one_apart()
    document["analyses"]["influence"]["rows"][3]["flagged"] = True
    made = baujat(document)
    assert isinstance(made, Figure)
    assert "No point" not in made.caption
    assert "A ring marks the series singled out" in made.caption


def _universe(low: float, estimate: float, high: float, **more: Any) -> dict[str, Any]:
    return {"estimate": estimate, "ci_low": low, "ci_high": high, "ci_method": "z", "model": "inverse", **more}


def _lengths(universes: list[dict[str, Any]]) -> Figure:
    document = {
        "outcome": "loss", "settings": {"measure": "MN", "model": "inverse", "reporting": "mean"},
        "analyses": {"multiverse": {"universes": universes}},
    }  # fmt: skip
    made = curve(document)
    assert isinstance(made, Figure)
    return made


def test_intervals_that_the_axis_cuts_have_arrows_and_are_counted() -> None:
    """Intervals end at the frame of the specification curve as if they were no longer."""
    wide = [_universe(-3718.0, 382.0, 4482.0, default=True), _universe(60.0, 376.0, 9000.0)]
    made = _lengths([*wide, _universe(200.0, 380.0, 560.0), _universe(210.0, 300.0, 400.0)])
    heads = re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", made.svg)
    # One of the two is cut at both ends.
    assert len(heads) == 3
    tips = sorted(float(head[3]) for head in heads)
    assert tips == [14.0, 14.0, 250.0]
    assert all(14.0 <= float(y) <= 250.0 for head in heads for y in head[1::2])
    assert "Arrows: 2 of 4 intervals run beyond the axis" in made.caption
    assert "the limits lie between −3718.00 and 9000.00." in made.caption
    assert made.caption.endswith("The interval of the answer above is one of these: −3718.00 to 4482.00.")


def test_intervals_that_fit_have_no_arrows() -> None:
    """A whole interval is drawn as one that runs on."""
    made = _lengths([_universe(200.0, 380.0, 560.0, default=True), _universe(210.0, 300.0, 400.0)])
    assert "Arrows" not in made.caption
    assert not re.search(r"M[\d. ]+L[\d. ]+L", made.svg)


@pytest.mark.parametrize(("widest", "cut"), [(0.1, 0), (40.0, 1)])
def test_a_drapery_plot_counts_the_intervals_beyond_its_sides(widest: float, cut: int) -> None:
    """A curve leaves the picture at the side, and nothing says how far its interval goes."""
    spread = [(0.1 * i, 0.1) for i in range(5)] + [(0.2, widest)]
    document = {
        "studies": [
            {"study": f"S{i}", "analysis": {"estimate": estimate, "se": se}} for i, (estimate, se) in enumerate(spread)
        ]
    }
    made = drapery(document)
    assert isinstance(made, Figure)
    assert ("beyond the sides" in made.caption) is bool(cut)
    if cut:
        reach = 0.2 + 1.96 * widest
        assert math.isclose(reach, 78.6)
        assert "1 of 6 series has a 95% interval that runs beyond the sides" in made.caption
        assert "span −78.2 to 78.6." in made.caption
