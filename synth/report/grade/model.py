"""What a rating of certainty holds: a suggestion and a judgement for each domain, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

LEVELS: Final = ("very low", "low", "moderate", "high")
"""From little to much certainty."""
DOWN: Final = {
    "not serious": 0, "serious": 1, "very serious": 2, "extremely serious": 3, "undetected": 0, "strongly suspected": 1,
}  # fmt: skip
"""How many levels each judgement takes off; the last two are those of publication bias."""
UP: Final = {"no": 0, "yes": 1, "large": 1, "very large": 2}
"""How many levels each judgement puts on."""
DOMAINS: Final = {
    "risk_of_bias": "Risk of bias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "Publication bias",
}
UPGRADES: Final = {
    "large_effect": "Large effect",
    "dose_response": "Dose-response gradient",
    "opposing_confounding": "Confounding that would hide the effect",
}


@dataclass(frozen=True)
class Suggestion:
    """What the numbers on file speak for.

    Parameters
    ----------
    judgement : str or None
        A word of :data:`DOWN` (of :data:`LEVELS` for the start); ``None`` where numbers cannot say.
    why : str
        The rule and what it found, in sentences with rounded numbers.
    numbers : mapping of str to number
        What the rule looked at, at full precision.
    sources : tuple of str
        Keys of the papers that the rule goes back to.
    """

    judgement: str | None
    why: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What the reviewers judged, and why."""

    judgement: str
    reason: str


@dataclass(frozen=True)
class Domain:
    """One domain with its suggestion and, where there is one, the reviewers' judgement, which goes before it."""

    id: str
    label: str
    suggested: Suggestion
    judged: Judged | None = None

    @property
    def used(self) -> str | None:
        """The judgement that counts."""
        return self.judged.judgement if self.judged else self.suggested.judgement

    def to_dict(self) -> Json:
        """Give it as plain data: a null has its reason beside it."""
        out: Json = {
            "id": self.id,
            "label": self.label,
            "suggestion": {
                "judgement": self.suggested.judgement, "why": self.suggested.why,
                "numbers": dict(self.suggested.numbers), "sources": list(self.suggested.sources),
            },
            "judged": None,
            "used": self.used,
        }  # fmt: skip
        if self.suggested.judgement is None:
            out["suggestion"]["judgement_reason"] = self.suggested.why
        if self.judged is None:
            out["judged_reason"] = "review.toml has no judgement of it"
        else:
            out["judged"] = {"judgement": self.judged.judgement, "reason": self.judged.reason}
        if self.used is None:
            out["used_reason"] = "nobody has judged it, and numbers cannot say"
        return out


@dataclass(frozen=True)
class Certainty:
    """The certainty of one answer.

    Parameters
    ----------
    about : str
        What is rated, in a sentence: a rate among patients like these, or an effect.
    start : Domain
        The level that evidence of this design begins at; with neither suggestion nor judgement where that is unknown.
    domains : tuple of Domain
        In the order of :data:`DOMAINS`.
    upgrades : tuple of Domain
        In the order of :data:`UPGRADES`. What numbers speak for is noted and not counted: only reviewers raise a level.
    """

    about: str
    start: Domain
    domains: tuple[Domain, ...]
    upgrades: tuple[Domain, ...] = ()

    @property
    def open(self) -> tuple[str, ...]:
        """Labels of the start and the domains that have neither a judgement nor a suggestion."""
        return tuple(each.label for each in (self.start, *self.domains) if each.used is None)

    @property
    def by(self) -> str:
        """Whose it is: "suggestion", "reviewers" (who judged every domain) or "both"."""
        judged = sum(domain.judged is not None for domain in self.domains)
        return "suggestion" if not judged else "reviewers" if judged == len(self.domains) else "both"

    @property
    def level(self) -> str:
        """What the judgements that count come to; the highest that is possible while a domain is open."""
        return self._level(judged=True)

    @property
    def suggested_level(self) -> str:
        """What the suggestions alone come to."""
        return self._level(judged=False)

    def _level(self, *, judged: bool) -> str:
        start = self.start.used if judged else self.start.suggested.judgement
        at = LEVELS.index(start or LEVELS[-1])  # nobody knows where it begins: the highest that is possible
        for domain in self.domains:
            word = domain.used if judged else domain.suggested.judgement
            at -= DOWN[word] if word else 0
        if judged:
            at += sum(UP[each.judged.judgement] for each in self.upgrades if each.judged)
        return LEVELS[min(max(at, 0), len(LEVELS) - 1)]

    @property
    def words(self) -> str:
        """The certainty in a sentence, as it stands beside the answer."""
        start = "Certainty of the evidence"
        if self.by == "reviewers" and not self.open:
            return f"{start}, as the reviewers judge it: {self.level}."
        if self.open and self.level != LEVELS[0]:
            unknown = _joined([label.lower() for label in self.open])
            known = f"what is known leaves {self.level} at most"
            if self.level == LEVELS[-1] and self.by != "reviewers" and self.start.used in (None, LEVELS[-1]):
                known = "the other domains take nothing off"
            return f"{start}: not rated yet, because nobody has judged {unknown}; {known}."
        told = "suggested from the numbers" if self.by == "suggestion" else "judged by the reviewers in part"
        return f"{start} ({told}): {self.level}."

    def to_dict(self) -> Json:
        """Give it as plain data, as ``certainty`` of a document."""
        return {
            "about": self.about,
            "level": self.level,
            "at_most": bool(self.open) and self.level != LEVELS[0],
            "suggested_level": self.suggested_level,
            "by": self.by,
            "words": self.words,
            "start": self.start.to_dict(),
            "domains": [domain.to_dict() for domain in self.domains],
            "upgrades": [upgrade.to_dict() for upgrade in self.upgrades],
        }


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
