"""The text for a manuscript, its references and what makes the page again, as strings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..methods import bibtex, manuscript, reproduce, results, rscript, vancouver
from ..methods.draft import Paragraph
from ..methods.references import REFERENCES
from ..words.phrases import noun
from ..words.reading import Document, get, items
from .crowded import is_crowded
from .elsewhere import where
from .page_model import Detail, Link


@dataclass(frozen=True)
class Cited:
    """A sentence without its full stop, and the numbers of its references with what stands between them."""

    text: str
    stop: str
    numbers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Written:
    """A paragraph with its heading."""

    id: str
    title: str
    sentences: tuple[Cited, ...]


@dataclass(frozen=True)
class ReferenceRow:
    """A numbered reference."""

    number: int
    text: str
    link: Link | None


@dataclass(frozen=True)
class Script:
    """An R script, what it makes again, and what it does not."""

    text: str
    about: str
    differs: str


@dataclass(frozen=True)
class Manuscript:
    """Everything that a manuscript or a second person takes from the page."""

    methods: tuple[Written, ...]
    results: tuple[Written, ...]
    references: tuple[ReferenceRow, ...]
    bibtex: str
    script: Script | None
    references_said: str
    bibtex_said: str
    script_said: str
    reproduce: tuple[str, ...]
    command: str
    inputs: tuple[Detail, ...]


def written(document: Document) -> Manuscript:
    """Return the text of a document.

    Examples
    --------
    >>> made = written({"k": 1, "outcome": "death", "settings": {"study_ci_method": "wilson"}})
    >>> [one.title for one in made.methods], made.references[0].text.partition(".")[0], made.script is None
    (['Outcome', 'Pooling', 'Software'], 'Wilson EB', True)
    """
    again, crowd = reproduce.block(document), is_crowded(document)
    every = vancouver.bibliography(document)
    kept = [one for one in every if one.key in REFERENCES] if crowd else list(every)
    return Manuscript(
        methods=tuple(_paragraph(one, len(kept)) for one in manuscript.paragraphs(document)),
        results=tuple(_paragraph(one, len(kept)) for one in results.paragraphs(document)),
        references=tuple(ReferenceRow(one.number, _without_address(one), _link(one)) for one in kept),
        references_said=f"The list goes on with the {noun(len(every) - len(kept))} themselves." if crowd else "",
        bibtex="" if crowd else bibtex.file(document),
        bibtex_said=_bibtex_gone(document) if crowd else "",
        script=None if crowd else _script(document),
        script_said=_script_gone(document) if crowd and _has_script(document) else "",
        reproduce=again.said,
        command=again.command,
        inputs=tuple(Detail(one.path, one.sha256) for one in again.inputs),
    )


def without(document: Document, text: Manuscript, left: frozenset[str]) -> Manuscript:
    """Leave out the long parts of a page that would be too large, and say where they are; see :mod:`.budget`.

    Examples
    --------
    >>> document = {"k": 1, "outcome": "death", "review": {"title": "Deaths"}}
    >>> text = replace(written(document), bibtex="@article{}")
    >>> without(document, text, frozenset({"bibtex"})).bibtex_said
    'The references as BibTeX are left out to keep this page small; "synth export death" writes them.'
    """
    if "bibtex" in left and text.bibtex:
        text = replace(text, bibtex="", bibtex_said=_bibtex_gone(document))
    if "r-script" in left and text.script:
        text = replace(text, script=None, script_said=_script_gone(document))
    return text


def _bibtex_gone(document: Document) -> str:
    return f"The references as BibTeX are left out to keep this page small; {where(document)} writes them."


def _script_gone(document: Document) -> str:
    return f"The R script is left out to keep this page small; {where(document)} writes it."


def _has_script(document: Document) -> bool:
    return get(document, "k") is not None and any(get(study, "data") for study in items(document, "studies"))


def _script(document: Document) -> Script | None:
    if not _has_script(document):
        return None
    made = rscript.script(document)
    covers = ", ".join(made.covers)
    need = "R alone" if made.package == "base R" else f"R with the package {made.package}"
    about = f"It needs {need}, holds the data and compares: {covers}." if covers else f"It needs {need}."
    return Script(made.text, about, made.differs or "")


def _paragraph(found: Paragraph, listed: int) -> Written:
    return Written(found.id, found.title, tuple(_cited(one.text, one.numbers, listed) for one in found.sentences))


def _cited(said: str, numbers: tuple[int, ...], listed: int) -> Cited:
    """Part a sentence from its full stop, before which citations stand; long runs of numbers become ranges.

    Examples
    --------
    >>> _cited("Pooled.", (1, 2, 3, 7, 12), 9).numbers
    (('', 1), ('–', 3), (',', 7))
    """
    numbers = tuple(number for number in numbers if number <= listed)
    if not numbers:
        return Cited(said, "", ())
    shown: list[tuple[str, int]] = []
    run: list[int] = []
    for number in (*sorted(set(numbers)), None):
        if run and number is not None and number == run[-1] + 1:
            run.append(number)
            continue
        if run:
            between = "–" if len(run) > 2 else ","
            shown += [("," if shown else "", run[0]), *([(between, run[-1])] if len(run) > 1 else [])]
        run = [] if number is None else [number]
    return Cited(said[:-1], said[-1:], tuple(shown))


def _without_address(entry: vancouver.Entry) -> str:
    doi = _doi(entry)
    return entry.text.removesuffix(doi).rstrip() if doi else entry.text


def _link(entry: vancouver.Entry) -> Link | None:
    doi = _doi(entry)
    return Link(doi or "Source", entry.address) if entry.address else None


def _doi(entry: vancouver.Entry) -> str:
    at = entry.text.rfind(" doi:")
    return entry.text[at + 1 :] if at >= 0 and entry.address else ""
