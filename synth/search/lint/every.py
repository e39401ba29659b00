"""Judging a strategy before it is sent: every slip at once, with its line, its key and what to write.

Sources of the rules: the PubMed User Guide (NLM) for what PubMed does; the PRESS 2015 elements (McGowan and others,
J Clin Epidemiol 2016) for what a reader of a strategy looks for; and, as a second reader, the library search-query.
docs/search.md lists every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from ...review import visible
from ..strategy.model import Strategy, StrategyLine, StrategyProblem, references
from ..strategy.syntax import Finding, parse, squeeze
from .advice import advise
from .form import Parsed, form_findings
from .terms import term_findings

__all__ = ["LONG", "lint", "lint_term", "straight"]

LONG: Final = 16_000
"""Characters of a search beyond which none is known to us to have been answered; PubMed documents no limit."""
_SHOWN: Final = 4
_STRAIGHT: Final = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))


def lint(strategy: Strategy) -> tuple[StrategyProblem, ...]:
    """Judge a strategy.

    Parameters
    ----------
    strategy : Strategy
        As its reader gave it.

    Returns
    -------
    tuple of StrategyProblem
        In the order of the file: an error is not sent; a warning is shown; a note is advice.

    Examples
    --------
    >>> from synth.search.strategy.model import parse_strategy
    >>> for problem in lint(parse_strategy(b'''
    ... schema = 1
    ... title = "Fractures"
    ... [lines]
    ... 1 = 'spin*[tiabb] OR bamboo or fracture[tiab]'
    ... ''', "demo", "queries/demo.toml")):
    ...     print(problem.row, problem.severity, problem.code, problem.remedy)
    5 error lower-case-operator Write OR, or put the phrase into quotation marks.
    5 error unknown-tag Did you mean [tiab]?
    """
    ids = frozenset(line.id for line in strategy.written_lines)
    problems: list[StrategyProblem] = []
    for line in strategy.lines:
        if line.kind in ("line", "search"):
            problems += _of_line(strategy, line, ids)
        elif line.kind == "filter":
            # A published filter is sent as it was published: only what PubMed would misread is worth a word.
            found = [problem for problem in _of_line(strategy, line, ids) if problem.severity == "error"]
            problems += found
        elif line.id in ("limit-text", "limit-not-text"):
            problems += _of_line(strategy, line, ids)
    problems += _across(strategy, ids)
    return tuple(sorted(problems, key=lambda problem: (problem.row or 0, _RANK[problem.severity])))


_RANK: Final = {"error": 0, "warning": 1, "note": 2}


def lint_term(term: str, file: str = "--term") -> tuple[StrategyProblem, ...]:
    """Judge a search that stands in no file.

    Examples
    --------
    >>> [problem.code for problem in lint_term("spine[ti] AND (fracture[ti]")]
    ['unbalanced-bracket']
    """
    found = [_problem(each, file, None, None, term) for each in _findings(term, frozenset(), "line")]
    if len(term) > LONG:
        found.append(_too_long(file, len(term)))
    return tuple(found)


def straight(text: str) -> str:
    """Return the text with straight quotation marks in place of curly ones: every character keeps its place."""
    return text.translate(_STRAIGHT)


def _findings(text: str, ids: frozenset[str], kind: str) -> list[Finding]:
    whole, broken = parse(straight(text))
    parsed = Parsed(text, whole, ids, kind)
    found = [*broken, *form_findings(parsed), *term_findings(parsed)]
    found += advise(straight(text), whole, any(finding.severity == "error" for finding in found))
    found.sort(key=lambda finding: (_RANK[finding.severity], finding.code, finding.start))
    return list(_not_too_many(found))


def _not_too_many(found: Iterable[Finding]) -> Iterator[Finding]:
    """Show the first of many findings of one kind, and how many there are."""
    for _, group in groupby(found, key=lambda finding: finding.code):
        same = list(group)
        yield from same[: _SHOWN - 1]
        if len(same) == _SHOWN:
            yield same[-1]
        elif len(same) > _SHOWN:
            last = same[_SHOWN - 1]
            more = f"{last.remedy} ({len(same) - _SHOWN} more of this kind in this line.)"
            yield Finding(last.code, last.severity, last.start, last.end, last.message, more)


def _of_line(strategy: Strategy, line: StrategyLine, ids: frozenset[str]) -> Iterator[StrategyProblem]:
    path = _path(strategy, line)
    text, spans = _joined(line.pieces)
    for finding in _findings(text, ids, line.kind):
        row = strategy.places.row(path) if strategy.places else None
        for begin, end, piece, shift in spans:
            if begin <= finding.start < end and strategy.places:
                row = strategy.places.row(path, piece, finding.start - begin + shift)
        yield _problem(finding, strategy.file, row, ".".join(path), text)


def _joined(pieces: tuple[str, ...]) -> tuple[str, list[tuple[int, int, str, int]]]:
    """Join the elements of a list by OR; say where each stands in the whole."""
    text, spans = "", []
    for piece in pieces:
        whole, wrong = parse(straight(piece))
        bracket = len(pieces) > 1 and not wrong and not set(whole.operators()) <= {"OR"}
        text += " OR " if text else ""
        text += "(" if bracket else ""
        spans.append((len(text), len(text) + len(piece), piece, 0))
        text += piece + (")" if bracket else "")
    return text, spans


def _path(strategy: Strategy, line: StrategyLine) -> tuple[str, ...]:
    if line.kind == "search":
        return ("search",)
    if line.kind == "filter":
        return ("filters", line.id.removeprefix("filter-"), "text")
    if line.kind == "limit":
        return ("limits", line.id.removeprefix("limit-").replace("-", "_"))
    return ("lines" if line.id.isdigit() else "concepts", line.id)


def _problem(finding: Finding, file: str, row: int | None, key: str | None, text: str) -> StrategyProblem:
    snippet = squeeze(text[finding.start : max(finding.end, finding.start + 1)]) or None
    if snippet is not None:
        snippet = visible(snippet if len(snippet) <= 48 else f"{snippet[:47]}…", 60)
    return StrategyProblem(
        file, finding.message, finding.remedy, row=row, column=key, value=snippet, severity=finding.severity,
        code=finding.code,
    )  # fmt: skip


def _across(strategy: Strategy, ids: frozenset[str]) -> Iterator[StrategyProblem]:
    """Judge the lines together: lines that stand twice, lines that nobody uses, and the length of the whole."""

    def wrong(line: StrategyLine, message: str, remedy: str, code: str) -> StrategyProblem:
        path = _path(strategy, line)
        row = strategy.places.row(path) if strategy.places else None
        return StrategyProblem(
            strategy.file, message, remedy, row=row, column=".".join(path), severity="warning", code=code
        )

    first: dict[str, str] = {}
    for line in strategy.written_lines:
        same = first.setdefault(strategy.expanded(line.id).casefold(), line.id)
        if same != line.id:
            yield wrong(line, f"this asks the same as #{same}.", "Remove one of them.", "duplicate-line")
    goes_to = {line.id: references(line.text, ids) for line in strategy.written_lines}
    goes_to["search"] = references(strategy.search.text, ids, names=strategy.search.kind == "search")
    used: set[str] = set()
    waiting = [strategy.search.id]
    while waiting:
        id = waiting.pop()
        if id not in used:
            used.add(id)
            waiting += goes_to.get(id, ())
    for line in strategy.written_lines:
        if line.id not in used:
            yield wrong(line, "no line uses this one, so the search is made without it.",
                        f"Refer to it (#{line.id}), or remove it.", "unused-line")  # fmt: skip
    if len(strategy.term) > LONG:
        yield _too_long(strategy.file, len(strategy.term))


def _too_long(file: str, length: int) -> StrategyProblem:
    return StrategyProblem(
        file, f"the whole search has {length:,} characters; PubMed states no limit, but long ones have been refused.",
        f"Under {LONG:,} characters is safer: truncate, or use fewer terms.", severity="warning", code="too-long",
    )  # fmt: skip
