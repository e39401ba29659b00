"""Documents of other measures, and with further analyses: made by calling the mathematics on published figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from synth.meta import pool
from synth.meta.analyses.bias import bias_analysis
from synth.meta.analyses.cumulative import cumulative_analysis
from synth.meta.analyses.gosh import gosh_analysis
from synth.meta.analyses.influence import influence_analysis
from synth.meta.analyses.moderators import moderator_analysis
from synth.meta.analyses.opinions import second_opinions
from synth.meta.analyses.subgroups import subgroup_analysis
from synth.meta.choices.multiverse import pool_multiverse
from synth.meta.choices.preset_comparison import compare_presets

Json = dict[str, Any]
Data = dict[str, list[Any]]

# The thirteen trials of BCG against tuberculosis (Colditz et al., JAMA 1994;271:698-702): as in every textbook.
BCG: Data = {
    "events_1": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "total_1": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    "events_2": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "total_2": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
}
BCG_NAMES = [
    "Aronson 1948", "Ferguson 1949", "Rosenthal 1960", "Hart 1977", "Frimodt-Moller 1973", "Stein 1953",
    "Vandiviere 1973", "TPT Madras 1980", "Coetzee 1968", "Rosenthal 1961", "Comstock 1974", "Comstock 1969",
    "Comstock 1976",
]  # fmt: skip
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]
ALLOCATION = ["random"] * 4 + ["alternate"] * 2 + ["random"] * 3 + ["systematic"] * 4
MEANS: Data = {
    "mean_1": [55.0, 27.0, 64.0, 66.0, 14.0, 19.0],
    "sd_1": [47.0, 7.0, 17.0, 20.0, 8.0, 7.0],
    "n_1": [155, 31, 75, 18, 8, 57],
    "mean_2": [75.0, 29.0, 119.0, 137.0, 18.0, 18.0],
    "sd_2": [64.0, 4.0, 29.0, 48.0, 11.0, 4.0],
    "n_2": [156, 32, 71, 18, 13, 52],
}
SHARES: Data = {
    "events": [7, 3, 1, 4, 5, 9, 2, 11, 6, 3, 8, 2],
    "total": [43, 38, 26, 17, 30, 66, 19, 80, 41, 35, 52, 28],
}
YEARS = [2003, 2005, 2008, 2010, 2011, 2012, 2014, 2016, 2018, 2019, 2021, 2023]


def document(data: Data, names: list[str] | None = None, *, arms: bool = False, **settings: Any) -> Json:
    """Return a document of a pool, with everything that a page needs and no further analysis."""
    k = len(next(iter(data.values())))
    names = names or [f"Series {i + 1}" for i in range(k)]
    made = pool(data, names, **settings)
    result = made.to_dict()
    for row in result["studies"]:
        row["provenance"] = {"events_basis": "stated", "total_basis": "stated", "where": "table 2"}
        row["analysis"] = {"estimate": row.pop("analysis_estimate"), "se": row.pop("analysis_se")}
    found: Json = {
        "schema": "synth.pool/1",
        "generator": {"name": "synth", "version": "0.1.0"},
        "command": "synth pool figures.csv",
        "review": None,
        "outcome": "outcome",
        "outcome_info": {"label": "Death", "direction": "lower is better", "predicate": "died"},
        "arm": None,
        **result,
        "excluded": [],
        "sensitivity": [],
        "comparators": [],
        "inputs": [],
        "notes": list(result["notes"]),
    }
    if arms:
        found["arms"] = [{"id": "mis", "label": "Minimally invasive"}, {"id": "open", "label": "Open surgery"}]
    return found


def with_analyses(
    data: Data, names: list[str], groups: list[str], numbers: list[float], *, arms: bool = False, **settings: Any
) -> Json:
    """Return a document with every analysis that there is."""
    made = document(data, names, arms=arms, **settings)
    made["analyses"] = {
        "subgroups": asdict(subgroup_analysis(data, names, groups, variable="design", permutations=99, **settings)),
        "regression": asdict(moderator_analysis(data, names, {"year": numbers}, permutations=99, **settings)),
        "cumulative": asdict(cumulative_analysis(data, names, numbers, variable="year", **settings)),
        "influence": asdict(influence_analysis(data, names, **settings)),
        "gosh": asdict(gosh_analysis(data, names, subsets=2000, **settings)),
        "bias": asdict(bias_analysis(data, names, force=True, **settings)),
        "second_opinions": [asdict(one) for one in second_opinions(data, names, force=True, **settings)],
        "presets": asdict(compare_presets(data, names, **settings))["rows"],
        "multiverse": asdict(pool_multiverse(data, names, **settings)),
    }
    return through_json(made)


def through_json(value: Json) -> Json:
    """Pass a document through JSON, as a file would be."""
    made: Json = json.loads(json.dumps(value, allow_nan=False))
    return made


def bcg(**settings: Any) -> Json:
    """Return the trials of BCG as risk ratios, with every analysis."""
    return with_analyses(
        BCG, BCG_NAMES, ALLOCATION, [float(x) for x in LATITUDE], arms=True, **{"measure": "RR", **settings}
    )


def shares(**settings: Any) -> Json:
    """Return twelve series of proportions, with every analysis."""
    names = [f"Series {year}" for year in YEARS]
    groups = ["percutaneous", "mini-open"] * 6
    return with_analyses(SHARES, names, groups, [float(year) for year in YEARS], **settings)


def few() -> Json:
    """Return four series of proportions: too few for tests of small series, enough for second opinions."""
    data = {key: values[:4] for key, values in SHARES.items()}
    names = ["A 2001", "B 2002", "C 2003", "D 2004"]
    return with_analyses(data, names, ["x", "x", "y", "y"], [2001.0, 2002.0, 2003.0, 2004.0])


def measures() -> dict[str, Json]:
    """Return a document for each measure and model, without further analyses."""
    rates = {"events": [12, 5, 30, 8], "time": [1200.0, 640.5, 2100.0, 910.0]}
    two_rates = {
        "events_1": [12, 5, 30], "time_1": [1200.0, 640.0, 2100.0],
        "events_2": [20, 9, 41], "time_2": [1180.0, 700.0, 2050.0],
    }  # fmt: skip
    means = {"mean": [12.4, 11.8, 14.1], "sd": [3.1, 2.8, 4.0], "n": [40, 25, 60]}
    correlations = {"r": [0.31, 0.12, 0.55], "n": [40, 66, 31]}
    generic = {"estimate": [-0.5, 0.2, -0.1], "se": [0.2, 0.3, 0.25]}
    made = {}
    for name in ("OR", "RR", "RD", "AS", "PETO"):
        made[name] = document(BCG, BCG_NAMES, arms=True, measure=name)
    made["mh"] = document(BCG, BCG_NAMES, arms=True, measure="OR", model="mh")
    for name in ("IR", "IRLN", "IRS", "IRFT"):
        made[name] = document(rates, measure=name)
    for name in ("IRR", "IRD", "IRSD"):
        made[name] = document(two_rates, arms=True, measure=name)
    for name in ("MN", "MNLN"):
        made[name] = document(means, measure=name)
    for name in ("MD", "SMD", "SMDH", "SMD1", "ROM", "VR", "CVR"):
        made[name] = document(MEANS, arms=True, measure=name)
    for name in ("COR", "ZCOR"):
        made[name] = document(correlations, measure=name)
    made["GEN"] = document(generic, measure="GEN")
    for name in ("PLN", "PRAW", "PAS", "PFT"):
        made[name] = document(SHARES, measure=name)
    for name in ("beta-binomial", "bayes", "inverse"):
        made[name] = document(SHARES, model=name)
    return {name: through_json(value) for name, value in made.items()}
