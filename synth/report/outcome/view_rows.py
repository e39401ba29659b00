"""The rows of the page's tables as strings: a series with its source, a row left out, an answer done otherwise."""

from __future__ import annotations

from typing import Any

from ..figures.forest_spec import DAGGER
from ..words import counts, phrases, plain, rounding
from ..words.quantity import PROPORTION, Quantity
from ..words.reading import get, is_doubtful, text
from .crowded import cut
from .page_model import AnswerRow, Detail, ExcludedRow, Link, StudyRow

_BASIS = {
    "stated": "printed in the source",
    "cohort": "the size of the arm as the source gives it, not printed with this figure",
    "derived": "worked out, not printed",
}
_BOUND = {
    "upper": "upper bound: the true figure may be lower",
    "lower": "lower bound: the true figure may be higher",
}


def _bases(events: Any, total: Any) -> list[tuple[str, str]]:
    """Say whether events and patients were printed or worked out; one remark where both are alike."""
    if events and events == total:
        return [("Numbers", _BASIS.get(events, plain.visible(events)))]
    return [
        ("Events", _BASIS.get(events or "", plain.visible(events))),
        ("Patients", _BASIS.get(total or "", plain.visible(total))),
    ]


def _details(study: Any) -> tuple[Detail, ...]:
    source = get(study, "provenance")
    reported = text(source, "percent_reported")
    where = text(source, "where")
    pairs = [
        (
            "Where",
            f"{where}; reported as {reported}"
            if where and reported
            else where or (f"reported as {reported}" if reported else ""),
        ),
        ("Counted", text(source, "definition")),
        *_bases(get(source, "events_basis"), get(source, "total_basis")),
        ("Bound", _BOUND.get(get(source, "bound") or "", text(source, "bound"))),
        ("Note", text(source, "note")),
        ("On file", _place(source)),
    ]
    return tuple(Detail(name, value) for name, value in pairs if value)


def _place(source: Any) -> str:
    file, row = text(source, "file"), get(source, "row")
    if not file:
        return ""
    return f"{file}, row {row}" if row is not None else file


def _links(study: Any) -> tuple[Link, ...]:
    described, source = get(study, "descriptors"), get(study, "provenance")
    found = []
    pubmed, doi = plain.pubmed_address(get(described, "pmid")), plain.doi_address(get(described, "doi"))
    read = text(source, "source")
    if read:
        address = plain.web_address(get(source, "source")) or plain.doi_address(get(source, "source"))
        found.append(Link("Source read:", address, _short(address)) if address else Link(f"Source read: {read}", None))
    if pubmed:
        found.append(Link(f"PubMed {text(described, 'pmid')}", pubmed))
    if doi:
        found.append(Link(f"doi:{text(described, 'doi')}", doi))
    return tuple(found)


def _short(address: str) -> str:
    """Show the host and the start of the path: the whole address is in the link."""
    bare = address.split("://", 1)[-1].removeprefix("www.")
    return bare if len(bare) <= 36 else f"{bare[:35]}…"


def _about(study: Any) -> tuple[str, ...]:
    described = get(study, "descriptors")
    year, n = get(described, "year"), get(described, "n")
    journal = ". ".join(part for part in (text(described, "journal"), plain.visible(year)) if part)
    facts = [
        text(described, key) for key in ("country", "design", "population", "levels", "approach", "age", "followup")
    ]
    if n is not None:
        facts.insert(2, phrases.noun(n, "patient") if isinstance(n, int) else plain.visible(n))
    return tuple(
        line for line in (text(described, "title"), journal, "; ".join(fact for fact in facts if fact)) if line
    )


def study_row(study: Any, shown: Quantity, crowded: bool = False) -> StudyRow:
    """Return a row of a table of series; on a crowded page without its source and remarks."""
    data, second = counts.cells(study)
    label = text(study, "study") or "(no label)"
    return StudyRow(
        study=cut(label) if crowded else label,
        mark=DAGGER if is_doubtful(study) else "",
        about=() if crowded else _about(study),
        counts=data,
        second=second,
        percent=shown.text(get(study, "estimate")),
        interval=shown.interval(get(study, "ci_low"), get(study, "ci_high")),
        weight=rounding.percent(get(study, "weight")),
        details=() if crowded else _details(study),
        links=() if crowded else _links(study),
        confidence=text(study, "provenance", "confidence"),
    )


def excluded_row(row: Any, counted: bool = True) -> ExcludedRow:
    """Return a row that was left out; of what is no count of events, with its patients only."""
    events, total = get(row, "events"), get(row, "total")
    data = rounding.events_of(events, total) if events is not None or total is not None else rounding.ABSENT
    if not counted:
        data = rounding.count(total)
    reason = plain.sentence(get(row, "reason")) or "No reason on file."
    about = (("Reported as", text(row, "percent_reported")), ("Note", text(row, "note")))
    return ExcludedRow(
        study=text(row, "study") or "(no label)",
        arm=text(row, "arm"),
        counts=data,
        reason=reason,
        about=tuple(Detail(name, value) for name, value in about if value),
        place=_place(row),
    )


def answer_row(row: Any, label: str, note: str = "", shown: Quantity = PROPORTION) -> AnswerRow:
    """Return a row that gives the answer under another choice."""
    reporting = get(row, "reporting") if get(row, "reporting") is not None else row
    estimate, low, high = get(reporting, "estimate"), get(reporting, "ci_low"), get(reporting, "ci_high")
    events, total, k = get(row, "events"), get(row, "total"), get(row, "k")
    tau2 = get(row, "tau2")
    return AnswerRow(
        label=label,
        note=note,
        k=rounding.count(k),
        counts=_sum(events, total) if total else rounding.ABSENT,
        percent=shown.text(estimate),
        interval=shown.interval(low, high),
        tau2=rounding.variance(get(tau2, "value") if isinstance(tau2, dict) else tau2),
        i2=rounding.percent(get(row, "i2")),
        reason=plain.sentence(get(row, "reason")),
    )


def _sum(events: int | None, total: int) -> str:
    """Write events of patients; of what is no count of events the patients alone."""
    return rounding.count(total) if events is None else rounding.events_of(events, total)
