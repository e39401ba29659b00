"""The record of a search as Markdown and as a fragment of HTML: the same blocks, written twice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .prisma_s import moment, number

__all__ = ["as_html", "as_markdown", "blocks"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Code:
    """Text in PubMed's language, verbatim."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table; a cell is text, verbatim text, or a number, which is set to the right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str | Code | int, ...], ...]


Block = Heading | Paragraph | Code | Points | Table


def blocks(record: Mapping[str, Any]) -> Iterator[Block]:
    """Give the parts of a record of schema ``synth.prisma-s/1``, in the order of a page."""
    strategy, searched = record["strategy"], record["searched"]
    yield Heading(f"Search record: {strategy['title']}", 1)
    if strategy["question"]:
        yield Paragraph(strategy["question"])
    yield Table(("", ""), tuple((what, text) for what, text in _facts(record) if text))
    if not record["complete"]:
        yield Paragraph("This run is not complete:")
        yield Points(tuple(record["incomplete_reasons"]))
    if strategy["changed_since"]:
        yield Paragraph("The strategy's file has changed since this run; the record shows it as it was searched.")
    yield Heading("Strategy")
    yield Table(
        ("Line", "Search", "Records"),
        tuple((_name(line), Code(line["text"]), line["count"]) for line in record["lines"]),
    )
    notes = [f"#{line['id']}: {line['note']}" for line in record["lines"] if line["note"]]
    if strategy["notes"]:
        notes.insert(0, " ".join(strategy["notes"].split()))
    if notes:
        yield Points(tuple(notes))
    yield Heading("The search as it was sent", 3)
    yield Code(record["query"])
    yield Heading("How PubMed read it", 3)
    yield Code(record["translation"]) if record["translation"] else Paragraph("PubMed gave no translation.")
    yield from _warnings(record)
    yield from _updates(record["updates"])
    yield from _known(record["known"])
    yield Heading("PRISMA-S")
    yield Table(
        ("Item", "", "Answer"), tuple((item["number"], item["name"], item["text"]) for item in record["items"])
    )
    yield Paragraph(
        f"Made by {record['tool']} {record['tool_version']} from run {record['run']} of {searched['started'][:10]}. "
        "Items: Rethlefsen ML, Kirtley S, Waffenschmidt S, et al. PRISMA-S. Syst Rev 2021;10:39."
    )


def _name(line: Mapping[str, Any]) -> str:
    return f"#{line['id']}" + (f" {line['label']}" if line["label"] else "")


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    strategy, searched, totals = record["strategy"], record["searched"], record["totals"]
    yield "Database", f"{record['database']}, through {record['platform']}"
    yield "Searched", moment(searched["started"]) + (
        f" (interrupted, and continued {', '.join(map(moment, searched['resumed']))})" if searched["resumed"] else ""
    )
    yield "Records found", number(totals["found"], "record")
    yield "Records delivered", number(totals["delivered"], "record")
    yield "Strategy", f"{strategy['file']}, SHA-256 {strategy['sha256']}"
    yield "Written", ", ".join(filter(None, (strategy["written"], *strategy["authors"])))
    yield "Tool", f"{record['tool']} {record['tool_version']}, run {record['run']}"


def _warnings(record: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("What PubMed warned of")
    of_lines = [f"#{line['id']}: {warning}" for line in record["lines"] for warning in line["warnings"]]
    said = list(dict.fromkeys([*of_lines, *record["warnings"]]))
    yield Points(tuple(said)) if said else Paragraph("Nothing.")


def _updates(updates: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    if not updates:
        return
    yield Heading("Runs")
    rows = []
    for each in updates:
        changes = [each[name] if each[name] is not None else "–" for name in ("new", "gone", "changed", "retracted")]
        rows.append((moment(each["started"]), each["total"], *changes, "yes" if each["complete"] else "no"))
    yield Table(("Searched", "Records", "New", "Gone", "Changed", "Retracted since", "Complete"), tuple(rows))


def _known(known: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Known publications")
    if not known["known"]:
        yield Paragraph("None were named that the search must find.")
        return
    said = f"{known['found']:,} of {number(known['known'], 'known publication')} are among the records."
    if known["found"] < known["known"]:
        said += " The others are missed, or PubMed does not have them: synth search NAME --check tells which."
    yield Paragraph(said)
    yield Table(
        ("Publication", "PMID or DOI", "Found"),
        tuple(
            (item["label"], str(item["pmid"] or item["doi"]), "yes" if item["found"] else "no")
            for item in known["items"]
        ),
    )


def as_markdown(record: Mapping[str, Any]) -> str:
    """Write a record as Markdown; nothing in it can become a heading, a link or HTML of its own.

    Parameters
    ----------
    record : mapping
        Of schema ``synth.prisma-s/1``.
    """
    body = "\n\n".join(_markdown(block) for block in blocks(record))
    return f"<!-- {record['schema']} -->\n\n{body}\n"


_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def _plain(text: str) -> str:
    r"""Escape what Markdown or HTML would obey.

    Examples
    --------
    >>> print(_plain("a <b> | [c](d)\n# e"))
    a \<b\> \| \[c\](d) \# e
    """
    return _ACTIVE.sub(r"\\\1", " ".join(_visible(text).split()))


def _span(text: str) -> str:
    """Write verbatim text inside a line: between more backticks than stand in it."""
    text = " ".join(_visible(text).split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{' '.join(_visible(text).split())}\n{fence}"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_plain(block.text)}"
    if isinstance(block, Code):
        return _fenced(block.text)
    if isinstance(block, Points):
        return "\n".join(f"- {_plain(item)}" for item in block.items)
    if isinstance(block, Table):
        lines = [_row(map(_plain, block.heads)), _row(_rule(block))]
        lines += [_row(map(_cell, row)) for row in block.rows]
        return "\n".join(lines)
    # A line that begins with a number and a point, or with a dash, would become a list.
    return re.sub(r"^(?=[-+=])", r"\\", re.sub(r"^(\d+)(?=[.)])", r"\1\\", _plain(block.text)))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(table: Table) -> Iterator[str]:
    for column in range(len(table.heads)):
        numbers = any(isinstance(row[column], int) for row in table.rows)
        yield "---:" if numbers else "---"


def _cell(cell: str | Code | int) -> str:
    if isinstance(cell, Code):
        return _span(cell.text).replace("|", r"\|")  # in a table a bar ends the cell, even between backticks
    return f"{cell:,}" if isinstance(cell, int) else _plain(cell)


def as_html(record: Mapping[str, Any], *, level: int = 2) -> str:
    """Write a record as a fragment of HTML, everything escaped; it brings no style and no script.

    Parameters
    ----------
    record : mapping
        Of schema ``synth.prisma-s/1``.
    level : int
        Of its highest heading: 2 puts it below the heading of a page.
    """
    inside = "\n".join(_html(block, level) for block in blocks(record))
    return f'<section class="search-record" data-schema="{_safe(record["schema"])}">\n{inside}\n</section>\n'


def _html(block: Block, level: int) -> str:
    if isinstance(block, Heading):
        tag = f"h{min(block.level + level - 1, 6)}"
        return f"<{tag}>{_safe(block.text)}</{tag}>"
    if isinstance(block, Code):
        return f"<pre><code>{_safe(block.text)}</code></pre>"
    if isinstance(block, Points):
        return "<ul>" + "".join(f"<li>{_safe(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, Table):
        heads = "".join(f'<th scope="col">{_safe(head)}</th>' for head in block.heads)
        head = f"<thead><tr>{heads}</tr></thead>" if any(block.heads) else ""
        rows = "\n".join(f"<tr>{''.join(map(_td, row))}</tr>" for row in block.rows)
        return f"<table>{head}<tbody>\n{rows}\n</tbody></table>"
    return f"<p>{_safe(block.text)}</p>"


def _td(cell: str | Code | int) -> str:
    if isinstance(cell, Code):
        return f"<td><code>{_safe(cell.text)}</code></td>"
    return f'<td class="number">{cell:,}</td>' if isinstance(cell, int) else f"<td>{_safe(cell)}</td>"


# Marks that turn the direction of text or hide in it: a reader of the page would see something else than stands there.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def _visible(text: str) -> str:
    return _HIDDEN.sub("\ufffd", text)


def _safe(text: str) -> str:
    return html.escape(_visible(text))
