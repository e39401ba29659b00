"""Workbooks for the tests, written here byte by byte, so that they can be wrong on purpose."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import pytest

from synth.errors import ProblemsError
from synth.extract.contract.sheets import RESULTS, STUDIES, fold, names_of
from synth.extract.reading.readers import parse_tables
from synth.extract.reading.tables import Table, letters

KNOWN = {**names_of(RESULTS), **names_of(STUDIES)}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
Cell = str | int | float | None


def known(heading: str) -> bool:
    """Say whether a sheet of a review has such a column."""
    return fold(heading) in KNOWN


def tables(data: bytes, name: str = "a.xlsx") -> list[Table]:
    """Read bytes as the import does."""
    return parse_tables(data, name, known)


def refused(data: bytes, name: str = "a.xlsx") -> str:
    """Return the one problem for which a file is refused."""
    with pytest.raises(ProblemsError) as caught:
        tables(data, name)
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


def said(table: Table, severity: str | None = None) -> list[str]:
    """Return what a table's problems and notes say."""
    return [str(p) for p in (*table.problems, *table.notes) if severity in (None, p.severity)]


def csv(text: str) -> Table:
    """Read a CSV with one table in it."""
    (table,) = tables(text.encode(), "a.csv")
    return table


def cell(reference: str, value: Cell, more: str = "") -> str:
    """Write one cell; a text stands in it, and not in the common list."""
    if value is None:
        return f'<c r="{reference}"{more}/>'
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"{more}><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{reference}"{more}><v>{value!r}</v></c>'


def sheet(rows: Sequence[Sequence[Cell]], after: str = "", before: str = "") -> str:
    """Write a worksheet from its first row and column on."""
    lines = []
    for number, values in enumerate(rows, start=1):
        cells = "".join(cell(f"{letters(c)}{number}", v) for c, v in enumerate(values, start=1) if v is not None)
        lines.append(f'<row r="{number}">{cells}</row>')
    return worksheet("".join(lines), after, before)


def worksheet(rows: str, after: str = "", before: str = "") -> str:
    """Write a worksheet around its rows."""
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def archive(parts: Mapping[str, str | bytes], stored: bool = False) -> bytes:
    """Make a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return buffer.getvalue()


def parts(
    *sheets: str,
    names: Sequence[str] = (),
    states: Sequence[str] = (),
    texts: str = "",
    styles: str = "",
    book: str = "",
) -> dict[str, str | bytes]:
    """Return the parts of an .xlsx: its worksheets, and what the workbook says beside them."""
    names = [*names, *(f"Sheet{n}" for n in range(len(names) + 1, len(sheets) + 1))]
    states = [*states, *["visible"] * (len(sheets) - len(states))]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="r{n}"/>'
        for n, (name, state) in enumerate(zip(names, states, strict=True), start=1)
    )
    targets = [(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    made: dict[str, str | bytes] = {f"xl/worksheets/sheet{n}.xml": text for n, text in enumerate(sheets, start=1)}
    if texts:
        targets.append(("t", "sharedStrings", "sharedStrings.xml"))
        made["xl/sharedStrings.xml"] = texts
    if styles:
        targets.append(("s", "styles", "styles.xml"))
        made["xl/styles.xml"] = styles
    links = "".join(f'<Relationship Id="{i}" Type="{RELATIONS}/{kind}" Target="{to}"/>' for i, kind, to in targets)
    made["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>'
    made["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets>{book}</workbook>'
    )
    return made


def xlsx(*sheets: str, **said: str | Sequence[str]) -> bytes:
    """Make an .xlsx of worksheets, as :func:`parts` takes them."""
    return archive(parts(*sheets, **said))  # type: ignore[arg-type]


def record(kind: int, body: bytes = b"") -> bytes:
    """Write a record of an .xls."""
    return struct.pack("<HH", kind, len(body)) + body


def xls_stream(cells: bytes, common: bytes = b"", name: bytes = b"S", kind: int = 0, version: int = 0x600) -> bytes:
    """Write the stream of an .xls with one sheet, around the records of its cells."""
    start = record(0x809, struct.pack("<HHHHII", version, 5, 0, 0, 0, 0)) + common
    flags = b"\0" if version == 0x600 else b""
    bound = struct.pack("<BBB", 0, kind, len(name)) + flags + name
    offset = len(start) + 4 + 4 + len(bound) + 4
    begin = record(0x809, struct.pack("<HHHHII", version, 0x10, 0, 0, 0, 0))
    return start + record(0x85, struct.pack("<I", offset) + bound) + record(0x0A) + begin + cells + record(0x0A)


def label(row: int, column: int, text: str) -> bytes:
    """Write a text into a cell of an .xls, in an old way that needs no common list."""
    data = text.encode("utf-16-le")
    return record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + data)


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """Write a number into a cell of an .xls."""
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


def compound(streams: Mapping[str, bytes], chain: Mapping[int, int] | None = None) -> bytes:
    """Make a compound file of large streams; `chain` overwrites what the table of sectors says."""
    bodies = {name: data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0") for name, data in streams.items()}
    folder = -(-(len(bodies) + 1) // 4)
    count = folder + sum(len(body) for body in bodies.values()) // 512
    tables = -(-(count + 20) // 127)
    follows = [*range(1, folder), 0xFFFFFFFE]
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0)]
    for name, body in bodies.items():
        first = len(follows)
        follows += [*range(first + 1, first + len(body) // 512), 0xFFFFFFFE]
        entries.append(_entry(name, 2, first, max(len(streams[name]), 4096)))
    follows += [0xFFFFFFFD] * tables
    for place, following in (chain or {}).items():
        follows[place] = following
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, tables, 0, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *range(count, count + tables), *[0xFFFFFFFF] * (109 - tables))
    table = struct.pack(f"<{len(follows)}I", *follows).ljust(512 * tables, b"\xff")
    return header + b"".join(entries).ljust(512 * folder, b"\0") + b"".join(bodies.values()) + table


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    free = 0xFFFFFFFF
    return (
        text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, free, free, free)
        + bytes(36) + struct.pack("<III", start, size, 0)
    )  # fmt: skip


def xls(cells: bytes, **said: object) -> bytes:
    """Make an .xls with one sheet, as :func:`xls_stream` takes it."""
    return compound({"Workbook": xls_stream(cells, **said)})  # type: ignore[arg-type]


def ods(table: str, more: str = "", others: Mapping[str, str | bytes] | None = None) -> bytes:
    """Make an .ods around the rows of one table."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{word}="{space}:{word}:1.0"' for word in ("office", "table", "text", "style"))
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="T">{table}</table:table>{more}</office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": mimetype, "content.xml": content, **(others or {})})


def ods_row(*values: Cell, repeated: int = 1) -> str:
    """Write a row of an .ods."""
    cells = []
    for value in values:
        if value is None:
            cells.append("<table:table-cell/>")
        elif isinstance(value, str):
            text = f"<text:p>{escape(value)}</text:p>"
            cells.append(f'<table:table-cell office:value-type="string">{text}</table:table-cell>')
        else:
            cells.append(f'<table:table-cell office:value-type="float" office:value="{value}"/>')
    again = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-row{again}>{''.join(cells)}</table:table-row>"
