"""What a review judges of the certainty of an outcome: ``[outcomes.NAME.certainty]`` of ``review.toml``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from .review_parts import CertaintyJudged, Judgement, visible

__all__ = ["DOMAINS", "read_certainty"]

_DOWN: Final = ("not serious", "serious", "very serious")
DOMAINS: Final = {
    "start": ("high", "moderate", "low", "very low"),
    "risk_of_bias": (*_DOWN, "extremely serious"),
    "inconsistency": _DOWN,
    "indirectness": _DOWN,
    "imprecision": (*_DOWN, "extremely serious"),
    "publication_bias": ("undetected", "strongly suspected"),
    "large_effect": ("no", "large", "very large"),
    "dose_response": ("no", "yes"),
    "opposing_confounding": ("no", "yes"),
}
"""What may be judged, with the words for it."""


class Reader(Protocol):
    """What is needed of the reader of ``review.toml``: it collects every problem."""

    def wrong(self, message: str, remedy: str) -> None:
        """Note a defect."""

    def known(self, table: dict[str, Any], names: Iterable[str], place: str) -> None:
        """Note every key that does not exist."""

    def table(self, table: dict[str, Any], key: str, place: str) -> dict[str, Any]:
        """Return a section."""

    def text(self, table: dict[str, Any], key: str, place: str, required: bool = False) -> str:
        """Return a text."""


def read_certainty(
    reader: Reader, outcome: dict[str, Any], place: str, arms: Iterable[str], primary: str
) -> CertaintyJudged | None:
    """Return what an outcome's section ``certainty`` says; None where there is none.

    Parameters
    ----------
    reader : Reader
        Is told every defect.
    outcome : dict
        The outcome's section.
    place : str
        Its name, for a problem.
    arms : iterable of str
        Ids of the review's arms.
    primary : str
        That of the primary arm.
    """
    if "certainty" not in outcome:
        return None
    given = reader.table(outcome, "certainty", place)
    place = f"{place}.certainty"
    reader.known(given, (*DOMAINS, "compared_with"), place)
    against = reader.text(given, "compared_with", place)
    known = tuple(arms)
    if against and known and (against not in known or against == primary):
        others = ", ".join(visible(arm) for arm in known if arm != primary)
        reader.wrong(
            f'{place}.compared_with names "{visible(against)}", which is no arm that the primary one is compared with.',
            f"There are: {others}." if others else "The review has one arm: leave it out.",
        )
    found = []
    for name, words in DOMAINS.items():
        if name in given:
            judged = _judgement(reader, given[name], f"{place}.{name}", words)
            if judged is not None:
                found.append((name, judged))
    return CertaintyJudged(tuple(found), against)


def _judgement(reader: Reader, value: Any, place: str, words: tuple[str, ...]) -> Judgement | None:
    example = f'Write: {place.rpartition(".")[2]} = {{ judgement = "{words[-1]}", reason = "..." }}'
    if not isinstance(value, dict):
        reader.wrong(f"{place} is no judgement with its reason.", example)
        return None
    reader.known(value, ("judgement", "reason"), place)
    judgement = " ".join(reader.text(value, "judgement", place).casefold().split())
    reason = reader.text(value, "reason", place)
    if judgement not in words:
        said = f'is "{visible(judgement)}"' if judgement else "is missing"
        there = ", ".join(f'"{word}"' for word in words)
        reader.wrong(f"{place}.judgement {said}.", f"Choose one of {there}.")
        return None
    if not reason:
        reader.wrong(f"{place}.reason is missing: a judgement without its reason cannot be checked.", example)
        return None
    return Judgement(judgement, reason)
