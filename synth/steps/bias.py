"""The risk of bias of a review: judgements put together, shown, and written as a page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import WorkspaceError
from ..extract import load
from ..extract.instruments import Appraisal, own_files
from ..report.figures.traffic import SIGNS, WORDS
from ..report.review.bias_page import render_bias
from ..workspace import Workspace, digest
from .output import check_writable, write_together
from .run import to_json

SCHEMA = "synth.bias/1"
PAGE = "bias.html"


@dataclass(frozen=True)
class BiasReport:
    """All judgements of a review.

    Parameters
    ----------
    document : dict
        As JSON.
    page : Path
        Where it was written.
    """

    document: dict[str, Any]
    page: Path

    def table(self) -> str:
        """Write the judgements as a table for a terminal: a sign for each item."""
        lines: list[str] = []
        for one in self.document["instruments"]:
            numbers = [item["number"] for item in one["items"]]
            label = max([len("Study"), *(len(_label(study)) for study in one["studies"])])
            label = min(label, 40)
            wide = [max(len(number), 1) for number in numbers]
            head = "  ".join(number.rjust(size) for number, size in zip(numbers, wide, strict=True))
            lines += [one["name"], f"  {'Study'.ljust(label)}  {head}  Overall"]
            seen: Counter[str] = Counter()
            for study in one["studies"]:
                signs = [SIGNS[item["level"] or ""] or "." for item in study["items"]]
                seen.update(item["level"] or "" for item in study["items"])
                cells = "  ".join(sign.rjust(size) for sign, size in zip(signs, wide, strict=True))
                overall = study["overall"] or ("" if study["score"] is None else f"{study['score']}")
                lines.append(f"  {_label(study)[:label].ljust(label)}  {cells}  {overall or _unjudged(study)}")
            key = ", ".join(f"{SIGNS[level] or '.'} {WORDS[level]}" for level in WORDS if seen[level])
            lines += [f"  {key}", ""]
        return "\n".join(lines).rstrip()


def bias_report(workspace: Workspace) -> BiasReport:
    """Put the judgements of a review together and write the page ``reports/bias.html``.

    Raises
    ------
    ProblemsError
        A sheet has defects: an item or a word that its instrument does not have, and all else.
    WorkspaceError
        Nothing was judged yet, or the page cannot be written.
    """
    found = load(workspace)
    if not found.appraisals:
        raise WorkspaceError(
            "No study has been judged yet. Write the sheet bias (synth template has one) with study, instrument, item "
            "and judgement, and take it in: synth import FILE"
        )
    page = workspace.reports / PAGE
    check_writable(page, make_folder=True)
    document = bias_document(workspace, found.appraisals)
    write_together({page: render_bias(document), page.with_suffix(".json"): to_json(document)})
    return BiasReport(document, page)


def bias_document(workspace: Workspace, appraisals: tuple[Appraisal, ...]) -> dict[str, Any]:
    """Give all judgements as one plain object."""
    instruments = list(dict.fromkeys(each.instrument.id for each in appraisals))
    sheets = sorted(workspace.extracted.glob("*.csv"))
    inputs = [workspace.review_file, *sheets, *own_files(workspace.extracted)]
    return {
        "schema": SCHEMA,
        "generator": {"name": "synth", "version": __version__},
        "title": workspace.review.title,
        "instruments": [instrument([each for each in appraisals if each.instrument.id == id]) for id in instruments],
        "inputs": [{"file": workspace.relative(path), "sha256": digest(path)} for path in inputs],
    }


def _unjudged(study: dict[str, Any]) -> str:
    return "not judged completely" if study["missing"] else "not judged"


def _label(study: dict[str, Any]) -> str:
    return f"{study['study']}, {study['arm']}" if study["arm"] else str(study["study"])


def instrument(mine: list[Appraisal]) -> dict[str, Any]:
    """Give one instrument with what was judged by it."""
    one = mine[0].instrument
    return {
        "id": one.id, "name": one.name, "reference": one.reference, "doi": one.doi, "most": one.most or 0,
        "items": [{"number": number, "text": text} for number, text in one.items.items()],
        "studies": [_study(each) for each in mine],
    }  # fmt: skip


def _study(each: Appraisal) -> dict[str, Any]:
    items = []
    for number in each.instrument.items:
        item: dict[str, Any] = {
            "number": number, "judgement": each.words.get(number), "level": each.levels.get(number),
            "support": each.support.get(number, ""),
        }  # fmt: skip
        if number not in each.words:
            item |= {"judgement_reason": "nobody has judged this item", "level_reason": "nobody has judged this item"}
        items.append(item)
    made: dict[str, Any] = {
        "study": each.study, "arm": each.arm, "items": items, "overall": each.overall, "score": each.score,
        "missing": list(each.missing),
    }  # fmt: skip
    adds = each.instrument.overall == "sum"
    lacking = f"not judged completely: {', '.join(each.missing)} not judged" if each.missing else ""
    if each.overall is None:
        added = "this instrument adds up and sets no cut-off"
        made["overall_reason"] = added if adds else lacking or "no item that applies was judged"
    if each.score is None:
        made["score_reason"] = lacking if adds and lacking else "this instrument is not added up"
    return made
