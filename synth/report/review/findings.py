"""The rows of the summary of findings, and the outcomes without an answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..words import plain
from ..words.reading import get, items, text
from ..words.rounding import ABSENT
from .model import Beside, Document, Finding, NotPooled

__all__ = ["address", "finding", "not_pooled"]

PER_CENT = "Per cent"
NOT_RATED = "not rated yet"
_WHOSE = {
    "suggestion": "suggested from the numbers", "both": "judged by the reviewers in part",
    "reviewers": "judged by the reviewers",
}  # fmt: skip


def address(name: Any) -> str:
    """Write the name of a file beside the index as an address that leads nowhere else.

    Examples
    --------
    >>> address("fusion.open.html"), address("javascript:alert(1).html"), address("../../x")
    ('./fusion.open.html', './javascript%3Aalert%281%29.html', './x')
    """
    parts = [part for part in str(name).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "./" + "/".join(quote(part, safe="", errors="replace") for part in parts)


def finding(row: Document) -> Finding:
    """Set one row of the summary of findings, as :func:`.summary.summary_row` made it."""
    shown = get(row, "shown")
    heading = text(shown, "heading")
    arms = [text(arm, "label") or text(arm, "id") for arm in items(row, "arms")]
    heterogeneity = [
        f"{symbol} {text(shown, key)}" for symbol, key in (("I²", "i2"), ("τ²", "tau2")) if text(shown, key) != ABSENT
    ]
    level, note = _certainty(get(row, "certainty"))
    return Finding(
        name=text(row, "label"),
        arm=f"{arms[0]} against {arms[1]}" if len(arms) == 2 else text(row, "arm", "label") or text(row, "arm", "id"),
        about="; ".join(said for key in ("time_point", "direction") if (said := text(row, key)) not in ("", "neutral")),
        page=address(get(row, "page")),
        sentence=text(shown, "sentence"),
        stale=_stale(row),
        series=text(shown, "series"),
        counts=text(shown, "counts"),
        heading="" if heading == PER_CENT else heading,
        estimate=text(shown, "estimate"),
        interval=text(shown, "interval"),
        remark=text(shown, "remark"),
        prediction=text(shown, "prediction"),
        heterogeneity=tuple(heterogeneity),
        comparators=tuple(
            Beside(text(each, "label"), text(each, "effect"), text(each, "counts"))
            for each in items(shown, "comparators")
        ),
        certainty=level,
        certainty_note=note,
    )


def _certainty(block: Any) -> tuple[str, str]:
    """Write the certainty as the page of the outcome does, and whose it is or what is missing.

    Examples
    --------
    >>> _certainty({"level": "low", "at_most": False, "by": "suggestion"}), _certainty(None)
    (('low', 'suggested from the numbers'), ('', ''))
    >>> _certainty({"level": "low", "at_most": True, "words": "Certainty of the evidence: not rated yet, because B."})
    ('not rated yet', 'because B')
    """
    level = text(block, "level")
    if not level:
        return "", ""
    if get(block, "at_most"):
        why = plain.clause(get(block, "words")).partition(f"{NOT_RATED}, ")[2]
        return NOT_RATED, why or f"what is known leaves {level} at most"
    return level, _WHOSE.get(text(block, "by"), "")


def _stale(row: Document) -> str:
    said = [plain.visible(each) for each in items(row, "stale")]
    return f"Not up to date ({'; '.join(said)}): {text(row, 'command')}" if said else ""


def not_pooled(row: Document) -> NotPooled:
    """Set an outcome that has no answer; a reason over several lines is one for each row that was left out."""
    lines = str(get(row, "reason") or "").splitlines() or ["no reason is on file"]
    said = tuple(found for line in lines if (found := plain.visible(line.strip())))
    return NotPooled(text(row, "label") or text(row, "outcome"), said)
