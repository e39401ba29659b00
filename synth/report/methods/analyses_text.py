"""How the analyses beside the pool were made, for a manuscript: each only where the document holds its result."""

from __future__ import annotations

import re
from typing import Any

from ..words import plain
from ..words.names import model_name
from ..words.phrases import joined, noun
from ..words.reading import Document, get, items, text
from . import model_text, pooling_text
from .draft import Said

_TESTS = {"Peters": "peters2006", "Harbord": "harbord2006", "Macaskill": "macaskill2001", "Deeks": "deeks2005",
          "Arcsine": "rucker2008", "Thompson": "thompson1999", "Begg": "begg1994", "Egger": "egger1997",
          "Pustejovsky": "pustejovsky2019"}  # fmt: skip
_PREDICTORS = {"year": "the year of publication", "total": "the number of patients", "size": "the size of the studies",
               "precision": "the precision of the studies"}  # fmt: skip


def variable(name: str) -> str:
    """Name a column inside a sentence.

    Examples
    --------
    >>> variable("risk_of_bias"), variable("year")
    ('risk of bias', 'year')
    """
    return plain.visible(name).replace("_", " ")


def subgroups(document: Document) -> list[Said]:
    """Say how groups were pooled and compared."""
    found = get(document, "analyses", "subgroups")
    groups = items(found, "groups")
    if len(groups) < 2:
        return []
    by = variable(text(found, "variable"))
    common = text(found, "by_tau2") == "common"
    random = not model_text.is_common(document)
    spread = (", with one τ² for all groups" if common else ", each with its own τ²") if random else ""
    said = [Said(f"Subgroups by {by} were pooled apart {_by_model(document, found)}{spread}.")]
    if get(found, "p_value") is not None:
        said.append(Said(f"They were compared by {_between(text(found, 'test'))}.", ("higgins2002",)))
    return [*said, *_permuted(found, "permutation_p")]


def _by_model(document: Document, found: Any) -> str:
    """Say by which model an analysis was made; some are by inverse variance whatever the pool is by."""
    own, main = text(found, "model"), text(document, "settings", "model")
    return "by the same model" if not own or own == main else f"by another model than the pool ({model_name(own)})"


def _between(test: str) -> str:
    if test.startswith("Q between"):
        return "Q between groups, against χ²"
    if test.startswith("Wald test"):
        return "a Wald test of equal means in one model, against χ²"
    if test.startswith("F"):
        return "an F test of equal means"
    return plain.clause(test).replace("tau2", "τ²").replace("chi-square", "χ²") or "a test between groups"


def _permuted(found: Any, key: str) -> list[Said]:
    how = text(found, "permutation")
    if get(found, key) is None or not how:
        return []
    arranged = re.match(r"[\d,]+", how)
    count = arranged.group(0).replace(",", "\u202f") if arranged else ""
    which = "drawn at random" if pooling_text.seed_of(how) is not None else "all that there are"
    return [
        Said(
            f"The test was repeated by permutation{_by_statistic(how)}, with {count} arrangements of the studies, "
            f"{which}."
            if count
            else f"The test was repeated by permutation of the studies{_by_statistic(how)}.",
            ("higgins2004",),
        )
    ]


def _by_statistic(how: str) -> str:
    """Name the statistic that was permuted, which need not be that of the test.

    Examples
    --------
    >>> _by_statistic("10 arrangements, all there are, by a coefficient, together by the likelihood ratio")
    ' of the likelihood ratio'
    >>> _by_statistic("10 arrangements, all there are, by Q between the groups"), _by_statistic("10 arrangements")
    (' of Q between the groups', '')
    """
    named = how.rpartition("together by ")[2] if "together by " in how else how.partition(", by ")[2]
    return f" of {named.replace('tau2', 'τ²')}" if named else ""


def regression(document: Document) -> list[Said]:
    """Say how moderators were looked at."""
    found = get(document, "analyses", "regression")
    if not items(found, "coefficients"):
        return []
    names = joined([variable(one) for one in items(found, "moderators")])
    model, scale = text(found, "model"), text(found, "scale")
    how = "by mixed-effects meta-regression"
    if model.startswith("glmm"):
        how = "by meta-regression in the mixed model, fitted by maximum likelihood"
    elif model_text.is_common(document):
        how = "by meta-regression without variance left between studies"
    on = f" on the {scale} scale" if scale else ""
    said = [Said(f"The association of the outcome with {names} was estimated {how}{on}.", ("thompson2002",))]
    return [*said, *_permuted(found, "qm_permutation_p")]


def sensitivity(document: Document) -> list[Said]:
    """Say which analyses show how far the answer depends on single studies and on choices."""
    found = get(document, "analyses")
    said: list[Said] = []
    if any(get(row, "estimate") is not None for row in items(document, "leave_one_out")):
        said.append(Said("The analysis was repeated without each study in turn (leave-one-out)."))
    said += _doubtful(document)
    if len(items(found, "cumulative", "rows")) > 1:
        by = text(found, "cumulative", "variable")
        order = plain.clause(get(found, "cumulative", "order"))
        ordered = f", {order}" if order else ""
        said.append(
            Said(
                f"In a cumulative analysis studies were added one at a time, in the order of "
                f"{_PREDICTORS.get(by, variable(by) or 'the table')}{ordered}.",
                ("lau1992",),
            )
        )
    if items(found, "influence", "rows"):
        said.append(
            Said(
                "The influence of each study was measured by deletion diagnostics (DFFITS, Cook’s distance, covariance "
                "ratio, hat value, and τ² and Q without the study).",
                ("viechtbauer2010",),
            )
        )
        if items(found, "influence", "baujat"):
            said.append(Said("Contributions to heterogeneity and to the result were set against each other in a "
                             "Baujat plot.", ("baujat2002",)))  # fmt: skip
    pooled = get(found, "gosh", "pooled")
    if pooled:
        which = "All" if get(found, "gosh", "exhaustive") else "A random sample of"
        number = f"{pooled:,}".replace(",", "\u202f")
        said.append(Said(f"{which} {number} subsets of two or more studies were pooled (GOSH).", ("olkin2012",)))
    said += _opinions(document)
    if items(found, "presets"):
        names = [text(row, "label") or text(row, "name") for row in items(found, "presets")]
        said.append(Said(f"The same data were pooled with the settings of other programs: {joined(names)}."))
    count = get(found, "multiverse", "count")
    if count:
        said.append(
            Said(
                f"A multiverse analysis pooled the same data in {noun(count, 'way')}: every sensible combination of "
                "measure, model, method for τ² and interval.",
                ("voracek2019",),
            )
        )
    return said


_SETS = {
    "stated_denominators": "without the studies whose denominator was worked out by the reviewers",
    "no_bounds": "without the studies whose figure is only an upper or lower bound",
    "printed_means": "without the studies whose mean was estimated from a median",
    "no_high_risk_of_bias": "without the studies at a high or critical risk of bias",
    "low_risk_of_bias": "without the studies judged to be at more than a low risk of bias",
}


def _doubtful(document: Document) -> list[Said]:
    names = []
    for row in items(document, "sensitivity"):
        if not get(row, "k") or not items(row, "omitted"):
            continue
        label = plain.clause(get(row, "label"))
        other = f"with other studies (“{label}”)" if label else "with fewer studies"
        names.append(_SETS.get(text(row, "id")) or other)
    return [Said(f"It was also repeated {joined(names)}.")] if names else []


def _opinions(document: Document) -> list[Said]:
    given = [one for one in items(document, "analyses", "second_opinions") if get(one, "estimate") is not None]
    models = [text(one, "model") for one in given]
    named = {
        "beta-binomial": ("a beta-binomial model fitted by maximum likelihood", ("kuss2015",)),
        "bayes": (
            f"a Bayesian binomial–normal model with {_bayes_priors(document)}, after the normal–normal model of Röver "
            "but with binomial likelihoods",
            ("rover2020",),
        ),
    }
    known = [named[model] for model in models if model in named]
    if not known:
        return []
    keys = tuple(key for _, cited in known for key in cited)
    return [Said(f"As a second opinion, the same data were analysed with {joined([what for what, _ in known])}.", keys)]


def _bayes_priors(document: Document) -> str:
    inside = 0 < (get(document, "events") or 0) < (get(document, "total") or 0)
    mean = "a flat prior of the mean logit" if inside else "a uniform prior of the median study’s proportion"
    return f"a half-normal prior with scale 0.5 of the between-study standard deviation on the logit scale and {mean}"


def bias(document: Document) -> list[Said]:
    """Say how small-study effects were looked for, or why they were not."""
    found = get(document, "analyses", "bias")
    if not found:
        return []
    tests = [one for one in items(found, "tests") if get(one, "p_value") is not None]
    if not tests:
        k = get(found, "k")
        if k is not None and k < 10:
            return [
                Said(
                    f"Small-study effects were not tested, because tests have too little power with fewer than ten "
                    f"studies; there {'was' if k == 1 else 'were'} {k}.",
                    ("sterne2011",),
                )
            ]
        return []
    names = [text(one, "name") for one in tests]
    keys = ["sterne2011", *dict.fromkeys(key for name in names for key in papers_of(name))]
    verb = "tests" if len(names) > 1 else "test"
    said = [
        Said(f"Small-study effects were looked for with the {verb} that {_suits(len(names))}: {joined(names)}.",
             tuple(keys))
    ]  # fmt: skip
    filled = [one for one in fillings(found) if get(one, "estimate") is not None]
    if filled:
        which = joined([text(one, "estimator") for one in filled])
        word = "estimator" if len(filled) == 1 else "estimators"
        said.append(Said(f"Trim and fill used the {word} {which}, {filling_base(document)}.", ("duval2000",)))
    if get(found, "lfk", "value") is not None:
        said.append(Said("The LFK index described the asymmetry of the Doi plot.", ("furuya2018",)))
    if items(found, "funnel", "points"):
        size = text(found, "funnel", "axis") == "size"
        said.append(
            Said("The funnel plot has the number of patients on its upright axis.", ("hunter2014",))
            if size
            else Said("The funnel plot has contours of significance.", ("peters2008",))
            if text(document, "settings", "scale") and get(document, "pooled", "test") is not None
            else Said("A funnel plot was drawn against the standard error.")
        )
    return said


def papers_of(name: str) -> tuple[str, ...]:
    """Return the keys of the papers that a test for small-study effects comes from.

    Egger's line on the arcsine scale is the test of Rücker and others, not Egger's.

    Examples
    --------
    >>> papers_of("Peters"), papers_of("Arcsine: Egger"), papers_of("Arcsine: Thompson and Sharp (REML)")
    (('peters2006',), ('rucker2008',), ('rucker2008', 'thompson1999'))
    """
    found = [key for word, key in _TESTS.items() if word in name]
    return tuple(key for key in found if not (key == "egger1997" and "rucker2008" in found))


def fillings(found: Any) -> list[Any]:
    """Return trim and fill by every estimator that the document holds, L0 first."""
    return [one for one in (get(found, "trim_and_fill"), *items(found, "trim_and_fill_others")) if one]


def filling_base(document: Document) -> str:
    """Say by which method the studies and their mirror images were pooled, which need not be the pool's.

    Examples
    --------
    >>> filling_base({"settings": {"model": "glmm", "effects": "random"}})
    'with studies and mirror images pooled by inverse variance with τ² by REML, not by the binomial–normal model'
    """
    own = text(document, "settings", "model")
    tau2 = (text(document, "settings", "tau2_method") if own == "inverse" else "") or "REML"
    spread = "with a common effect" if model_text.is_common(document) else f"with τ² by {tau2}"
    other = "" if own in {"", "inverse"} else f", not by the {model_name(own)}"
    return f"with studies and mirror images pooled by inverse variance {spread}{other}"


def _suits(count: int) -> str:
    return "suit the measure" if count > 1 else "suits the measure"
