"""The page as strings: everything a template prints, worked out and rounded beforehand.

Templates hold no arithmetic and no decision about numbers. They get these frozen values, in which every text is plain
(the template escapes it) except the SVG elements, which their writer has escaped already.
"""

from __future__ import annotations

from typing import Any

from . import context, doubt, phrases, plain, references, rounding, words
from .forest import leave_one_out_svg, narrow, narrow_leave_one_out_svg, parts
from .forest_spec import DAGGER, effect_text, main_spec
from .methods import methods
from .names import ci_name
from .page_model import (
    AnswerRow,
    Comparator,
    Detail,
    ExcludedRow,
    Fact,
    Link,
    MethodSentence,
    Page,
    ReferenceRow,
    StudyRow,
)
from .reading import Document, get, is_doubtful, items, level, outcome_label, text

MOST_IN_SMALL_FOREST = 60
"""With more series than this the leave-one-out picture says nothing that its table does not."""


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


def _study_row(study: Any) -> StudyRow:
    limits = rounding.interval(get(study, "ci_low"), get(study, "ci_high"))
    return StudyRow(
        study=text(study, "study") or "(no label)",
        mark=DAGGER if is_doubtful(study) else "",
        about=_about(study),
        counts=rounding.events_of(get(study, "events"), get(study, "total")),
        percent=rounding.percent(get(study, "estimate")),
        interval=limits,
        weight=rounding.percent(get(study, "weight")),
        details=_details(study),
        links=_links(study),
        confidence=text(study, "provenance", "confidence"),
    )


def _excluded_row(row: Any) -> ExcludedRow:
    events, total = get(row, "events"), get(row, "total")
    counts = rounding.events_of(events, total) if events is not None or total is not None else rounding.ABSENT
    reason = plain.sentence(get(row, "reason")) or "No reason on file."
    about = (("Reported as", text(row, "percent_reported")), ("Note", text(row, "note")))
    return ExcludedRow(
        study=text(row, "study") or "(no label)",
        arm=text(row, "arm"),
        counts=counts,
        reason=reason,
        about=tuple(Detail(name, value) for name, value in about if value),
        place=_place(row),
    )


def _answer_row(row: Any, label: str, note: str = "") -> AnswerRow:
    reporting = get(row, "reporting") if get(row, "reporting") is not None else row
    estimate, low, high = get(reporting, "estimate"), get(reporting, "ci_low"), get(reporting, "ci_high")
    events, total, k = get(row, "events"), get(row, "total"), get(row, "k")
    tau2 = get(row, "tau2")
    return AnswerRow(
        label=label,
        note=note,
        k=rounding.count(k),
        counts=rounding.events_of(events, total) if total else rounding.ABSENT,
        percent=rounding.percent(estimate),
        interval=rounding.interval(low, high),
        tau2=rounding.variance(get(tau2, "value") if isinstance(tau2, dict) else tau2),
        i2=rounding.percent(get(row, "i2")),
        reason=plain.sentence(get(row, "reason")),
    )


def _sensitivity(document: Document) -> tuple[AnswerRow, ...]:
    rows = []
    for row in items(document, "sensitivity"):
        if get(document, "k") == 1 and not get(row, "k"):
            # One series in doubt, and nothing left without it: that is no other answer.
            continue
        omitted = phrases.joined([plain.visible(name) for name in items(row, "omitted")])
        note = " ".join(
            part for part in (plain.sentence(get(row, "why")), f"Left out: {omitted}." if omitted else "") if part
        )
        rows.append(_answer_row(row, text(row, "label") or text(row, "id"), note))
    return tuple(rows)


def _intervals(document: Document) -> tuple[AnswerRow, ...]:
    used = get(document, "pooled", "ci_method")
    rows = []
    for row in items(document, "pooled", "intervals"):
        name = ci_name(get(row, "method"))
        # The t of the t distribution is a small one wherever it stands.
        label = name if name.startswith("t ") else name[:1].upper() + name[1:]
        rows.append(_answer_row(row, label, "the one used above" if get(row, "method") == used else ""))
    return tuple(rows)


def _facts(document: Document) -> tuple[Fact, ...]:
    k = get(document, "k") or 0
    facts = [
        Fact(
            "Series",
            rounding.count(k),
            "in one arm" if not text(document, "arm", "label") else text(document, "arm", "label"),
        ),
        Fact(
            "Events / patients",
            rounding.events_of(get(document, "events"), get(document, "total")),
            "added up" if k > 1 else "in this series",
        ),
    ]
    low, high = get(document, "prediction", "reporting", "ci_low"), get(document, "prediction", "reporting", "ci_high")
    if low is not None and high is not None:
        facts.append(
            Fact("Expect in another hospital", rounding.interval(low, high), f"{level(document)} prediction interval")
        )
    for block in items(document, "comparators"):
        estimate, low, high = phrases.pooled_reporting(block)
        if estimate is not None and get(block, "k"):
            label = text(block, "arm", "label") or text(block, "arm", "id") or "Another arm"
            facts.append(
                Fact(
                    f"{label}, for context",
                    rounding.percent(estimate),
                    f"{rounding.interval(low, high)}; {phrases.noun(get(block, 'k'))}",
                )
            )
    return tuple(facts)


def _cited(document: Document) -> tuple[tuple[MethodSentence, ...], tuple[ReferenceRow, ...]]:
    said = methods(document)
    numbers = references.numbered(key for sentence in said for key in sentence.keys)
    rows = []
    for key, number in numbers.items():
        reference = references.REFERENCES[key]
        link = Link(f"doi:{reference.doi}", plain.doi_address(reference.doi)) if reference.doi else None
        rows.append(ReferenceRow(number, reference.text, link))
    return tuple(MethodSentence(one.text, tuple(numbers[key] for key in one.keys)) for one in said), tuple(rows)


def _named(source: Any, pairs: tuple[tuple[str, str], ...]) -> tuple[Detail, ...]:
    return tuple(Detail(name, text(source, key)) for name, key in pairs if text(source, key))


def _big(document: Document) -> tuple[str, str]:
    estimate, low, high = phrases.pooled_reporting(document)
    limits = rounding.interval(low, high)
    note = "" if limits == rounding.ABSENT else f"{level(document)} CI {limits}"
    if estimate is None:
        return rounding.events_of(get(document, "events"), get(document, "total")), note
    return rounding.percent(estimate), note


def _small_forest(document: Document, svg: str | None) -> str:
    return "" if svg is None or len(items(document, "leave_one_out")) > MOST_IN_SMALL_FOREST else svg


def page(document: Document) -> Page:
    """Turn a document into the strings of its page.

    Parameters
    ----------
    document : mapping
        A pooled document; missing keys count as null.

    Returns
    -------
    Page
        Frozen; nothing in it is a number any more.

    Examples
    --------
    >>> page({"outcome": "deaths", "k": 1, "events": 7, "total": 43}).heading
    'deaths'
    """
    said, cited = _cited(document)
    big, big_note = _big(document)
    studies = items(document, "studies")
    spec = main_spec(document)
    notes = tuple(note for note in (plain.sentence(note) for note in items(document, "notes")) if note)
    comparators = tuple(
        Comparator(
            text(block, "arm", "label") or text(block, "arm", "id") or "Another arm",
            context.comparator(document, block),
            tuple(map(_study_row, items(block, "studies"))),
            tuple(map(_excluded_row, items(block, "excluded"))),
        )
        for block in items(document, "comparators")
    )
    loo = tuple(_answer_row(row, f"without {text(row, 'omitted')}") for row in items(document, "leave_one_out"))
    estimate, low, high = phrases.pooled_reporting(document)
    generator = get(document, "generator")
    return Page(
        heading=outcome_label(document),
        outcome_id=text(document, "outcome"),
        review=text(document, "review", "title"),
        question=text(document, "review", "question", "text"),
        population=_named(
            get(document, "review", "question"),
            (("Population", "population"), ("Intervention", "intervention"), ("Comparator", "comparator")),
        ),
        outcome=_named(
            get(document, "outcome_info"),
            (("Definition", "definition"), ("Time point", "time_point"), ("Direction", "direction")),
        ),
        arm=text(document, "arm", "label"),
        level=level(document),
        big=big,
        big_note=big_note,
        answer=words.answer(document),
        facts=_facts(document),
        sureness=tuple(doubt.sureness(document)) + notes,
        crude=words.crude(document),
        forest=tuple(parts(spec, "forest")) if studies else (),
        narrow_forest=narrow(spec, "forest") if studies else "",
        has_prediction=get(document, "prediction", "reporting", "ci_low") is not None,
        is_pooled=(get(document, "k") or 0) > 1,
        has_context=any(items(block, "studies") for block in items(document, "comparators")),
        prediction=words.prediction(document),
        heterogeneity=tuple(words.heterogeneity(document)),
        average=words.average(document),
        studies=tuple(map(_study_row, studies)),
        has_doubtful=any(map(is_doubtful, studies)),
        sensitivity=_sensitivity(document),
        leave_one_out=loo,
        leave_one_out_reason=plain.sentence(get(document, "leave_one_out_reason")),
        leave_one_out_svg=_small_forest(document, leave_one_out_svg(document, style=False)),
        narrow_leave_one_out_svg=_small_forest(document, narrow_leave_one_out_svg(document)),
        intervals=_intervals(document),
        study_interval=ci_name(get(document, "settings", "study_ci_method")),
        interval_used=effect_text(estimate, low, high),
        excluded_said=context.left_out(document),
        excluded=tuple(map(_excluded_row, items(document, "excluded"))),
        comparators=comparators,
        methods=said,
        references=cited,
        command=text(document, "command"),
        version=" ".join(part for part in (text(generator, "name"), text(generator, "version")) if part),
        schema=text(document, "schema"),
        inputs=tuple(Detail(text(item, "path"), text(item, "sha256")) for item in items(document, "inputs")),
    )
