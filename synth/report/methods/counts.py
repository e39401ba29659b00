"""Sentences on mixed models of the counts of two arms, and of rates, for the methods paragraph."""

from __future__ import annotations

from typing import NamedTuple

from ..words import quantity
from ..words.reading import Document, get, text

_BOTH = ("stijnen2010", "jackson2018")
_MODELS = {
    ("OR", "glmm"): "a binomial–normal model of both arms: their log odds are the level of the series plus and minus "
    "half its effect, level and effect both normal between series",
    ("IRR", "glmm"): "a Poisson–normal model of both arms: their log rates are the level of the series plus and minus "
    "half its effect, level and effect both normal between series",
    ("IRLN", "glmm"): "a Poisson–normal model of the events over person-time",
    ("OR", "glmm-um-fs"): "a mixed logistic model of both arms in which each series has a level of its own",
    ("IRR", "glmm-um-fs"): "a mixed Poisson model of both arms in which each series has a level of its own",
    ("OR", "glmm-cm-el"): "the exact conditional model: the events of one arm given those of both are noncentral "
    "hypergeometric, with a normal log odds ratio",
    ("IRR", "glmm-cm-el"): "the exact conditional model: the events of one arm given those of both are binomial, with "
    "a normal log rate ratio",
    ("OR", "glmm-cm-al"): "the approximate conditional model for rare events: the events of one arm given those of "
    "both are taken as binomial, with a normal log odds ratio",
}


class Said(NamedTuple):
    """A sentence and the keys of the references it cites."""

    text: str
    keys: tuple[str, ...]


def is_mixed(document: Document) -> bool:
    """Tell whether the pool is by a mixed model of anything but the proportions of one arm.

    Examples
    --------
    >>> is_mixed({"settings": {"model": "glmm", "measure": "OR"}}), is_mixed({"settings": {"model": "glmm"}})
    (True, False)
    """
    settings = get(document, "settings")
    return (text(settings, "measure"), text(settings, "model")) in _MODELS


def model(document: Document) -> Said:
    r"""Say which model was fitted; or, where an effect is 0 or infinite in every series, that none was.

    Examples
    --------
    >>> settings = {"model": "glmm", "measure": "IRLN", "reporting": "rate"}
    >>> print(model({"k": 3, "settings": settings}).text.replace(", fitted", "\nfitted"))
    Series were pooled with a Poisson–normal model of the events over person-time
    fitted by maximum likelihood without continuity correction; the true rate may differ from series to series.
    """
    settings = get(document, "settings")
    name = quantity.of(document).name
    if get(document, "pooled", "ci_method") == "exact" and (get(document, "k") or 0) > 1:
        if text(settings, "measure") == "IRLN":
            return Said("No event was seen, so no model was fitted: the person-time of all series was added up.", ())
        at = "0" if get(document, "pooled", "reporting", "estimate") == 0 else "infinite"
        return Said(
            f"The {name} is {at} in every series, because an arm has no events or nothing else: no model was fitted.",
            (),
        )
    common = get(settings, "effects") == "common"
    assumed = f"one true {name} is assumed for all series" if common else (
        f"the true {name} may differ from series to series"
    )  # fmt: skip
    measure = text(settings, "measure")
    said = _MODELS[measure, text(settings, "model")]
    keys = ("stijnen2010",) if measure == "IRLN" else _BOTH
    return Said(
        f"Series were pooled with {said}, fitted by maximum likelihood without continuity correction; {assumed}.", keys
    )


def exact_interval(document: Document) -> Said | None:
    """Say what the exact interval of a rate, or of two arms, is; ``None`` for a proportion.

    Examples
    --------
    >>> exact_interval({"settings": {"reporting": "rate"}}).keys, exact_interval({})
    (('garwood1936',), None)
    """
    shown = quantity.of(document)
    start = "The confidence interval of the pooled figure is"
    if shown.name == "rate":
        return Said(f"{start} the exact one of the Poisson distribution, of the sum: no model stands behind it.",
                    ("garwood1936",))  # fmt: skip
    if shown.kind != "ratio":
        return None
    return Said(
        f"{start} an exact conditional one, given the events of both arms of every series, which are taken to share "
        f"one {shown.name}.",
        (),
    )
