"""Certainty of the evidence by GRADE's domains: suggested from the numbers, judged by the reviewers."""

from __future__ import annotations

from collections.abc import Mapping

from ..words import quantity, rounding
from ..words.phrases import pooled_reporting
from ..words.reading import Document, get, items, text
from .domains import inconsistency, indirectness, publication_bias, risk_of_bias
from .imprecision import imprecision
from .model import DOMAINS, UPGRADES, Certainty, Domain, Judged, Suggestion

__all__ = ["Certainty", "Domain", "Judged", "Suggestion", "suggest"]

LARGE, VERY_LARGE = 2.0, 5.0
"""Relative risks, or their inverse, from which an effect is large and very large (Guyatt et al. 2011, guidelines 9)."""

UNKNOWN = ("estimate", "correlation")
"""What is reported of these does not say whether it is of one arm or of two."""


def suggest(
    document: Document,
    *,
    judged: Mapping[str, Judged] | None = None,
) -> Certainty:
    """Rate the certainty of a pooled answer, domain by domain.

    Parameters
    ----------
    document : mapping
        A pooled document.
    judged : mapping of Judged, optional
        The reviewers' judgements by the name of a domain, of ``start`` or of an upgrade; each goes before its
        suggestion.

    Returns
    -------
    Certainty

    Notes
    -----
    What evidence of one arm says is rated as evidence about prognosis, which begins high (Iorio et al. 2015); what it
    says of two arms that were not randomised begins low (Balshem et al. 2011), or high where ROBINS-I takes care of
    confounding within risk of bias (Schünemann et al. 2019).

    Examples
    --------
    >>> pooled = {"reporting": {"estimate": 0.16, "ci_low": 0.07, "ci_high": 0.31}}
    >>> found = suggest({"k": 1, "total": 43, "pooled": pooled})
    >>> found.level, found.words.partition("; ")[2]
    ('moderate', 'what is known leaves moderate at most.')
    """
    own = judged or {}
    suggestions = {
        "risk_of_bias": risk_of_bias(document),
        "inconsistency": inconsistency(document),
        "indirectness": indirectness(document),
        "imprecision": imprecision(document),
        "publication_bias": publication_bias(document),
    }
    start = Domain("start", "Starting level", _start(document), own.get("start"))
    return Certainty(
        about=about(document),
        start=start,
        domains=tuple(Domain(id, label, suggestions[id], own.get(id)) for id, label in DOMAINS.items()),
        upgrades=tuple(
            Domain(id, label, _upgrade(id, document), own.get(id))
            for id, label in UPGRADES.items()
            if id in own or (id == "large_effect" and quantity.of(document).kind == "ratio")
        ),
    )


def about(document: Document) -> str:
    """Say what is rated.

    Examples
    --------
    >>> about({})
    'Rated is how sure the figure is for patients like these, not what the treatment does: one arm compares nothing.'
    """
    shown = quantity.of(document)
    if shown.name in UNKNOWN:
        return f"Rated is how sure the {shown.name} is; whether it tells of one arm or compares two is not on file."
    if shown.null is not None:
        return "Rated is how sure the effect is."
    return (
        "Rated is how sure the figure is for patients like these, not what the treatment does: one arm compares "
        "nothing."
    )


def randomised(document: Document) -> bool:
    """Tell whether every study is on file as a randomised trial.

    Examples
    --------
    >>> randomised({"studies": [{"descriptors": {"design": "Randomised trial"}}]}), randomised({"studies": []})
    (True, False)
    >>> randomised({"studies": [{"descriptors": {"design": "non-randomised comparison"}}]})
    False
    """
    designs = [text(study, "descriptors", "design").casefold() for study in items(document, "studies")]
    return bool(designs) and all(
        ("randomis" in design or "randomiz" in design or design == "rct") and not _NOT.intersection(design.split())
        and "non-random" not in design and "nonrandom" not in design and "quasi" not in design
        for design in designs
    )  # fmt: skip


_NOT = {"not", "without", "non"}


def _start(document: Document) -> Suggestion:
    if quantity.of(document).null is None:
        return Suggestion(
            "high",
            "A rate or a mean in one arm is evidence about prognosis, which begins high; what series lack lowers it "
            "under risk of bias.",
            {},
            ("iorio2015",),
        )
    if randomised(document):
        return Suggestion("high", "Every study is on file as a randomised trial.", {}, ("balshem2011",))
    if _all_by_robins(document):
        return Suggestion(
            "high",
            "Studies that were not randomised begin high where ROBINS-I judges their confounding under risk of bias.",
            {},
            ("schunemann2019",),
        )
    if (name := quantity.of(document).name) in UNKNOWN:
        return Suggestion(
            None,
            f"What the {name}s tell of, one arm, two arms or something else, is not on file, so that nobody but their "
            "readers can say where they begin.",
            {},
            ("balshem2011",),
        )
    return Suggestion(
        "low", "The studies are not all on file as randomised, so that the comparison begins low.", {}, ("balshem2011",)
    )


def _all_by_robins(document: Document) -> bool:
    instruments = items(document, "risk_of_bias", "instruments")
    return any(get(each, "id") == "robins-i" and not items(each, "not_judged") for each in instruments)


def _upgrade(id: str, document: Document) -> Suggestion:
    if id != "large_effect":
        return Suggestion(None, "No number on file says so.")
    estimate, _, _ = pooled_reporting(document)
    if estimate is None:
        return Suggestion(None, "There is no estimate.")
    shown = quantity.of(document)
    size = max(estimate, 1.0 / estimate) if estimate > 0.0 else float("inf")
    word = "very large" if size > VERY_LARGE else "large" if size > LARGE else "no"
    caution = (
        " An odds ratio overstates the relative risk where events are frequent." if shown.name == "odds ratio" else ""
    )
    said = (
        f"The {shown.name} is {shown.text(estimate)}; beyond {rounding.ratio(LARGE)} (or {rounding.ratio(1 / LARGE)}) "
        f"an effect is large, beyond {rounding.ratio(VERY_LARGE)} (or {rounding.ratio(1 / VERY_LARGE)}) very large. It "
        f"is noted and not counted: reviewers raise a level.{caution}"
    )
    return Suggestion(word, said, {"estimate": estimate}, ("guyatt2011upgrading",))
