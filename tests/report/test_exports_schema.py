"""The JSON Schema: every document that synth makes fits it, and what is wrong in a document is caught."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import NoAnswer
from synth.report.exports.schema import schema
from synth.report.exports.shape import problem
from synth.steps.pool import PoolOptions

from ..conftest import ROOT
from ..steps.test_nulls import OPTIONS, TABLES
from . import factory_analyses

FILE = ROOT / "docs" / "schema" / "synth.pool-1.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(FILE.read_text("utf-8")))
EVERYTHING: dict[str, Any] = {
    "influence": True, "gosh": True, "gosh_subsets": 60, "bias_force": True, "second_opinions": True,
    "compare_presets": True, "multiverse": True,
}  # fmt: skip
RATES = {"events": [12, 5, 30, 8], "time": [1200.0, 640.5, 2100.0, 910.0]}
TWO_RATES = {
    "events_1": [12, 5, 30], "time_1": [1200.0, 640.0, 2100.0], "events_2": [20, 9, 41],
    "time_2": [1180.0, 700.0, 2050.0],
}  # fmt: skip
MEANS = {"mean": [12.4, 11.8, 14.1], "sd": [3.1, 2.8, 4.0], "n": [40, 25, 60]}
CORRELATIONS = {"r": [0.31, 0.12, 0.55], "n": [40, 66, 31]}
GENERIC = {"estimate": [-0.5, 0.2, -0.1], "se": [0.2, 0.3, 0.25]}
BCG, SHARES, TWO_MEANS = factory_analyses.BCG, factory_analyses.SHARES, factory_analyses.MEANS
OF: dict[str, tuple[dict[str, list[Any]], tuple[str, ...]]] = {
    "two arms": (BCG, ("OR", "RR", "RD", "AS", "PETO")),
    "rates": (RATES, ("IR", "IRLN", "IRS", "IRFT")),
    "two rates": (TWO_RATES, ("IRR", "IRD", "IRSD")),
    "means": (MEANS, ("MN", "MNLN")),
    "two means": (TWO_MEANS, ("MD", "SMD", "SMDH", "SMD1", "ROM", "VR", "CVR")),
    "correlations": (CORRELATIONS, ("COR", "ZCOR")),
    "estimates": (GENERIC, ("GEN",)),
    "shares": (SHARES, ("PLOGIT", "PLN", "PRAW", "PAS", "PFT")),
}
MODELS = [
    (SHARES, {"model": "beta-binomial"}), (SHARES, {"model": "bayes"}),
    (SHARES, {"model": "inverse", "tau2_ci": "profile"}),
    (SHARES, {"model": "inverse", "prediction": "bootstrap"}), (SHARES, {"preset": "revman5", "measure": "PAS"}),
    (BCG, {"measure": "OR", "model": "mh"}), (BCG, {"measure": "RR", "model": "mh"}),
    (BCG, {"measure": "OR", "model": "glmm"}),
    (BCG, {"measure": "OR", "model": "glmm-um-fs"}), (BCG, {"measure": "OR", "model": "glmm-cm-al"}),
    (TWO_RATES, {"measure": "IRR", "model": "glmm"}), (RATES, {"measure": "IRLN", "model": "glmm"}),
    (SHARES, {"ci_method": "profile", "level": 0.9}), (SHARES, {"effects": "common", "leave_one_out": False}),
]  # fmt: skip


def pooled(folder: Path, data: dict[str, list[Any]], **options: Any) -> dict[str, Any]:
    """Pool a table as a person would, with a column to group by and one to order by."""
    k = len(next(iter(data.values())))
    more = {"design": ["a", "b"] * k, "year": list(range(2000, 2000 + k))}
    columns = {"study": [f"Study {i}" for i in range(k)], **data, **more}
    rows = zip(*(values[:k] for values in columns.values()), strict=True)
    path = folder / "figures.csv"
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows), ""]), "utf-8")
    made = synth.pool_figures(path, options=PoolOptions(**options)).to_dict()
    again: dict[str, Any] = json.loads(json.dumps(made, allow_nan=False))
    return again


def misfits(document: dict[str, Any]) -> list[str]:
    """List what jsonschema finds, and hold synth's own reader of the schema to the same verdict."""
    found = [f"{'.'.join(map(str, each.absolute_path))}: {each.message}" for each in VALIDATOR.iter_errors(document)]
    assert bool(found) == (problem(document) is not None), problem(document)
    return found


def test_it_is_a_schema() -> None:
    """The file is no valid JSON Schema of draft 2020-12, or another one than the program has."""
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(FILE.read_text("utf-8")) == schema()


@pytest.mark.parametrize("kind", OF)
def test_every_measure(kind: str, tmp_path: Path) -> None:
    """A document of some measure has a name, a type or a null that the schema does not know."""
    data, measures = OF[kind]
    for measure in measures:
        assert misfits(pooled(tmp_path, data, measure=measure)) == [], measure


@pytest.mark.parametrize(("data", "options"), MODELS, ids=[" ".join(map(str, each[1].values())) for each in MODELS])
def test_every_model(data: dict[str, list[Any]], options: dict[str, Any], tmp_path: Path) -> None:
    """A document of some model or option does not fit the schema."""
    assert misfits(pooled(tmp_path, data, **options)) == []


@pytest.mark.parametrize("options", OPTIONS[:5], ids=lambda options: " ".join(options.flags()) or "default")
@pytest.mark.parametrize("table", TABLES)
def test_data_with_gaps(table: str, options: PoolOptions, tmp_path: Path) -> None:
    """A value that is undefined for few studies, no events or only events does not fit the schema."""
    events, total = TABLES[table]
    try:
        made = pooled(tmp_path, {"events": events, "total": total}, **{**vars(options), "quick": True})
    except NoAnswer:
        return
    assert misfits(made) == []


@pytest.mark.parametrize(("data", "measure"), [(SHARES, "PLOGIT"), (BCG, "RR"), (TWO_MEANS, "SMD")])
def test_every_analysis(data: dict[str, list[Any]], measure: str, tmp_path: Path) -> None:
    """A document with every analysis does not fit the schema, or the analyses were not there to be looked at."""
    more = {name: each for name, each in EVERYTHING.items() if name != "second_opinions" or measure == "PLOGIT"}
    made = pooled(tmp_path, data, measure=measure, by="design", cumulative="year", moderators=("year",), **more)
    missing = [name for name, each in made["analyses"].items() if each is None]
    assert set(missing) <= {"second_opinions", "more_subgroups"}
    assert misfits(made) == []


def test_the_shipped_review() -> None:
    """The review that ships, with its arms, sources and comparators, does not fit the schema."""
    for made in synth.open_review(ROOT).pool_all().values():
        assert misfits(json.loads(json.dumps(made.to_dict()))) == [], made.to_dict()["outcome"]
    compared = synth.open_review(ROOT).pool("operating_time_min", compare=("mis", "open")).to_dict()
    assert misfits(json.loads(json.dumps(compared))) == []


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One document that fits."""
    return pooled(tmp_path_factory.mktemp("good"), SHARES, by="design", cumulative="year", quick=True)


def change(where: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Make a function that puts another value somewhere in a document; ``...`` takes it out."""

    def apply(document: dict[str, Any]) -> None:
        *way, last = (int(part) if part.isdigit() else part for part in where.split("."))
        place: Any = document
        for part in way:
            place = place[part]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return apply


WRONG = {
    "another schema": change("schema", "synth.pool/2"),
    "no pooled": change("pooled", ...),
    "a number as text": change("studies.0.estimate", "0.16"),
    "a share of 16": change("studies.0.weight", 16.0),
    "I2 in per cent": change("heterogeneity.i2", 46.1),
    "a count of 1.5": change("k", 1.5),
    "a count below 0": change("events", -1),
    "a truth for a number": change("pooled.estimate", True),
    "a misspelt name": change("pooled.estimte", 0.1),
    "a name at the top": change("patients", []),
    "a null without a reason": change("pooled.se", None),
    "a reason of nothing": change("pooled.estimate_reason", "why"),
    "an empty reason": change("arms_reason", ""),
    "a measure that is none": change("settings.measure", "PLOGIT2"),
    "a level of 95": change("settings.level", 95),
    "a digest that is none": change("inputs.0.sha256", "ab12"),
    "a row without its reason": change("excluded", [{"study": "A", "arm": "x"}]),
    "an object for a list": change("studies", {}),
    "a list for an object": change("tau2", []),
    "a null in reporting": change("pooled.reporting.estimate", None),
    "an analysis that is text": change("analyses.cumulative", "made"),
    "a negative variance": change("tau2.tau", -1),
    "a p-value of 5": change("heterogeneity.p_value", 5),
    "one arm in a comparison": change("arms", [{"id": "a", "label": "A"}]),
    "a group without its number": change("analyses.subgroups.groups.0.k", ...),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_caught(name: str, good: dict[str, Any]) -> None:
    """The schema lets a wrong document pass."""
    assert misfits(good) == []
    broken = copy.deepcopy(good)
    if name == "one arm in a comparison":
        del broken["arms_reason"]
    WRONG[name](broken)
    assert misfits(broken) != []


def test_a_newer_document_may_have_more(good: dict[str, Any]) -> None:
    """A page of a later version cannot be exported because it holds one name more, or any nonsense can."""
    newer = copy.deepcopy(good)
    newer["novelty"] = {"x": 1}
    newer["settings"]["model"] = "model-of-tomorrow"
    assert problem(newer) is not None
    assert problem(newer, lenient=True) is None
    newer["studies"][0]["estimate"] = "0.1"
    assert problem(newer, lenient=True) == "studies[0].estimate is no number"


places = st.lists(st.integers(0, 60), min_size=1, max_size=5)
values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 200), st.floats(-2, 200, allow_nan=False), st.just(""), st.just("x"),
    st.just([]), st.just({}),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(way=places, value=values)
def test_synth_reads_the_schema_as_jsonschema_does(way: list[int], value: Any, good: dict[str, Any]) -> None:
    """Synth's own reader of the schema, which guards ``synth export``, is laxer or stricter than the standard's."""
    broken = copy.deepcopy(good)
    place: Any = broken
    for number in way:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = keys[number % len(keys)]
        if number == way[-1] or not isinstance(place[key], dict | list) or not place[key]:
            place[key] = value
            break
        place = place[key]
    assert VALIDATOR.is_valid(broken) == (problem(broken) is None)
