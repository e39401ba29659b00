"""What stands beside the answer: comparator arms, and the rows that were left out of each arm."""

from __future__ import annotations

import re
from typing import Any

from ..words import plain, quantity
from ..words.counts import summed
from ..words.doubt import own_rows_left_out
from ..words.phrases import joined, noun, pooled_reporting, some
from ..words.reading import Document, get, items, text

_OBSERVATIONAL = re.compile(r"retrospective|cohort|series|regist|review|observational|case", re.IGNORECASE)
_DENIED = re.compile(r"\b(non|not|un|without)[- ]?random\w*", re.IGNORECASE)
_MAYBE_ALLOCATED = re.compile(r"random|trial|\brct\b", re.IGNORECASE)


def comparator(document: Document, block: Any) -> str:
    r"""Return a comparator arm as context, and say what keeps its figure from being compared with the answer.

    Parameters
    ----------
    document : mapping
        A pooled document.
    block : mapping
        One of its ``comparators``.

    Returns
    -------
    str
        The arm's own figure; which series are in both figures and whether their patients can have been allocated at
        random; the levels of the spine where those described differ.

    Examples
    --------
    >>> block = {"arm": {"label": "Open surgery"}, "k": 1, "events": 3, "total": 20}
    >>> block["pooled"] = {"reporting": {"estimate": 0.15, "ci_low": 0.032, "ci_high": 0.379}}
    >>> print(comparator({}, block).replace(". ", ".\n"))
    Open surgery, for context: 15.0% (3.2% to 37.9%), 3/20 in 1 series.
    No series is in both figures, so other patients, hospitals and years may explain any difference between them.
    """
    label = text(block, "arm", "label") or text(block, "arm", "id") or "Another arm"
    k = get(block, "k") or 0
    n = len(items(block, "excluded"))
    if not k and n:
        were = "was left out, for the reason beside it" if n == 1 else "were left out, each for the reason beside it"
        return f"{label}: nothing to show; {noun(n, 'row', 'rows')} on file {were}."
    if not k:
        why = plain.clause(get(block, "reason"))
        return f"{label}: nothing to show{f', {why}' if why else ''}."
    estimate, low, high = pooled_reporting(block)
    counted = summed(block) or noun(get(block, "total") or 0, "patient", "patients")
    if estimate is None:
        why = plain.clause(get(block, "pooled", "reason"))
        share = f"no pooled figure{f' ({why})' if why else ''}"
    else:
        shown = quantity.of(document)
        share = shown.with_unit(shown.text(estimate))
        share += f" ({shown.interval(low, high)})" if low is not None or high is not None else ""
    said = [f"{label}, for context: {share}, {counted} in {noun(k)}.", *_in_both(document, block)]
    return " ".join([*said, *_levels(document, block)])


def _in_both(document: Document, block: Any) -> list[str]:
    own = {text(study, "study").casefold(): study for study in items(document, "studies")}
    named = [(text(study, "study").casefold(), study) for study in items(block, "studies")]
    pairs = [(own[name], study) for name, study in named if name in own]
    if not pairs:
        return [
            "No series is in both figures, so other patients, hospitals and years may explain any difference "
            "between them."
        ]
    allocated: dict[bool, list[str]] = {True: [], False: []}
    for pair in pairs:
        design = next((found for study in pair if (found := text(study, "descriptors", "design"))), "")
        name = text(pair[1], "study")
        allocated[not not_randomised(design)].append(f"{name} ({design})" if design else name)
    said = []
    for unknown, names in allocated.items():
        if not names:
            continue
        verb = "is" if len(names) == 1 else "are"
        end = (
            f"how {'its' if len(names) == 1 else 'their'} patients came into an arm is not told by the design on file"
            if unknown
            else "patients were not allocated to an arm at random"
        )
        said.append(f"{some(names)} {verb} in both figures; {end}.")
    if not len(pairs) == len(own) == len(items(block, "studies")):
        said.append("The other series are in one of them only.")
    return said


def not_randomised(design: str) -> bool:
    """Tell whether a study's design, as the sheet describes it, rules out that patients were allocated at random.

    Examples
    --------
    >>> [not_randomised(d) for d in ("retrospective cohort", "non-randomised trial", "randomised trial", "")]
    [True, True, False, False]
    """
    if _DENIED.search(design):
        return True
    return bool(_OBSERVATIONAL.search(design)) and not _MAYBE_ALLOCATED.search(design)


def _levels(document: Document, block: Any) -> list[str]:
    own, other = (
        list(dict.fromkeys(level for study in studies if (level := text(study, "descriptors", "levels"))))
        for studies in (items(document, "studies"), items(block, "studies"))
    )
    if not own or not other or {x.casefold() for x in own} == {x.casefold() for x in other}:
        return []
    return [f"The levels described differ. Answer above: {'; '.join(own)}. This arm: {'; '.join(other)}."]


def left_out(document: Document) -> str:
    """Say arm by arm how many rows were left out.

    Examples
    --------
    >>> left_out({"excluded": [{"study": "A"}]}), left_out({})
    ('1 row was left out of the answer.', 'No row was left out of the answer.')
    >>> block = {"arm": {"label": "Open surgery"}, "excluded": [{"study": "B"}]}
    >>> left_out({"arm": {"id": "mis", "label": "Minimally invasive"}, "comparators": [block]})
    'Minimally invasive: no row was left out of the answer. Comparator arms: Open surgery, 1 row, listed with that arm.'
    """
    rows, own = items(document, "excluded"), own_rows_left_out(document)
    arm = text(document, "arm", "label") or text(document, "arm", "id")
    n = len(own)
    count = "no row was" if not n else f"{noun(n, 'row', 'rows')} {'was' if n == 1 else 'were'}"
    first = f"{count} left out of the answer."
    said = [f"{arm}: {first}" if arm else first[0].upper() + first[1:]]
    others = len(rows) - n
    if others:
        are = "is of another arm" if others == 1 else "are of other arms"
        said.append(f"{noun(others, 'row', 'rows')} on file {are} that {'does' if others == 1 else 'do'} not enter it.")
    beside = [
        f"{text(block, 'arm', 'label') or text(block, 'arm', 'id') or 'another arm'}, "
        f"{noun(len(items(block, 'excluded')), 'row', 'rows')}"
        for block in items(document, "comparators")
        if items(block, "excluded")
    ]
    if beside:
        where = "that arm" if len(beside) == 1 else "those arms"
        said.append(f"Comparator arms: {joined(beside)}, listed with {where}.")
    return " ".join(said)
