"""What the codes in a document's settings are called in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import plain

MEASURES = {
    "PLOGIT": "logit",
    "PLN": "log",
    "PRAW": "untransformed proportion",
    "PAS": "arcsine square root",
    "PFT": "Freeman–Tukey double arcsine",
    "IR": "untransformed rate",
    "IRLN": "log rate",
    "IRS": "square root of the rate",
    "IRFT": "Freeman–Tukey rate",
    "OR": "log odds ratio",
    "RR": "log risk ratio",
    "RD": "risk difference",
    "AS": "arcsine difference",
    "PETO": "Peto log odds ratio",
    "IRR": "log rate ratio",
    "IRD": "rate difference",
    "IRSD": "difference of root rates",
    "MN": "untransformed mean",
    "MNLN": "log mean",
    "MD": "mean difference",
    "SMD": "standardised mean difference (Hedges’s g)",
    "SMDH": "standardised mean difference for unequal variances",
    "SMD1": "standardised mean difference (Glass’s delta)",
    "ROM": "log ratio of means",
    "VR": "log variability ratio",
    "CVR": "log ratio of coefficients of variation",
    "COR": "untransformed correlation",
    "ZCOR": "Fisher’s z",
    "GEN": "scale of the estimates given",
}
TAU2 = {
    "ML": "maximum likelihood",
    "REML": "restricted maximum likelihood",
    "DL": "DerSimonian–Laird",
    "PM": "Paule–Mandel",
    "EB": "empirical Bayes",
    "SJ": "Sidik–Jonkman",
    "HS": "Hunter–Schmidt",
    "HE": "Hedges",
    "HSk": "Hunter–Schmidt with the small-sample correction",
    "PMM": "Paule–Mandel at the median of Q",
}
INTERVALS = {
    "t": "t distribution (k − 1)",
    "wald": "Wald (normal)",
    "profile": "profile likelihood",
    "exact": "exact binomial (Clopper–Pearson)",
    "clopper-pearson": "exact binomial (Clopper–Pearson)",
    "hksj": "Hartung–Knapp–Sidik–Jonkman, unmodified",
    "hksj-adhoc": "Hartung–Knapp–Sidik–Jonkman with the ad hoc floor",
    "q-profile": "Q-profile",
    "wilson": "Wilson score",
    "wilson-corrected": "Wilson score with continuity correction",
    "agresti-coull": "Agresti–Coull",
    "jeffreys": "Jeffreys",
    "mid-p": "mid-P",
    "hts": "t distribution (k − 2)",
    "normal": "the normal distribution",
    "bootstrap": "a bootstrap that takes in how uncertain τ² is",
    "credible": "central credible interval",
    "posterior predictive": "the posterior predictive distribution",
}
MODELS = {
    "glmm": "binomial–normal model",
    "glmm-um-fs": "mixed model, fixed study levels",
    "glmm-cm-el": "exact conditional mixed model",
    "glmm-cm-al": "approximate conditional mixed model",
    "inverse": "inverse-variance model",
    "mh": "Mantel–Haenszel method",
    "peto": "Peto’s method",
    "beta-binomial": "beta-binomial model",
    "bayes": "Bayesian binomial–normal model",
}
EFFECTS = {"random": "random effects", "common": "a common effect"}


def _look_up(table: dict[str, str], code: Any) -> str:
    folded = str(code or "").lower().replace("_", "-")
    for key, name in table.items():
        if key.lower() == folded:
            return name
    return plain.visible(code)


def look_up(table: Mapping[str, tuple[str, ...]], code: Any) -> tuple[str, ...]:
    """Find what belongs to a code, whatever its case; nothing where it is not known.

    Examples
    --------
    >>> look_up({"HSk": ("brannick2019",)}, "hsk"), look_up({}, "new")
    (('brannick2019',), ())
    """
    folded = str(code or "").lower()
    return next((found for key, found in table.items() if key.lower() == folded), ())


def measure_name(code: Any) -> str:
    """Name an effect measure.

    Examples
    --------
    >>> measure_name("PLOGIT"), measure_name("NEW")
    ('logit', 'NEW')
    """
    return _look_up(MEASURES, code)


def model_name(code: Any, measure: Any = None) -> str:
    """Name a way of pooling; of rates the mixed model is Poisson's.

    Examples
    --------
    >>> model_name("mh"), model_name("glmm"), model_name("glmm", "IRLN")
    ('Mantel–Haenszel method', 'binomial–normal model', 'Poisson–normal model')
    """
    return "Poisson–normal model" if code == "glmm" and measure in {"IRLN", "IRR"} else _look_up(MODELS, code)


def effects_name(code: Any) -> str:
    """Name what is assumed of the true figures.

    Examples
    --------
    >>> effects_name("random")
    'random effects'
    """
    return _look_up(EFFECTS, code)


def tau2_name(code: Any) -> str:
    """Name an estimator of tau2.

    Examples
    --------
    >>> tau2_name("REML")
    'restricted maximum likelihood'
    """
    return _look_up(TAU2, code)


def ci_name(code: Any) -> str:
    """Name an interval method.

    Examples
    --------
    >>> ci_name("profile"), ci_name("Q_profile")
    ('profile likelihood', 'Q-profile')
    """
    return _look_up(INTERVALS, code)


def name_of(code: Any) -> str:
    """Return a method's name as the document gives it, fit to stand in brackets.

    Examples
    --------
    >>> name_of("Wald-type.")
    'Wald-type'
    """
    return plain.clause(code)


def i2_source(code: Any) -> str:
    """Say what I2 was worked out from.

    Examples
    --------
    >>> i2_source("from tau2"), i2_source("tau2"), i2_source("Q")
    ('worked out from τ²', 'worked out from τ²', 'worked out from Q')
    """
    named = plain.clause(code).replace("tau2", "τ²")
    if named.lower() in {"from τ²", "τ²"}:
        return "worked out from τ²"
    if named.lower() in {"from q", "q"}:
        return "worked out from Q"
    return f"worked out {named}" if named.lower().startswith("from ") else named
