"""The methods paragraph: sentences made from the settings that were used, each with the papers it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from ..words import plain, quantity
from ..words.names import ci_name, look_up, measure_name, model_name, tau2_name
from ..words.phrases import EXACT, joined, on_degrees
from ..words.reading import Document, get, has_zero_cell, is_added_up, items, level, text, whole
from ..words.sentences import prediction_basis
from . import counts as methods_counts
from . import sources


@dataclass(frozen=True)
class Cited:
    """A sentence and the keys of the references it cites."""

    text: str
    keys: tuple[str, ...] = ()


_CI = {
    "profile": "The confidence interval of the pooled figure holds the values that the profile likelihood does not "
    "reject",
    "wald": "The confidence interval of the pooled figure is the Wald interval with the normal quantile",
    "hksj": "The confidence interval of the pooled figure is that of Hartung, Knapp, Sidik and Jonkman, unmodified",
    "hksj-adhoc": "The confidence interval of the pooled figure is that of Hartung, Knapp, Sidik and Jonkman, never "
    "narrower than the ordinary one (ad hoc floor)",
    "exact": "The confidence interval of the pooled figure is the exact binomial one",
    "clopper-pearson": "The confidence interval of the pooled figure is the exact binomial one",
    "credible": "The interval of the pooled figure is a central credible interval, of the posterior distribution",
}


def _code(document: Document, *path: str) -> str:
    return text(document, *path).lower().replace("_", "-")


def _model(document: Document) -> Cited:
    settings = get(document, "settings")
    if methods_counts.is_mixed(document):
        return Cited(*methods_counts.model(document))
    if is_added_up(document):
        who = "No patient" if get(document, "pooled", "reporting", "estimate") == 0 else "Every patient"
        return Cited(f"{who} had the event, so no model was fitted: the patients of all series were added up.")
    common = get(settings, "effects") == "common"
    model = _code(document, "settings", "model")
    keys = sources.MODELS.get(model, ())
    assumed = "one true {0} is assumed for all series" if common else "the true {0} may differ from series to series"
    if model == "glmm":
        return Cited(
            "Series were pooled with a binomial–normal model on the logit scale, fitted by maximum likelihood "
            f"without continuity correction; {assumed.format('proportion')}.",
            keys,
        )
    if model == "bayes":
        return Cited(
            "Series were pooled with a Bayesian binomial–normal model on the logit scale, without continuity "
            f"correction; {assumed.format('proportion')}. The figure is the median of the posterior distribution.",
            keys,
        )
    if model == "beta-binomial":
        return Cited(
            "Series were pooled with a beta-binomial model, fitted by maximum likelihood without continuity "
            "correction; the true proportion of a series comes from a beta distribution.",
            keys,
        )
    scale = measure_name(get(settings, "measure"))
    if model in {"mh", "peto"}:
        what = scale if model == "peto" else quantity.of(document).name
        return Cited(
            f"Series were pooled by {model_name(model)}, from the counts themselves ({what}); one true effect is "
            "assumed for all series.",
            keys,
        )
    effects = "a common effect" if common else "random effects"
    said = f"Series were pooled by inverse variance with {effects}, on the {scale}"
    said += "" if scale.startswith("scale") else " scale"
    keys = () if common else keys if get(settings, "tau2_method") == "DL" else ()
    measure = text(settings, "measure")
    if measure in {"PFT", "IRFT"}:
        said += "; the way back from this scale can mislead where series differ in size"
    return Cited(f"{said}.", tuple(dict.fromkeys((*keys, *sources.MEASURES.get(measure, ())))))


def _zero_cells(document: Document) -> Cited | None:
    """Say what was added to zero cells, where any series had one or all were added to."""
    policy = _code(document, "settings", "zero-cells") or text(document, "settings", "zero_cells")
    if policy not in sources.ZERO_CELLS:
        return None
    studies = items(document, "studies")
    if policy != "all" and not any(map(has_zero_cell, studies)):
        return None
    where, keys = sources.ZERO_CELLS[policy]
    amount = "1" if policy == "treatment-arm" else "1/2"
    cells = "the number of events" if any("time" in name for s in studies for name in get(s, "data") or {}) else (
        "the numbers with and without the event"
    )  # fmt: skip
    return Cited(
        f"To work on this scale at all, {amount} was added to {cells} {where}; where events are few this moves the "
        "pooled figure.",
        keys,
    )


def _tau2(document: Document) -> list[Cited]:
    said = []
    method = get(document, "tau2", "method") or get(document, "settings", "tau2_method")
    if get(document, "tau2", "value") is None:
        if get(document, "settings", "effects") != "common":
            why = plain.clause(get(document, "tau2", "reason"))
            said.append(Cited(f"The variance between series (τ²) was not estimated{f': {why}' if why else ''}."))
        return said
    if get(document, "settings", "effects") != "common" and method:
        keys = () if text(document, "settings", "model").startswith("glmm") else look_up(sources.TAU2, method)
        said.append(Cited(f"The variance between series (τ²) was estimated by {tau2_name(method)}.", keys))
    how = _code(document, "tau2", "ci_method")
    if get(document, "tau2", "ci_low") is not None and how:
        cited = ("viechtbauer2007",) if "q-profile" in how else ("hardy1996",) if "profile" in how else ()
        said.append(Cited(f"Its interval is by {ci_name(how)}.", cited))
    if get(document, "tau2", "test", "p_value") is not None:
        said.append(
            Cited(
                "The test of τ² = 0 is a likelihood-ratio test; since τ² cannot be negative its p-value comes "
                "from a mixture.",
                ("self1987",),
            )
            if "likelihood" in text(document, "tau2", "test", "method")
            else Cited("τ² = 0 was tested.")
        )
    return said


def _interval(document: Document) -> Cited | None:
    code = _code(document, "pooled", "ci_method") or _code(document, "settings", "ci_method")
    if not code or get(document, "pooled", "reporting", "ci_low") is None:
        return None
    if code == "t":
        degrees = on_degrees(get(document, "pooled", "df"))
        return Cited(
            f"The confidence interval of the pooled figure uses the t distribution{degrees}.",
            sources.INTERVALS["t"],
        )
    if code == "exact" and (exact := methods_counts.exact_interval(document)):
        return Cited(*exact)
    said = _CI.get(code, f"The confidence interval of the pooled figure is by {ci_name(code)}")
    if code == "exact" and is_added_up(document):
        said += ", of the sum: no model stands behind it"
    # What a likelihood or a credible interval is, the model's own papers say; the Wald interval needs none here.
    return Cited(f"{said}.", () if code == "wald" else sources.INTERVALS.get(code, ()))


def _prediction(document: Document) -> Cited | None:
    if get(document, "prediction", "reporting", "ci_low") is None:
        return None
    older = whole(get(document, "prediction", "df")) == (get(document, "k") or 0) - 2
    how = prediction_basis(document) or "the method of the model"
    said = f"The prediction interval, where the true figure of a new hospital is expected, uses {how}"
    if text(document, "prediction", "method") == "bootstrap":
        return Cited(f"{said}.", sources.PREDICTIONS["bootstrap"])
    return Cited(f"{said}.", ("higgins2009",) if older else ("higgins2009", "veroniki2019"))


def _study_interval(code: str) -> str:
    return "exact Poisson (Garwood)" if code == "exact" else ci_name(code)


def _study_keys(document: Document, code: str) -> tuple[str, ...]:
    if code == "exact":
        return ("garwood1936",)
    return sources.STUDY_INTERVALS.get(code, ())


def _weights(document: Document) -> Cited | None:
    if all(get(study, "weight") is None for study in items(document, "studies")):
        return None
    if is_added_up(document):
        return Cited("Weights are each series' share of the patients; they add up to 100%.")
    return Cited(
        "Weights are the share of the information on the pooled figure that each series brings; they add up to 100%.",
        ("riley2018",) if methods_counts.is_mixed(document) else (),
    )


def _comparators(document: Document) -> Cited | None:
    """Say what was done with the other arms, where there is anything to show of them."""
    counts = [get(block, "k") or 0 for block in items(document, "comparators") if items(block, "studies")]
    if not counts:
        return None
    if max(counts) == 1:
        said = "A comparator arm with one series is shown with that series' own figure, as context"
    elif min(counts) == 1:
        said = "Comparator arms with more than one series were pooled apart, with the same settings, as context"
    else:
        said = "Comparator arms were pooled apart, with the same settings, as context"
    exact = [
        text(block, "arm", "label") or text(block, "arm", "id") or "another arm"
        for block in items(document, "comparators")
        if (get(block, "k") or 0) > 1 and get(block, "pooled", "ci_method") in EXACT
        and get(block, "tau2", "value") is None
    ]  # fmt: skip
    if exact and len(exact) == sum(k > 1 for k in counts):
        said = said.replace(" were pooled apart, with the same settings, as context", " are shown apart, as context")
    if exact:
        every = len(exact) == sum(k > 1 for k in counts)
        said += (
            f"{', and' if every else ', but'} for {joined(exact)} no model could be fitted, as no patient or every "
            "patient had the event: the patients were added up, and the interval is the exact one of the sum"
        )
    return Cited(f"{said}; no difference between arms was estimated.")


def _q(how: str, own: str) -> Cited:
    if "likelihood" in how.lower():
        return Cited(f"Q is the likelihood-ratio statistic against the model in which every series has its own {own}.")
    if "cochran" in how.lower():
        return Cited("Q is Cochran's statistic with inverse-variance weights.", ("cochran1954",))
    return Cited(f"Q is the statistic of this method: {how}." if how else "Q is the statistic named with its value.")


def methods(document: Document) -> list[Cited]:
    """Return the methods as sentences, in the order a methods section has them.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    list of Cited
        Only methods that were used; a single series has no pooling to describe.

    Examples
    --------
    >>> methods({"k": 1, "settings": {"study_ci_method": "wilson"}})[1]
    Cited(text='Each series stands with its Wilson score 95% interval.', keys=('wilson1927',))
    """
    said: list[Cited] = []
    pooled = (get(document, "k") or 0) > 1
    said.append(
        _model(document) if pooled else Cited("There is one series: its own figure is given, and nothing was pooled.")
    )
    corrected = _zero_cells(document)
    if corrected and pooled:
        said.append(corrected)
    if pooled:
        said += _tau2(document)
    interval = _interval(document)
    if interval and pooled:
        said.append(interval)
    study_ci = _code(document, "settings", "study_ci_method")
    if study_ci:
        said.append(
            Cited(
                f"Each series stands with its {_study_interval(study_ci)} {level(document)} interval.",
                _study_keys(document, study_ci),
            )
        )
    weights = _weights(document)
    if weights and pooled:
        said.append(weights)
    prediction = _prediction(document)
    if prediction and pooled:
        said.append(prediction)
    if get(document, "heterogeneity", "i2") is not None:
        said.append(Cited("I² and H² follow Higgins and Thompson.", ("higgins2002",)))
    if get(document, "heterogeneity", "q") is not None:
        said.append(_q(text(document, "heterogeneity", "q_method"), quantity.of(document).name))
    beside = _comparators(document)
    return [*said, beside] if beside else said
