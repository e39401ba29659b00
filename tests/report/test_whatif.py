"""What if series were left out: the table that the page looks answers up in, its controls, and its script."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from synth import meta
from synth.meta.results import Part
from synth.report.figures.axis import Axis
from synth.report.outcome import scripts
from synth.report.outcome.document import build
from synth.report.whatif import block, script
from synth.report.whatif.strip import diamond
from synth.report.whatif.table import LAST, LETTERS, NOWHERE, Shown, decode, encode, place, width
from synth.report.words import quantity, rounding
from synth.steps.whatif import which, with_what_if

from .factory import HOSTILE

Json = dict[str, Any]
INFO = {"label": "Death", "definition": None, "time_point": None, "direction": "neutral", "predicate": "died"}
COUNTS = {"events": [7, 3, 0, 5, 12], "total": [43, 38, 17, 30, 51]}
TABLES = {
    "events_1": [4, 6, 0, 17, 3], "total_1": [123, 306, 33, 169, 40],
    "events_2": [11, 29, 1, 30, 9], "total_2": [139, 303, 30, 170, 41],
}  # fmt: skip
MEANS = {
    "mean_1": [91.0, 102.5, 88.0, 120.0], "sd_1": [20.0, 31.0, 18.0, 44.0], "n_1": [30, 22, 41, 19],
    "mean_2": [120.0, 133.0, 99.0, 155.0], "sd_2": [33.0, 35.0, 22.0, 51.0], "n_2": [28, 25, 40, 20],
}  # fmt: skip
CASES = {
    "glmm": (COUNTS, {}),
    "glmm profile": (COUNTS, {"ci_method": "profile"}),
    "glmm common": (COUNTS, {"effects": "common"}),
    "glmm 90%": (COUNTS, {"level": 0.9}),
    "inverse": (COUNTS, {"model": "inverse"}),
    "inverse arcsine": (COUNTS, {"measure": "PAS", "ci_method": "hksj"}),
    "Freeman-Tukey": (COUNTS, {"measure": "PFT"}),
    "odds ratio": (TABLES, {"ci_method": "profile"}),
    "Mantel-Haenszel": (TABLES, {"measure": "RR", "model": "mh"}),
    "Peto": (TABLES, {"measure": "PETO"}),
    "conditional": (TABLES, {"model": "glmm-cm-al"}),
    "mean difference": (MEANS, {}),
}


def made(data: Json, names: list[str] | None = None, **settings: Any) -> Json:
    """Pool some data and return the document with its answers for subsets."""
    k = len(next(iter(data.values())))
    result = meta.pool(data, names or [f"Study {i}" for i in range(1, k + 1)], **settings)
    document = build(
        outcome="death", outcome_info=INFO, arm=None, result=result, provenance=[{}] * result.k,
        descriptors=[None] * result.k,
    )  # fmt: skip
    return with_what_if(document, settings)


def chosen(data: Json, keep: tuple[int, ...], names: list[str]) -> tuple[Json, list[str]]:
    """Return the columns and labels of some studies."""
    return {name: [values[i] for i in keep] for name, values in data.items()}, [names[i] for i in keep]


@pytest.mark.parametrize("case", CASES)
def test_every_subset_is_the_engines_own_pool(case: str) -> None:
    """A reader who ticks studies off sees another answer than a pool of the ticked studies gives."""
    data, settings = CASES[case]
    document = made(data, **settings)
    shown, rows = quantity.of(document), decode(document["what_if"])
    names = [study["study"] for study in document["studies"]]
    k = len(names)
    assert document["what_if"]["held"] == "subsets"
    assert len(rows) == document["what_if"]["count"] == 2**k - 1
    usable = {name: [study["data"][name] for study in document["studies"]] for name in document["studies"][0]["data"]}
    for number, row in enumerate(rows, start=1):
        keep = tuple(i for i in range(k) if number >> i & 1)
        some, labels = chosen(usable, keep, names)
        alone = meta.pool(some, labels, leave_one_out=False, **settings).pooled.reporting
        expected = tuple(shown.text(value) for value in (alone.estimate, alone.ci_low, alone.ci_high))
        assert (row.estimate, row.low, row.high) == expected, f"studies {keep}"


def test_rows_without_one_study_agree_with_the_table() -> None:
    """What the controls say without one study is not what the leave-one-out table beside them says."""
    document = made(COUNTS)
    rows, k = decode(document["what_if"]), document["k"]
    for i, row in enumerate(document["leave_one_out"]):
        found = rows[((2**k - 1) ^ (1 << i)) - 1]
        assert (found.estimate, found.low, found.high) == tuple(
            rounding.percent(row[name]) for name in ("estimate", "ci_low", "ci_high")
        )


def many(k: int) -> Json:
    """Return counts of k series, made by rule."""
    return {"events": [1 + i * 7 % 11 for i in range(k)], "total": [30 + i * 13 % 50 for i in range(k)]}


def test_above_twelve_one_and_two_are_left_out() -> None:
    """With more than twelve series the answers without one or two stand where the script does not look for them."""
    data = many(14)
    document = made(data)
    found, k = document["what_if"], 14
    rows = decode(found)
    assert (found["held"], len(rows)) == ("two", 1 + 14 + 91)
    pooled = document["pooled"]["reporting"]
    assert rows[0].estimate == rounding.percent(pooled["estimate"])
    names = [study["study"] for study in document["studies"]]
    for i, j in [(0, 1), (0, 13), (5, 9), (12, 13)]:
        keep = tuple(x for x in range(k) if x not in (i, j))
        alone = meta.pool(*chosen(data, keep, names), leave_one_out=False).pooled.reporting
        row = rows[k + 1 + i * (2 * k - i - 1) // 2 + (j - i - 1)]
        assert (row.estimate, row.low) == (rounding.percent(alone.estimate), rounding.percent(alone.ci_low))
    order = [k + 1 + i * (2 * k - i - 1) // 2 + (j - i - 1) for i, j in combinations(range(k), 2)]
    assert order == list(range(k + 1, len(rows)))


def test_slow_models_hold_what_was_made_anyway() -> None:
    """A model that is computed anew each time keeps a reader waiting, or leaves him without the answers there are."""
    document = made({"events": [3, 1, 4, 2], "total": [20, 22, 31, 18]}, model="beta-binomial")
    found = document["what_if"]
    rows = decode(found)
    assert found["held"] == "one"
    assert "beta-binomial" in found["said"]
    for row, omitted in zip(rows[1:], document["leave_one_out"], strict=True):
        assert row.estimate == rounding.percent(omitted["estimate"])


@pytest.mark.parametrize(
    ("k", "model", "measure", "held"),
    [
        (2, "glmm", "PLOGIT", "subsets"), (12, "glmm", "PLOGIT", "subsets"), (12, "inverse", "MD", "subsets"),
        (12, "peto", "PETO", "subsets"), (13, "glmm", "PLOGIT", "two"), (61, "glmm", "PLOGIT", "two"),
        (62, "glmm", "PLOGIT", "one"), (99, "inverse", "PLOGIT", "two"),
        (100, "inverse", "PLOGIT", "one"), (12, "glmm-um-fs", "OR", "two"), (5, "glmm", "OR", "subsets"),
        (7, "glmm", "OR", "two"), (12, "glmm", "OR", "one"), (3, "bayes", "PLOGIT", "one"),
    ],
)  # fmt: skip
def test_what_is_held(k: int, model: str, measure: str, held: str) -> None:
    """The rule of what is pooled beforehand lets a page grow without bound, or leaves out what it could hold."""
    assert which(k, model, measure) == held


def test_one_study_has_nothing_to_leave_out() -> None:
    """A page of one series offers to leave it out."""
    document = made({"events": [3], "total": [20]})
    assert document["what_if"] is None
    assert document["what_if_reason"] == "one study: nothing is left without it"
    assert block(document) is None


def test_no_leave_one_out_no_what_if() -> None:
    """Somebody who asked for no leave-one-out pays for thousands of them."""
    result = meta.pool(COUNTS, leave_one_out=False)
    document = build(
        outcome="x", outcome_info=INFO, arm=None, result=result, provenance=[{}] * 5, descriptors=[None] * 5
    )
    assert with_what_if(document, {})["what_if"] is None
    assert document["what_if_reason"] == "no answer without a study was made: not asked for"


def test_undefined_subsets_say_why() -> None:
    """A subset without an answer shows a number, or nothing at all."""
    document = made({"events": [0, 5, 3], "total": [9, 5, 20]})
    rows = decode(document["what_if"])
    separated = rows[0b011 - 1]
    assert (separated.estimate, separated.low, separated.high) == ("–", "–", "–")
    assert separated.places == (NOWHERE,) * 3
    assert separated.note.startswith("Every study has either no events or only events")
    zero = rows[0b001 - 1]
    assert (zero.estimate, zero.low) == ("0%", "0%")
    assert "No patient had the event" in zero.note


def test_places_are_those_of_the_figures() -> None:
    """The diamond lies elsewhere than its estimate on the axis under it."""
    document = made(COUNTS)
    found = document["what_if"]
    axis = found["axis"]
    whole = decode(found)[-1]
    shown = document["pooled"]["reporting"]
    for at, value in zip(whole.places, (shown["estimate"], shown["ci_low"], shown["ci_high"]), strict=True):
        exact = LAST * (value - axis["low"]) / (axis["high"] - axis["low"])
        assert abs(at - exact) <= 0.5
    html = str(block(document).html)  # type: ignore[union-attr]
    assert f'class="now" id="what-if-diamond" points="{diamond(whole.places)}"' in html
    assert f'class="ghost" points="{diamond(whole.places)}"' in html


def test_size_of_twelve_series() -> None:
    """The answers of 4,095 subsets take more of the page than they may."""
    document = made(many(12))
    found = document["what_if"]
    size = len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
    assert found["count"] == 4095
    assert size < 70_000
    assert len(found["rows"]) == 4095 * width(found)
    assert set(found["rows"]) <= set(LETTERS)


def test_numbers_of_three_letters() -> None:
    """With more texts than two letters can number, rows are read at the wrong places."""
    rng = np.random.default_rng(1)
    values = rng.uniform(0.0, 1e6, 5000)
    parts = [Part(2, float(v), float(v) - 1.0, float(v) + 1.0, "t", None, None) for v in values]
    document = {"settings": {"reporting": "mean"}, "pooled": {"ci_method": "t"}}
    found = encode(document, parts)
    assert found["digits"] == [3, 1]
    shown = quantity.of(document)
    assert [row.estimate for row in decode(found)] == [shown.text(float(v)) for v in values]


def test_cut_off_rows_are_refused() -> None:
    """A document that lost its end gives wrong answers."""
    found = made(COUNTS)["what_if"]
    with pytest.raises(ValueError, match="cut off"):
        decode({**found, "rows": found["rows"][:-1]})


def test_an_axis_that_ends_short_says_so() -> None:
    """A limit beyond the axis looks as if it lay at its end."""
    document = made({"events": [0, 2, 6], "total": [3, 300, 700]})
    rows = decode(document["what_if"])
    assert rows[0].places[2] == LAST
    html = str(block(document).html)  # type: ignore[union-attr]
    assert re.search(r'id="what-if-above" points="[^"]+" visibility="hidden"', html)


def test_same_bytes() -> None:
    """The same studies give other bytes."""
    assert made(COUNTS)["what_if"] == made(COUNTS)["what_if"]
    assert block(made(COUNTS)) == block(made(COUNTS))


def test_hostile_names_are_text() -> None:
    """A study's name becomes markup of the controls."""
    k = len(HOSTILE)
    document = made(many(k), names=HOSTILE)
    html = str(block(document).html)  # type: ignore[union-attr]
    assert html.count("<script") == html.count("<img") == html.count("<b>") == 0
    assert html.count('<input type="checkbox" checked') == k
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "\ud800" not in html


def test_controls_wait_for_the_script() -> None:
    """A reader without scripts sees boxes that do nothing."""
    html = str(block(made(COUNTS)).html)  # type: ignore[union-attr]
    outside, controls = html.split('<div id="what-if-live" hidden', 1)
    assert "<input" not in outside
    assert "<button" not in outside
    assert "table of answers without one series" in outside
    assert 'aria-live="polite"' in controls
    assert controls.count("<fieldset") == controls.count("<legend") == 1
    assert controls.count("<label>") == controls.count("<input") == 5


def test_script_may_run_by_its_digest() -> None:
    """The page's script does not match its digest, or needs more than a strict policy allows."""
    part = block(made(COUNTS))
    assert part is not None
    assert part.script == script()
    code = scripts.script(copies=True, what_if=part.script)
    digest = b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert scripts.allowed(code) == f"; script-src 'sha256-{digest}'"
    for word in ("eval", "innerHTML", "Function(", "fetch", "XMLHttp", "http", "document.write", "</script", "Math."):
        assert word not in code, word
    assert not re.search(r"\son[a-z]+=", str(part.html))
    assert f'"{LETTERS}"' in part.script
    assert f"last = {LAST};" in part.script
    assert f"nowhere = {NOWHERE}," in part.script
    assert len(part.script) < 4000


def test_place_of_what_is_no_number() -> None:
    """An undefined figure gets a place on the axis."""
    axis = Axis(0.1, 10.0, (), 0.0, float(LAST), log=True)
    assert [place(axis, value) for value in (None, 0.05, 11.0, 1.0)] == [NOWHERE, 0, LAST, LAST // 2]


def test_row_is_frozen_text() -> None:
    """A row of the table is something else than the texts that a page shows."""
    row = decode(made(COUNTS)["what_if"])[-1]
    assert isinstance(row, Shown)
    assert row.note == ""
