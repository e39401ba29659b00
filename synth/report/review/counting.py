"""From the logs of searches, the counts that people wrote and the sheets to the boxes of the flow diagram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..words.phrases import joined, noun
from .flow import IDENTIFICATION, SCREENING, Box, Check, Column, Count, Flow, Step

__all__ = ["Chased", "Searched", "build"]

LOGS = "the logs of the searches"
TOML = "review.toml, [screening]"
TOML_OTHER = "review.toml, [screening.other]"
SHEETS = "extracted/"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Searched:
    """A search as its log tells of it.

    Parameters
    ----------
    name, label : str
        Of the strategy's file, and what a reader calls it: "PubMed: its title".
    found : int or None
        Records that the database counted; None where it was not run.
    delivered : int or None
        Records that came.
    reason : str
        Why `found` is None.
    """

    name: str
    label: str
    found: int | None
    delivered: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Chased:
    """Citation searches, added up.

    Parameters
    ----------
    identified, duplicates, already_there, new : int
        As ``synth chase`` counts them.
    """

    identified: int
    duplicates: int
    already_there: int
    new: int


def build(
    searches: Sequence[Searched],
    *,
    duplicates: int = 0,
    chased: Chased | None = None,
    screening: Json | None = None,
    studies: int | None = None,
    without: int = 0,
) -> Flow:
    """Put the diagram together; nothing is worked out that somebody should have counted.

    Parameters
    ----------
    searches : sequence of Searched
        Every strategy of the review.
    duplicates : int
        Records that two of the searches found, by PMID, less one each.
    chased : Chased, optional
        Citation searches; None where there were none.
    screening : mapping, optional
        What ``[screening]`` of ``review.toml`` says, as plain values.
    studies : int, optional
        Studies in the sheets that give a figure; nobody's count of those included, and taken where there is none.
    without : int
        Studies in the sheets of which no figure is on file: registers, titles, texts that stop before the results.

    Returns
    -------
    Flow
        With every sum that the numbers allow, whether it holds or not.

    Examples
    --------
    >>> flow = build([Searched("a", "PubMed: A", 120, 120)], screening={"screened": 118, "excluded": 110}, studies=5)
    >>> [(check.text, check.left, check.right) for check in flow.checks if not check.holds]
    [('Records identified less those removed, and records screened', 120, 118)]
    >>> flow.included.n, len(flow.missing)
    (5, 5)
    """
    said = screening or {}
    checks: list[Check] = []
    for each in searches:
        if each.found is not None and each.delivered is not None:
            checks.append(Check(f"{each.label}: records delivered, and records found", each.delivered, each.found))
    columns = [_databases(searches, duplicates, said, checks)]
    other = said.get("other")
    if chased is not None or other is not None:
        columns.append(_other(chased, other or {}, checks))
    reports = said.get("included_reports")
    _report_sums(columns, reports, checks)
    included = _included(said, reports, studies, without, checks)
    return Flow(tuple(columns), included, tuple(checks))


def _databases(searches: Sequence[Searched], duplicates: int, said: Json, checks: list[Check]) -> Column:
    parts = [Count(each.label, each.found, each.reason) for each in searches]
    typed = [Count(name, n) for key in ("databases", "registers") for name, n in said.get(key) or ()]
    source = " and ".join([*([LOGS] if searches else []), *([TOML] if typed else [])])
    nothing = "no search was run, and review.toml names no source below [screening.databases]"
    identified = _sum("databases-identified", "Records identified", (*parts, *typed), source, nothing)
    removed = _removed(searches, duplicates, bool(typed), said, checks)
    steps = [
        Step(IDENTIFICATION, identified, removed),
        *_down("databases", said, TOML, "[screening]", screened=_less(identified.n, removed.n), required=True),
    ]
    _sums(steps, "", checks)
    return Column("databases", "Identification of studies via databases and registers", tuple(steps))


def _removed(searches: Sequence[Searched], counted: int, more: bool, said: Json, checks: list[Check]) -> Box:
    given = said.get("duplicates")
    if given is not None:
        found = Count("Duplicates", given)
        if counted:
            text = "Duplicates removed, and those that have one PMID in two searches"
            checks.append(Check(text, given, counted, ">="))
    elif more or not searches or any(each.found is None for each in searches):
        least = f"; {counted:,} have one PMID in two searches" if counted else ""
        found = Count("Duplicates", None, f"write duplicates = … below [screening] in review.toml{least}")
    else:
        found = Count("Duplicates, by PMID", counted)
    parts = [found]
    for key, label in (
        ("automation", "Marked as ineligible by automation tools"),
        ("other_removals", "Removed for other reasons"),
    ):
        if said.get(key) is not None:
            parts.append(Count(label, said[key]))
    return _sum(
        "databases-removed", "Records removed before screening", parts, LOGS if given is None else TOML, found.reason
    )


def _other(chased: Chased | None, said: Json, checks: list[Check]) -> Column:
    parts, out = [], []
    if chased is not None:
        parts.append(Count("Citation searching, through PubMed", chased.identified))
        out = [
            Count("Duplicates among them", chased.duplicates),
            Count("Found by the searches already", chased.already_there),
        ]
        checks.append(
            Check(
                "Citation searching: records identified less duplicates and those found already, and new records",
                chased.identified - chased.duplicates - chased.already_there,
                chased.new,
            )
        )
    parts += [Count(name, n) for name, n in said.get("sources") or ()]
    if said.get("duplicates") is not None:
        out.append(Count("Duplicates", said["duplicates"]))
    source = " and ".join(
        [*([LOGS] if chased is not None else []), *([TOML_OTHER] if said.get("sources") else [])]
    )
    nothing = "write what was identified where below [screening.other.sources] in review.toml"
    identified = _sum("other-identified", "Records identified", parts, source, nothing)
    removed = _sum("other-removed", "Records removed before screening", out, source, "") if out else None
    left = _less(identified.n, removed.n) if removed is not None else identified.n
    steps = [
        Step(IDENTIFICATION, identified, removed),
        *_down("other", said, TOML_OTHER, "[screening.other]", screened=left, required=False),
    ]
    if said.get("screened") is None and left is not None and said.get("sought") is not None:
        text = "Other methods: records identified less those removed, and reports sought"
        checks.append(Check(text, left, said["sought"], ">="))
    _sums(steps, "Other methods: ", checks)
    return Column("other", "Identification of studies via other methods", tuple(steps))


def _down(id: str, said: Json, source: str, section: str, *, screened: int | None, required: bool) -> list[Step]:
    """Give the steps from screening to what is included; a count that is missing says what its neighbours make it."""

    def box(key: str, label: str, made: int | None) -> Box:
        n = said.get(key)
        hint = f" (the numbers around it make {made:,})" if made is not None and made >= 0 else ""
        reason = "" if n is not None else f"write {key} = … below {section} in review.toml{hint}"
        return Box(f"{id}-{key.replace('_', '-')}", label, n, reason=reason, source=source if n is not None else "")

    steps = []
    if required or said.get("screened") is not None or said.get("excluded") is not None:
        steps.append(
            Step(
                SCREENING,
                box("screened", "Records screened", screened),
                box("excluded", "Records excluded", _less(said.get("screened"), said.get("sought"))),
            )
        )
    sought = box("sought", "Reports sought for retrieval", _less(said.get("screened"), said.get("excluded")))
    missed = box("not_retrieved", "Reports not retrieved", _less(said.get("sought"), said.get("assessed")))
    steps.append(Step(SCREENING, sought, missed))
    assessed = box("assessed", "Reports assessed for eligibility", _less(said.get("sought"), said.get("not_retrieved")))
    reasons = said.get("reasons")
    parts = tuple(Count(name, n) for name, n in reasons or ())
    why = f"write each reason with its count below {section[:-1]}.reasons] in review.toml"
    out = Box(
        f"{id}-assessed-excluded", "Reports excluded", None if reasons is None else sum(n for _, n in reasons),
        parts, why if reasons is None else "", source if reasons is not None else "",
    )  # fmt: skip
    steps.append(Step(SCREENING, assessed, out))
    return steps


def _sums(steps: Sequence[Step], before: str, checks: list[Check]) -> None:
    """Hold each box against what is left of the one above it."""
    for step, after in pairwise(steps):
        if before and step.phase == IDENTIFICATION and not after.box.id.endswith("screened"):
            continue  # held by its own rule: what is found elsewhere may be a report at once
        if step.box.n is None or after.box.n is None or (step.out is not None and step.out.n is None):
            continue
        left = step.box.n - ((step.out.n or 0) if step.out else 0)
        first = _lower(step.box.label) if before else step.box.label
        text = f"{before}{first}{_less_words(step)}, and {_lower(after.box.label)}"
        checks.append(Check(text, left, after.box.n))


def _less_words(step: Step) -> str:
    if step.out is None:
        return ""
    return {
        "Records removed before screening": " less those removed",
        "Records excluded": " less those excluded",
        "Reports not retrieved": " less those not retrieved",
    }[step.out.label]


def _report_sums(columns: Sequence[Column], reports: int | None, checks: list[Check]) -> None:
    last = [column.steps[-1] for column in columns]
    if any(step.box.n is None or step.out is None or step.out.n is None for step in last) or reports is None:
        return
    left = sum((step.box.n or 0) - ((step.out.n or 0) if step.out else 0) for step in last)
    checks.append(Check("Reports assessed less those excluded, and reports of included studies", left, reports))


def _included(said: Json, reports: int | None, studies: int | None, without: int, checks: list[Check]) -> Box:
    given = said.get("included_studies")
    if given is not None and studies is not None and not without:
        checks.append(Check("Studies included, and studies in the sheets", given, studies))
    elif given is not None and studies is not None:
        checks.append(Check("Studies included, and studies in the sheets that give a figure", given, studies, ">="))
        checks.append(Check("Studies in the sheets, and studies included", studies + without, given, ">="))
    n = given if given is not None else studies
    if reports is not None and n is not None:
        checks.append(Check("Reports of included studies, and studies included", reports, n, ">="))
    why = "" if n is not None else "write included_studies = … below [screening] in review.toml, or take sheets in"
    missing = "write included_reports = … below [screening] in review.toml"
    parts = [Count("Reports of included studies", reports, "" if reports is not None else missing)]
    if given is not None or n is None:
        return Box("included", "Studies included in review", n, tuple(parts), why, TOML if n is not None else "")
    if without:
        parts.append(Count("Beside them, on file without a figure", without))
    return Box("included", "Studies on file that give a figure", n, tuple(parts), why, SHEETS)


def _sum(id: str, label: str, parts: Iterable[Count], source: str, nothing: str) -> Box:
    """Add up what a box is made of; one part that is missing makes the sum missing."""
    parts = tuple(parts)
    if not parts:
        return Box(id, label, None, (), nothing)
    unknown = [part for part in parts if part.n is None]
    known = sum(part.n for part in parts if part.n is not None)
    if not unknown:
        return Box(id, label, known, parts, "", source)
    if len(parts) == 1:
        return Box(id, label, None, parts, parts[0].reason)
    names = joined([part.label for part in unknown])
    are = f"; {noun(known, 'record', 'records')} {'is' if known == 1 else 'are'} known" if known else ""
    return Box(id, label, None, parts, f"the number of {names} is missing{are}")


def _less(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first - second


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
