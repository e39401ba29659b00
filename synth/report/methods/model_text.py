"""By which model studies were pooled, as the methods section of a manuscript says it."""

from __future__ import annotations

from ..words import quantity
from ..words.reading import Document, get, has_zero_cell, is_added_up, items, text
from . import sources
from .draft import Said

_PROPORTION_SCALES = {
    "PLOGIT": "after logit transformation",
    "PLN": "after logarithmic transformation",
    "PRAW": "without transformation",
    "PAS": "after arcsine square-root transformation",
    "PFT": "after Freeman–Tukey double arcsine transformation",
}
_EFFECTS = {
    "OR": "Log odds ratios",
    "RR": "Log risk ratios",
    "RD": "Risk differences",
    "AS": "Differences of arcsine-transformed proportions",
    "PETO": "Log odds ratios by Peto’s one-step formula",
    "IR": "Incidence rates",
    "IRLN": "Log incidence rates",
    "IRS": "Square roots of incidence rates",
    "IRFT": "Freeman–Tukey-transformed incidence rates",
    "IRR": "Log rate ratios",
    "IRD": "Rate differences",
    "IRSD": "Differences of square roots of rates",
    "MN": "Means",
    "MNLN": "Log means",
    "MD": "Mean differences",
    "SMD": "Standardised mean differences (Hedges’s g)",
    "SMDH": "Standardised mean differences for unequal variances",
    "SMD1": "Standardised mean differences by the second arm’s deviation (Glass’s delta)",
    "ROM": "Log ratios of means",
    "VR": "Log variability ratios",
    "CVR": "Log ratios of coefficients of variation",
    "COR": "Correlation coefficients",
    "ZCOR": "Correlation coefficients on Fisher’s z scale",
    "GEN": "The estimates that the studies give",
}
_BACK = {
    "PLOGIT", "PLN", "PAS", "PFT", "OR", "RR", "PETO", "IRLN", "IRS", "IRFT", "IRR", "MNLN", "ROM", "VR", "CVR", "ZCOR",
}  # fmt: skip
_INTEGRAL = (
    "the likelihood was integrated over the random {what} numerically (trapezoidal rule, to rounding error) and "
    "maximised by Newton’s method"
)
_MIXED = {
    ("PLOGIT", "glmm"): (
        "a random-intercept logistic model (binomial–normal generalised linear mixed model): the events of a study are "
        "binomial given its own logit, and the logits are normal around their mean",
        "intercept",
    ),
    ("IRLN", "glmm"): (
        "a random-intercept Poisson model (Poisson–normal generalised linear mixed model): the events of a study are "
        "Poisson given its own rate and person-time, and the log rates are normal around their mean",
        "intercept",
    ),
    ("OR", "glmm"): (
        "a mixed-effects logistic model of both arms with random study levels: the log odds of the arms are the level "
        "of the study plus and minus half its log odds ratio, and level and log odds ratio are normal between studies",
        "effects",
    ),
    ("IRR", "glmm"): (
        "a mixed-effects Poisson model of both arms with random study levels: the log rates of the arms are the level "
        "of the study plus and minus half its log rate ratio, and level and log rate ratio are normal between studies",
        "effects",
    ),
    ("OR", "glmm-um-fs"): (
        "a mixed-effects logistic model of both arms with a fixed level for each study and normal log odds ratios",
        "effects",
    ),
    ("IRR", "glmm-um-fs"): (
        "a mixed-effects Poisson model of both arms with a fixed level for each study and normal log rate ratios",
        "effects",
    ),
    ("OR", "glmm-cm-el"): (
        "the exact conditional mixed model: given the events of both arms together, those of one arm are noncentral "
        "hypergeometric, with normal log odds ratios",
        "effects",
    ),
    ("IRR", "glmm-cm-el"): (
        "the exact conditional mixed model: given the events of both arms together, those of one arm are binomial, "
        "with normal log rate ratios",
        "effects",
    ),
    ("OR", "glmm-cm-al"): (
        "the approximate conditional mixed model for rare events: given the events of both arms together, those of one "
        "arm are taken as binomial, with normal log odds ratios",
        "effects",
    ),
}


def code(document: Document, *path: str) -> str:
    """Return a word of the settings as the tables spell it."""
    return text(document, *path).lower().replace("_", "-")


def is_common(document: Document) -> bool:
    """Tell whether one true value is assumed for all studies."""
    return text(document, "settings", "effects") == "common"


def model(document: Document) -> list[Said]:
    """Say how studies were pooled; or, where nothing was pooled, or no model was fitted, that."""
    k = get(document, "k") or 0
    shown = quantity.of(document)
    if k == 1:
        return [Said(f"One study was eligible, so its own {shown.name} is given and nothing was pooled.")]
    measure, name = text(document, "settings", "measure"), code(document, "settings", "model")
    if is_added_up(document):
        return [_added_up(document)]
    if (measure, name) in _MIXED:
        return _mixed(document, measure, name)
    said = {
        "bayes": _bayes,
        "beta-binomial": _beta_binomial,
        "mh": _counts,
        "peto": _counts,
    }.get(name, _inverse)(document)
    return [*said, *_zero_cells(document)]


def _added_up(document: Document) -> Said:
    none = get(document, "pooled", "reporting", "estimate") == 0
    what = "person-time" if text(document, "settings", "reporting") == "rate" else "patients"
    verb = "was" if what == "person-time" else "were"
    who = "No event was observed in any study" if none else "Every patient of each study had the event"
    return Said(f"{who}, so no model was fitted: the {what} of all studies {verb} added up.")


def _mixed(document: Document, measure: str, name: str) -> list[Said]:
    said, what = _MIXED[measure, name]
    shown = quantity.of(document)
    keys = {"PLOGIT": sources.MODELS["glmm"], "IRLN": ("stijnen2010",)}.get(measure, ("stijnen2010", "jackson2018"))
    if get(document, "pooled", "ci_method") == "exact":
        if measure in {"PLOGIT", "IRLN"}:
            added = "whose counts were added up without continuity correction"
            return [Said(f"One common {shown.name} was assumed for all studies, {added}.")]
        end = "0" if get(document, "pooled", "reporting", "estimate") == 0 else "infinite"
        return [
            Said(
                f"The {shown.name} is {end} in every study, because an arm has no events or nothing else, so no model "
                "was fitted."
            )
        ]
    if is_common(document):
        plain_model = "logistic" if measure in {"PLOGIT", "OR"} else "Poisson"
        without = f"a {plain_model} model" if name == "glmm" or name == "glmm-um-fs" else said.split(" mixed model")[0]
        without = without if without.endswith("model") else f"{without} model"
        return [
            Said(
                f"Studies were pooled with {without}, under the assumption of one common {shown.name} for all studies; "
                "it was fitted by maximum likelihood to the counts themselves, without continuity correction.",
                keys,
            )
        ]
    second = (
        f"The model was fitted by maximum likelihood to the counts themselves, without continuity correction; "
        f"{_INTEGRAL.format(what=what)}."
    )
    middle = {
        "PLOGIT": "The pooled proportion is the back-transformed mean logit, the proportion of the median study.",
        "IRLN": "The pooled rate is the exponential of the mean log rate, the rate of the median study.",
    }.get(measure, f"The pooled {shown.name} is the exponential of its mean on the log scale.")
    return [Said(f"Studies were pooled with {said}.", keys), Said(second), Said(middle)]


def _bayes(document: Document) -> list[Said]:
    prior = "The prior of the between-study standard deviation on the logit scale was half-normal with scale 0.5"
    inside = 0 < (get(document, "events") or 0) < (get(document, "total") or 0)
    flat = "; that of the mean logit was flat" if inside else "; the median study’s proportion had a uniform prior"
    return [
        Said(
            "Studies were pooled with a Bayesian binomial–normal model: the events of a study are binomial given its "
            "own logit, and the logits are normal around their mean (after the normal–normal model of Röver, but "
            "with binomial likelihoods).",
            sources.MODELS["bayes"],
        ),
        Said(f"{prior}{flat}."),
        Said("The posterior was worked out by deterministic quadrature, and the pooled proportion is its median."),
    ]


def _beta_binomial(document: Document) -> list[Said]:
    return [
        Said(
            "Studies were pooled with a beta-binomial model, in which the proportions of studies follow a beta "
            "distribution; it was fitted by maximum likelihood without continuity correction.",
            sources.MODELS["beta-binomial"],
        )
    ]


def _counts(document: Document) -> list[Said]:
    name, shown = code(document, "settings", "model"), quantity.of(document)
    how = "the Mantel–Haenszel method" if name == "mh" else "Peto’s one-step method"
    what = "odds ratios" if name == "peto" else f"{shown.name}s"
    return [
        Said(
            f"Study {what} were pooled by {how}, which assumes one common {shown.name} for all studies.",
            sources.MODELS[name],
        )
    ]


def _inverse(document: Document) -> list[Said]:
    measure, shown = text(document, "settings", "measure"), quantity.of(document)
    keys = sources.MEASURES.get(measure, ())
    dl = sources.MODELS["inverse"] if measure != "GEN" else ()
    start = _EFFECTS.get(measure) or f"Proportions, {_PROPORTION_SCALES.get(measure, 'as given')},"
    if measure in _PROPORTION_SCALES:
        start = f"Proportions were pooled {_PROPORTION_SCALES[measure]}"
    else:
        start = f"{start} were pooled"
    if is_common(document):
        how = "by the inverse-variance method with a common-effect model"
    else:
        how = "by the inverse-variance method with a random-effects model"
    said = [Said(f"{start} {how}.", tuple(dict.fromkeys((*keys, *(() if is_common(document) else dl)))))]
    if measure in _BACK:
        back = "were transformed back for presentation"
        said.append(Said(f"The pooled {shown.name} and its limits {back}."))
    if measure in {"PFT", "IRFT"}:
        size = "person-time" if measure == "IRFT" else "study sizes"
        said[-1] = Said(
            f"The pooled {shown.name} and its limits were transformed back at the harmonic mean of the {size}, which "
            "can mislead where studies differ much in size.",
            ("schwarzer2019",),
        )
    return said


def _zero_cells(document: Document) -> list[Said]:
    policy = code(document, "settings", "zero_cells")
    if policy not in sources.ZERO_CELLS:
        return []
    studies = items(document, "studies")
    if policy != "all" and not any(map(has_zero_cell, studies)):
        return []
    where, keys = sources.ZERO_CELLS[policy]
    where = where.replace("series", "study")
    amount = "1" if policy == "treatment-arm" else "0.5"
    timed = any("time" in name for study in studies for name in get(study, "data") or {})
    cells = "the number of events" if timed else "the numbers with and without the event"
    return [Said(f"A continuity correction of {amount} was added to {cells} {where}.", keys)]
