"""The sections on further analyses that a document holds, in the order of the page, and the papers they rest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..methods.sentences import Cited
from ..words.reading import Document, get, items
from . import bias as section_bias
from . import choices as section_choices
from . import gosh as section_gosh
from . import groups as section_groups
from .model import Section

_Maker = Callable[[Document, Any], Section]

MAKERS: dict[str, _Maker] = {
    "second_opinions": section_choices.second_opinions,
    "subgroups": section_groups.subgroups,
    "regression": section_groups.regression,
    "cumulative": section_groups.cumulative,
    "influence": section_bias.influence,
    "gosh": section_gosh.gosh,
    "bias": section_bias.bias,
    "presets": section_choices.presets,
    "multiverse": section_choices.multiverse,
}


def sections(document: Document) -> tuple[Section, ...]:
    """Return a section for each analysis that was asked for or given.

    Parameters
    ----------
    document : mapping
        A pooled document; ``analyses`` may be missing, and each key in it null.

    Examples
    --------
    >>> sections({}), sections({"analyses": {"bias": None, "bias_reason": "not asked for"}})
    ((), ())
    >>> [one.id for one in sections({"analyses": {"bias": {"k": 2, "reason": "two studies"}}})]
    ['bias']
    """
    found = get(document, "analyses")
    made = []
    for key, make in MAKERS.items():
        if given := get(found, key):
            made.append(make(document, given))
        if key == "subgroups":
            for number, one in enumerate(items(found, "more_subgroups"), start=2):
                made.append(section_groups.subgroups(document, one, number))
    return tuple(made)


def cited(document: Document) -> list[Cited]:
    """Return how each analysis was done, with its papers."""
    found = get(document, "analyses")
    said: list[Cited] = []
    opinions = {get(one, "model") for one in items(found, "second_opinions")}
    if "beta-binomial" in opinions:
        said.append(
            Cited("A second opinion is by the beta-binomial model, fitted by maximum likelihood.", ("kuss2015",))
        )
    if "bayes" in opinions:
        said.append(
            Cited(
                "Another is by a Bayesian binomial–normal model; its figures are the median and central quantiles of "
                "the posterior distribution.",
                ("rover2020",),
            )
        )
    if get(found, "subgroups"):
        said.append(Cited("Groups were pooled apart and compared by a test between them.", ("higgins2002",)))
    if get(found, "regression"):
        said.append(Cited("Moderators were looked at by meta-regression.", ("thompson2002",)))
    permuted = [get(found, "subgroups", "permutation_p"), get(found, "regression", "qm_permutation_p")]
    if any(p is not None for p in permuted):
        said.append(
            Cited("The tests were repeated with the series rearranged by chance (permutation).", ("higgins2004",))
        )
    if get(found, "cumulative"):
        said.append(Cited("In the cumulative analysis series were added one at a time.", ("lau1992",)))
    if get(found, "influence"):
        said.append(
            Cited("Influence was measured by leaving out each series in turn.", ("viechtbauer2010", "baujat2002"))
        )
    if get(found, "gosh", "pooled"):
        said.append(Cited("Subsets of the series were pooled to see how the answers spread (GOSH).", ("olkin2012",)))
    said += _bias(get(found, "bias"))
    if get(found, "multiverse"):
        said.append(
            Cited("All reasonable combinations of methods were worked through (multiverse).", ("voracek2019",))
        )
    return said


def _bias(found: Any) -> list[Cited]:
    if not items(found, "tests"):
        return [Cited("Small-study effects were not tested: fewer than ten series.", ("sterne2011",))] if found else []
    names = " ".join(str(get(test, "name")) for test in items(found, "tests"))
    keys = ["sterne2011"]
    keys += [key for word, key in (("Egger", "egger1997"), ("Begg", "begg1994")) if word in names]
    if get(found, "trim_and_fill"):
        keys.append("duval2000")
    if get(found, "lfk"):
        keys.append("furuya2018")
    if get(found, "funnel"):
        keys.append("hunter2014" if get(found, "funnel", "axis") == "size" else "peters2008")
    return [Cited("Small-study effects were looked for by the tests that suit the measure.", tuple(keys))]
