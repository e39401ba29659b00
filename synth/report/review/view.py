"""From the index's document to the strings of its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..figures import prisma
from ..figures.traffic import SIGNS, WORDS, legend, lights_of, traffic_lights
from ..words import plain, rounding
from ..words.phrases import joined, noun
from ..words.reading import get, items, text
from .findings import address, finding, not_pooled
from .flow import Flow
from .flow_view import flow_part
from .model import Anchor, BiasPart, Document, File, FlowPart, Index, Pair, SearchPart, StudyRow
from .studies import study_row

__all__ = ["index"]

_QUESTION = (("Population", "population"), ("Intervention", "intervention"), ("Comparator", "comparator"))
_KINDS = {
    "zip": "everything in one archive: tables, figures, scripts, references, versions, digests",
    "xlsx": "every table in one workbook",
}


def index(document: Document, searches: Sequence[str] = ()) -> Index:
    """Turn the document of a review into the strings of its page.

    Parameters
    ----------
    document : mapping
        Of schema ``synth.index/1``; missing keys count as null.
    searches : sequence of str
        The record of each search as markup, or "".

    Returns
    -------
    Index
        Frozen; nothing in it is a number any more.
    """
    review = get(document, "review")
    rows = items(document, "outcomes")
    more = items(document, "more_pages")
    findings, others = tuple(map(finding, rows)), tuple(map(finding, more))
    part = _flow(document)
    parts = _searches(document, searches)
    studies = _studies(document, rows)
    levels = [text(row, "shown", "level") for row in (*rows, *more)]
    page = text(document, "bias", "page")
    return Index(
        title=text(review, "title") or "A review",
        question=text(review, "question", "text"),
        parts=tuple(
            Pair(name, said)
            for name, key in _QUESTION
            if (said := text(review, "question", key))
        ),
        arms=tuple(Pair(text(arm, "label") or text(arm, "id"), _role(arm)) for arm in items(review, "arms")),
        facts=_facts(document, parts),
        missing=_missing(document, part, parts),
        level=levels[0] if levels and len(set(levels)) == 1 else "",
        has_certainty=any(row.certainty for row in (*findings, *others)),
        has_comparators=any(row.comparators for row in (*findings, *others)),
        findings=findings,
        more=others,
        not_pooled=tuple(map(not_pooled, items(document, "not_pooled"))),
        flow=part,
        searches=parts,
        studies=studies,
        studies_reason=text(document, "studies_reason"),
        bias=tuple(_bias(each) for each in items(document, "bias", "instruments")),
        bias_page=address(page) if page else "",
        data=tuple(
            File(text(each, "path"), address(get(each, "path")), _kind(text(each, "format")))
            for each in items(document, "data")
        ),
        documents=_documents([*rows, *more]),
        inputs=tuple(Pair(text(each, "path"), text(each, "sha256")) for each in items(document, "inputs")),
        command=text(document, "command"),
        version=f"{text(document, 'generator', 'name')} {text(document, 'generator', 'version')}".strip() or "synth",
        schema=text(document, "schema"),
    )


def _role(arm: Any) -> str:
    return {"primary": "pooled", "comparator": "stands beside it", "other": "listed only"}.get(text(arm, "role"), "")


def _facts(document: Document, searches: Sequence[SearchPart]) -> tuple[Pair, ...]:
    answers, without = len(items(document, "outcomes")), len(items(document, "not_pooled"))
    run = sum(bool(each.fragment) for each in searches)
    studies = items(document, "studies")
    used = sum(bool(items(study, "outcomes")) for study in studies)
    facts = [
        Pair("Outcomes with an answer", f"{answers} of {answers + without}"),
        Pair("Studies in the sheets", f"{len(studies)}; {used} in an answer" if studies else "none yet"),
        Pair("Searches run", f"{run} of {len(searches)}" if searches else "none yet"),
    ]
    instruments = items(document, "bias", "instruments")
    judged = {text(study, "study") for each in instruments for study in items(each, "studies")}
    bias = f"{noun(len(judged), 'study', 'studies')} judged" if judged else "not judged yet"
    return (*facts, Pair("Risk of bias", bias))


def _missing(document: Document, flow: FlowPart, searches: Sequence[SearchPart]) -> tuple[str, ...]:
    """Say on top of the page what a reader would look for in vain, and the command or the line that mends it."""
    said = []
    rows = [*items(document, "outcomes"), *items(document, "more_pages")]
    stale = [text(row, "label") for row in rows if get(row, "stale")]
    if stale:
        are = "is" if len(stale) == 1 else "are"
        said.append(f"Made from older files than there are now {are} {joined(stale)}. Type: synth report")
    if not searches:
        said.append("No search is on file. Write queries/NAME.toml and type: synth search NAME")
    unrun = [each.name for each in searches if not each.fragment]
    if unrun:
        has = "has" if len(unrun) == 1 else "have"
        said.append(f"{joined(unrun)} {has} no record of a search to show; the reason stands with each below.")
    old = [each.name for each in searches if each.fragment and _changed(document, each.name)]
    if old:
        said.append(f"Changed since it was run: {joined(old)}. Type: synth search {old[0]}")
    if flow.wrong:
        said.append(f"{noun(flow.wrong, 'sum', 'sums')} of the flow of records {_do(flow.wrong)} not add up.")
    if flow.missing:
        said.append(
            f"{noun(len(flow.missing), 'count', 'counts')} of the flow of records {_is(len(flow.missing))} missing; "
            "below the diagram stands what to write where."
        )
    if not items(document, "studies"):
        said.append("No study is in the sheets. Type: synth template, fill it in, and: synth import FILE")
    if not items(document, "bias", "instruments"):
        said.append("The risk of bias has not been judged. The sheet bias of synth template is for it.")
    said += [plain.visible(each) for each in items(document, "problems")]
    return tuple(said)


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _changed(document: Document, name: str) -> bool:
    return any(
        get(each, "record", "strategy", "changed_since") is True
        for each in items(document, "searches")
        if text(each, "name") == name
    )


def _flow(document: Document) -> FlowPart:
    value = get(document, "flow")
    if not value:
        return FlowPart("", "", (), (), 0, ())
    drawn = prisma.flow(value)
    return flow_part(Flow.from_json(value), drawn.svg, drawn.caption)


def _searches(document: Document, fragments: Sequence[str]) -> tuple[SearchPart, ...]:
    parts = []
    for number, each in enumerate(items(document, "searches")):
        record = get(each, "record")
        found = get(record, "totals", "found")
        parts.append(
            SearchPart(
                name=text(each, "name"),
                title=text(each, "title") or text(each, "name"),
                file=text(each, "file"),
                when=_day(text(record, "searched", "started")),
                records=rounding.count(found) if found is not None else rounding.ABSENT,
                reason=plain.sentence(get(each, "record_reason")),
                fragment=fragments[number] if number < len(fragments) and record else "",
            )
        )
    return tuple(parts)


def _day(moment: str) -> str:
    return moment.partition("T")[0] or rounding.ABSENT


def _studies(document: Document, rows: Sequence[Any]) -> tuple[StudyRow, ...]:
    pages = {text(row, "outcome"): (text(row, "label"), text(row, "page")) for row in rows}
    return tuple(study_row(row, pages) for row in items(document, "studies"))


def _bias(instrument: Any) -> BiasPart:
    lights = lights_of(instrument)
    return BiasPart(
        name=text(instrument, "name"),
        reference=text(instrument, "reference"),
        studies=len(lights.studies),
        lights=traffic_lights(lights),
        legend=legend([level for _, row in lights.studies for level in row]),
        items=tuple(Pair(text(each, "number"), text(each, "text")) for each in items(instrument, "items")),
        heads=tuple("Overall" if number == "all" else plain.visible(number) for number, _ in lights.items),
        rows=tuple(
            (plain.visible(label), tuple(f"{SIGNS[level]} {WORDS[level]}".strip() for level in row))
            for label, row in lights.studies
        ),
    )


def _documents(rows: Sequence[Any]) -> tuple[Anchor, ...]:
    found = [text(row, "page").removesuffix(".html") + ".json" for row in rows if text(row, "page")]
    return (*(Anchor(name, address(name)) for name in found), Anchor("index.json", "./index.json"))


def _kind(format: str) -> str:
    return _KINDS.get(format, "")
