"""Every file that goes out: of one outcome by format, and of a whole review as one archive."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ..figures.alone import alone
from ..figures.catalogue import figures
from ..methods import bibtex, rscript
from ..words import plain, quantity
from ..words.reading import Document, get, outcome_label, text
from . import columns
from .archive import SUMS, sums, to_zip
from .delimited import csv_text
from .model import Table
from .schema import schema
from .stacked import stacked
from .tables import tables
from .workbook import to_workbook

Files = dict[str, bytes]

SCHEMA_FILE: Final = "schema/synth.pool-1.schema.json"
FIGURE_WIDTH: Final = 174.0
"""Millimetres: two columns of a journal."""
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """One outcome that goes out.

    Parameters
    ----------
    name : str
        Of its files, without an ending; made safe by :func:`safe_name`.
    document : mapping
        The pooled document.
    json : str
        The same as text, as it lies beside its page.
    """

    name: str
    document: Document
    json: str

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the document: made once, for the CSV files, the workbook and the tables of the whole review."""
        return tables(self.document)


def safe_name(said: object) -> str:
    """Return a name that a file may have anywhere: no folder, no device, nothing hidden.

    Examples
    --------
    >>> safe_name("fusion.mis-vs-open"), safe_name("../../etc/passwd"), safe_name("NUL"), safe_name("")
    ('fusion.mis-vs-open', 'etc_passwd', '_NUL', 'outcome')
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", str(said or ""))[:80].strip("._-") or "outcome"
    return f"_{name}" if _DEVICES.fullmatch(name) else name


def _csv(page: Page) -> Files:
    return {f"{page.name}/{table.name}.csv": csv_text(table).encode() for table in _with_columns(page.tables)}


def _xlsx(page: Page) -> Files:
    made = _with_columns(page.tables)
    return {f"{page.name}.xlsx": to_workbook(made, outcome_label(page.document), _about(page.document))}


def _json(page: Page) -> Files:
    return {f"{page.name}.json": page.json.encode("utf-8", "backslashreplace")}


def _svg(page: Page) -> Files:
    found = figures(page.document)
    return {f"{page.name}/figures/{kind}.svg": alone(one.svg, FIGURE_WIDTH).encode() for kind, one in found.items()}


def _r(page: Page) -> Files:
    return {f"{page.name}.R": rscript.script(page.document).text.encode()}


def _bib(page: Page) -> Files:
    return {f"{page.name}.bib": bibtex.file(page.document).encode()}


FORMATS: Final[dict[str, Callable[[Page], Files]]] = {
    "csv": _csv, "xlsx": _xlsx, "json": _json, "svg": _svg, "r": _r, "bib": _bib,
}  # fmt: skip
"""What makes the files of each format."""


def outcome_files(page: Page, formats: Iterable[str] = tuple(FORMATS)) -> Files:
    """Return the files of one outcome.

    Parameters
    ----------
    page : Page
        Its name has been made safe.
    formats : iterable of str
        Of :data:`FORMATS`.

    Returns
    -------
    dict of str to bytes
        By path: ``NAME.xlsx``, ``NAME/TABLE.csv``, ``NAME/figures/KIND.svg`` ...

    Raises
    ------
    ValueError
        The document holds a number that cannot be shown, such as a proportion beyond 1.
    """
    files: Files = {}
    for name in FORMATS:
        if name in formats:
            files |= FORMATS[name](page)
    return files


def review_tables(pages: Sequence[Page]) -> tuple[Table, ...]:
    """Return the tables of all outcomes, those of the same name as one, and what their columns mean."""
    return _with_columns(stacked({page.name: page.tables for page in pages}))


def review_files(pages: Sequence[Page], title: str, environment: Mapping[str, str]) -> Files:
    """Return the files of a whole review, without the archive that holds them all.

    Parameters
    ----------
    pages : sequence of Page
    title : str
        Of the review.
    environment : mapping of str to str
        Version by package, and ``python``.

    Returns
    -------
    dict of str to bytes
        ``TABLE.csv`` for all outcomes together, and ``review.xlsx`` with the same tables.
    """
    found = review_tables(pages)
    files = {f"{table.name}.csv": csv_text(table).encode() for table in found}
    about = [("outcomes", str(len(pages))), *sorted(environment.items())]
    return {**files, "review.xlsx": to_workbook(found, title, about)}


def bundle(pages: Sequence[Page], title: str, environment: Mapping[str, str]) -> bytes:
    """Pack everything of a review into one archive.

    Parameters
    ----------
    pages, title, environment
        As for :func:`review_files`.

    Returns
    -------
    bytes
        A ZIP of one folder: tables of all outcomes, a folder for each outcome with its tables and figures, its JSON,
        workbook, script and references, the JSON Schema, the versions, and the digest of each file. The same
        documents and versions give the same bytes.

    Raises
    ------
    ValueError
        Two pages of the same name.

    Examples
    --------
    >>> document = {"outcome": "death", "k": 1, "events": 7, "total": 43, "studies": []}
    >>> bundle([Page("death", document, "{}")], "Deaths", {"python": "3.11"})[:2]
    b'PK'
    """
    names = [page.name.casefold() for page in pages]
    if len(set(names)) < len(names):
        raise ValueError("two pages have the same name")
    files = {f"review/{path}": data for path, data in review_files(pages, title, environment).items()}
    for page in pages:
        files |= {f"outcomes/{path}": data for path, data in outcome_files(page).items()}
    files[SCHEMA_FILE] = (json.dumps(schema(), indent=1, ensure_ascii=False) + "\n").encode()
    files["environment/requirements.txt"] = requirements(environment).encode()
    files["environment/python.txt"] = f"{environment.get('python', 'not known')}\n".encode()
    files["README.txt"] = _read_me(pages, title).encode()
    files[SUMS] = sums(files).encode()
    top = f"{safe_name(title.casefold())[:40].strip('._-') or 'review'}-data"
    return to_zip({f"{top}/{path}": data for path, data in files.items()})


def requirements(environment: Mapping[str, str]) -> str:
    r"""Write the versions of packages as pip takes them.

    Examples
    --------
    >>> requirements({"python": "3.11.4", "synth": "0.1.0", "numpy": "2.4.6"})
    'numpy==2.4.6\nsynth==0.1.0\n'
    """
    return "".join(f"{name}=={version}\n" for name, version in sorted(environment.items()) if name != "python")


def _with_columns(found: Sequence[Table]) -> tuple[Table, ...]:
    return (*found, columns.dictionary(found))


def _about(document: Document) -> list[tuple[str, str]]:
    shown = quantity.of(document)
    answer = shown.effect(*(get(document, "pooled", "reporting", part) for part in ("estimate", "ci_low", "ci_high")))
    facts = (
        ("review", text(document, "review", "title")),
        ("outcome", outcome_label(document)),
        ("definition", text(document, "outcome_info", "definition")),
        ("arm", text(document, "arm", "label")),
        ("answer", answer),
        ("made with", f"{text(document, 'generator', 'name')} {text(document, 'generator', 'version')}".strip()),
        ("command", text(document, "command")),
    )
    return [(name, said) for name, said in facts if said]


def _read_me(pages: Sequence[Page], title: str) -> str:
    lines = [
        plain.visible(title), "",
        "review/      one table of each kind for all outcomes (CSV), and all of them in review.xlsx;",
        "             the column page says which outcome a row is of, columns.csv what each column holds",
        "outcomes/    the same of each outcome by itself, its figures (SVG), its JSON, workbook, references (BibTeX)",
        "             and the script in R that gives the same numbers",
        "schema/      the JSON Schema of the JSON files",
        "environment/ the versions that this was made with: pip install -r requirements.txt",
        f"{SUMS}   the digest of each file: sha256sum -c {SUMS}", "",
        "CSV files are UTF-8 with a byte order mark; numbers have every digit that is kept, proportions are fractions.",
        "An empty cell is not known or not defined; the column reason says why. A text that a spreadsheet would take",
        "for a formula has an apostrophe in front of it; the JSON has it as it was.", "",
        "Outcomes:",
    ]  # fmt: skip
    lines += [f"  {page.name}: {plain.visible(outcome_label(page.document))}" for page in pages]
    lines += ["", "Each was made by the command in its JSON, from the files whose digests stand there.", ""]
    return "\n".join(lines)
