"""What PubMed counts for each line of a strategy and for the whole, how it understood them, and what it left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from ...errors import Problem, ProblemsError
from ...review import visible
from ..client.answers import NotFound, SearchAnswer
from ..strategy.model import StrategyProblem
from ..strategy.query import Line, Query

__all__ = ["Counts", "LineCount", "Progress", "Tell", "count_lines", "refuse_what_was_left_out"]

WHOLE = ""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    stage : {"counts", "pmids", "records", "again", "finish"}
        What is being done: lines counted, PMIDs listed, records fetched, undelivered records asked for once more.
    done, total : int
        Of lines or PMIDs.
    rate : float or None
        Per second, of this stage and this session; None at its beginning.
    left : float or None
        Seconds until the stage is done, at that rate.
    """

    stage: str
    done: int
    total: int
    rate: float | None = None
    left: float | None = None


Tell = Callable[[Progress], None]


class _Searcher(Protocol):
    def search(self, term: str) -> SearchAnswer: ...


@dataclass(frozen=True)
class LineCount:
    """A line and what PubMed said of it.

    Attributes
    ----------
    id, label, text, expanded : str
        Of the line; the id of the whole is "".
    count : int
        Records that match.
    translation : str
        How PubMed understood it.
    translations : tuple of (str, str)
        Each word that was mapped, and to what.
    not_found : NotFound
        What it searched without.
    warnings : tuple of str
        All it warned of.
    """

    id: str
    label: str
    text: str
    expanded: str
    count: int
    translation: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    not_found: NotFound = field(default_factory=NotFound)
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return plain values for a log."""
        return {**asdict(self), "translations": [list(each) for each in self.translations]}


@dataclass(frozen=True)
class Counts:
    """The lines in their order, and the whole."""

    lines: tuple[LineCount, ...]
    whole: LineCount

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that PubMed warned of, each with the line it is about; each once."""
        said = [f"Line {each.id}: {text}" for each in self.lines for text in each.warnings]
        known = {text for each in self.lines for text in each.warnings}
        return (*dict.fromkeys(said), *(text for text in self.whole.warnings if text not in known))


def count_lines(
    query: Query,
    entrez: _Searcher,
    *,
    progress: Tell | None = None,
    known: dict[str, SearchAnswer] | None = None,
    keep: Callable[[str, SearchAnswer], None] | None = None,
) -> Counts:
    """Ask PubMed how many records each line and the whole match. Lines that say the same are asked for once.

    Parameters
    ----------
    known : dict of str to SearchAnswer, optional
        Answers of an interrupted run, by term.
    keep : callable, optional
        Told of each new term and answer.

    Raises
    ------
    ServiceError
        PubMed gave no usable answer to one of them.
    """
    answers = dict(known or {})
    asked = [*query.lines, Line(WHOLE, "", query.term, query.term)]
    made: list[LineCount] = []
    for position, line in enumerate(asked):
        if line.expanded not in answers:
            answers[line.expanded] = entrez.search(line.expanded)
            if keep is not None:
                keep(line.expanded, answers[line.expanded])
        answer = answers[line.expanded]
        made.append(
            LineCount(
                line.id,
                line.label,
                line.text,
                line.expanded,
                answer.count,
                answer.query_translation,
                answer.translations,
                answer.not_found,
                answer.warnings,
            )
        )
        if progress is not None:
            progress(Progress("counts", position + 1, len(asked)))
    return Counts(tuple(made[:-1]), made[-1])


def refuse_what_was_left_out(query: Query, counts: Counts) -> None:
    """Raise where PubMed ignored a field tag or found a phrase nowhere: it then counts the answer to another question.

    Raises
    ------
    ProblemsError
        Every tag and phrase, with its line.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for each in (*counts.lines, counts.whole):
        made_of_others = each.id == WHOLE or each.text != each.expanded
        for sentence, value in zip(each.not_found.sentences(), _values(each.not_found), strict=True):
            if made_of_others and sentence in seen:  # said of the line that it comes from
                continue
            seen.add(sentence)
            problems.append(
                StrategyProblem(
                    query.file or query.name,
                    visible(sentence, 200),
                    "Correct it, or accept it as it is with --allow-warnings.",
                    column=f"#{each.id}" if each.id else None,
                    value=visible(value),
                )
            )
    if problems:
        raise ProblemsError(problems)


def _values(missing: NotFound) -> Iterable[str]:
    return (*missing.fields, *missing.phrases, *missing.ignored, *missing.quoted)


def answer_to_json(answer: SearchAnswer) -> dict[str, Any]:
    """Return an answer as a journal keeps it."""
    return asdict(answer)


def answer_from_json(value: dict[str, Any]) -> SearchAnswer:
    """Return the answer that :func:`answer_to_json` kept."""
    missing = NotFound(**{name: tuple(texts) for name, texts in value["not_found"].items()})
    return SearchAnswer(
        value["count"],
        tuple(value["ids"]),
        value["query_translation"],
        tuple((before, after) for before, after in value["translations"]),
        missing,
        tuple(value["warnings"]),
        value["webenv"],
        value["query_key"],
    )
