"""Workbooks to grids of text: .xlsx and .xlsm, .xls, .ods; looked at from outside first, and nothing in them is run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from synth.errors import Problem, ProblemsError
from synth.workspace import visible

from .archives import Archive, Repacked, damaged, refusal
from .grids import LARGEST_CELLS, LARGEST_TEXT, Book, Findings
from .markup import each
from .parsing import parsed
from .spreadsheetml import scan
from .typed import shows_percent

MOST_SHEETS = 500
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SMALL = 8 * 2**20
_HEAD = 2**16
_SHEET_ROOT, _CELLS = re.compile(rb"<(?:\w+:)?worksheet\b[^<>]*>"), re.compile(rb"<((?:\w+:)?sheetData)[ />]")
_TEXTS_ROOT, _TEXTS = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>"), re.compile(rb"<((?:\w+:)?si)[ />]")
_END_OF_TEXT = re.compile(rb"</(?:\w+:)?si\s*>")
_COUNTS = re.compile(rb"""\s(?:uniqueCount|count)\s*=\s*(?:"[^"]*"|'[^']*')""")


@dataclass
class _Outline:
    """What the parts of an .xlsx say of each other: sheets as (name, part, hidden)."""

    sheets: list[tuple[str, str, bool]] = field(default_factory=list)
    strings: str | None = None
    styles: str | None = None
    epoch_1904: bool = False
    recalculate: bool = False


def read_workbook(data: bytes, file: str) -> Book:
    """Read a workbook of any kind, which is told by what it holds.

    Parameters
    ----------
    data : bytes
        The file: a zip archive, or a compound file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It is no workbook, or cannot or must not be read.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        from .biff import read_xls

        return read_xls(data, file)
    archive = Archive(data, file)
    folded = [name.casefold() for name in archive.names]
    if any(name.startswith("xl/") and name.endswith(".xml") for name in folded) and "xl/workbook.bin" not in folded:
        return read_xlsx(archive, file)
    if "content.xml" in folded and "mimetype" in folded:
        kind = archive.read(archive.find("mimetype") or "mimetype", 200)
        if b"opendocument.spreadsheet" in kind:
            from .opendocument import read_ods

            return read_ods(archive, file)
    raise _no_workbook(folded, file)


def _no_workbook(names: Sequence[str], file: str) -> ProblemsError:
    """Say what an archive is instead."""
    save = "Open it in a spreadsheet and save it as .xlsx."
    for word, said, remedy in (
        ("xl/workbook.bin", "is a binary workbook (.xlsb)", save),
        ("word/", "is a Word document", "Copy the table into a spreadsheet and save it as .xlsx."),
        ("ppt/", "is a PowerPoint file", "Copy the table into a spreadsheet and save it as .xlsx."),
        ("index/", "is a file of Apple's Numbers or Pages", "Export it as .xlsx or CSV."),
        ("content.xml", "is an OpenDocument file, but no spreadsheet", "Save the table that is in it as .ods or CSV."),
    ):
        if any(name.startswith(word) for name in names):
            return refusal(file, f"{said}, which is not read.", remedy)
    inside = [name for name in names if name.endswith((".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv"))]
    holds = f" that holds {visible(inside[0], 60)}" if inside else ""
    return refusal(file, f"is a zip archive{holds}, no workbook.", "Unpack it, and name the workbook in it.")


def read_xlsx(archive: Archive, file: str) -> Book:
    """Read an .xlsx or .xlsm.

    Parameters
    ----------
    archive : Archive
        The file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It cannot be read, or is larger than any sheet of studies.
    """
    outline = _outline(archive, file)
    styles = _Styles(file, archive.read(outline.styles) if outline.styles else None)
    texts = archive.read(outline.strings) if outline.strings else b""
    budget = _Budget(texts, file)
    found: list[Findings] = []
    with Repacked() as made:
        for number, (_, part, _hidden) in enumerate(outline.sheets, start=1):
            data = archive.read(part)
            found.append(scan(data, file, styles.percent, outline.recalculate))
            budget.spend(found[-1], data)
            made.add(f"xl/worksheets/sheet{number}.xml", *(_essence(data, _SHEET_ROOT, _CELLS) or [data]))
            del data
        if outline.strings:
            pieces = _essence(texts, _TEXTS_ROOT, _TEXTS)
            if pieces is None:
                remedy = "Open it in a spreadsheet and save it again as .xlsx."
                raise refusal(file, "has comments in its XML, which no spreadsheet program writes.", remedy)
            made.add("xl/sharedStrings.xml", *pieces)
        made.add("xl/styles.xml", styles.written())
        for name, data in _frame(outline).items():
            made.add(name, data)
    del texts, budget
    sheets = [(name, hidden, seen) for (name, _, hidden), seen in zip(outline.sheets, found, strict=True)]
    return Book(parsed(made.file, sheets, file), _strange_parts(archive, file))


def _outline(archive: Archive, file: str) -> _Outline:
    """Find the sheets, the common texts and the styles, by the relations between the parts."""
    main = "xl/workbook.xml"
    if roots := archive.find("_rels/.rels"):
        for target, kind in _relations(archive, roots, "", file).values():
            if kind == "officeDocument":
                main = target
    name = archive.find(main)
    if name is None:
        raise damaged(file)
    folder, _, own = name.rpartition("/")
    related = archive.find(f"{folder}/_rels/{own}.rels".lstrip("/"))
    targets = _relations(archive, related, folder, file) if related else {}
    outline = _Outline()

    def take(element: str, attributes: dict[str, str]) -> None:
        if element == "sheet":
            reference = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            target, kind = targets.get(reference, ("", ""))
            part = archive.find(target) if kind == "worksheet" else None
            if part is not None:
                state = attributes.get("state", "visible")
                outline.sheets.append((visible(attributes.get("name", ""), 60), part, state != "visible"))
        elif element == "workbookPr":
            outline.epoch_1904 = attributes.get("date1904") in ("1", "true", "on")
        elif element == "calcPr":
            outline.recalculate = attributes.get("fullCalcOnLoad") in ("1", "true", "on")

    each(archive.read(name, _SMALL), file, take)
    for target, kind in targets.values():
        if kind == "sharedStrings":
            outline.strings = archive.find(target)
        elif kind == "styles":
            outline.styles = archive.find(target)
    if not outline.sheets:
        raise refusal(file, "is a workbook without a worksheet.", "Put the table into a worksheet.")
    if len(outline.sheets) > MOST_SHEETS:
        raise refusal(file, f"has more than {MOST_SHEETS} sheets.", "Keep the sheets that hold data.")
    if len({part for _, part, _ in outline.sheets}) < len(outline.sheets):
        raise damaged(file)
    return outline


def _relations(archive: Archive, part: str, folder: str, file: str) -> dict[str, tuple[str, str]]:
    """Return target and kind of each relation; those that lead outside of the file are not followed."""
    found: dict[str, tuple[str, str]] = {}

    def take(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target.split("/") if target.startswith("/") else [*folder.split("/"), *target.split("/")]
            steps: list[str] = []
            for step in path:
                if step == "..":
                    steps = steps[:-1]
                elif step not in ("", "."):
                    steps.append(step)
            found[attributes.get("Id", "")] = ("/".join(steps), attributes.get("Type", "").rpartition("/")[2])

    each(archive.read(part, _SMALL), file, take)
    return found


class _Styles:
    """The number formats of the cells, and which of them show a percentage."""

    def __init__(self, file: str, data: bytes | None) -> None:
        self._codes: dict[str, str] = {}
        self._cells: list[str] = []
        self._inside = False
        if data is not None:
            each(data, file, self._take)
        shares = {"9", "10"} | {number for number, code in self._codes.items() if shows_percent(code)}
        self.percent = frozenset(place for place, number in enumerate(self._cells) if number in shares)

    def _take(self, element: str, attributes: dict[str, str]) -> None:
        if element == "numFmt":
            self._codes[_number(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif element == "xf" and self._inside:
            self._cells.append(_number(attributes.get("numFmtId", "")))
        elif element in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            self._inside = element == "cellXfs"

    def written(self) -> bytes:
        """Return the formats as a part of their own, and nothing else that a style says."""
        codes = "".join(
            f"<numFmt numFmtId={quoteattr(number)} formatCode={quoteattr(code)}/>"
            for number, code in self._codes.items()
        )
        cells = "".join(f'<xf numFmtId="{number}"/>' for number in self._cells)
        return f'<styleSheet xmlns="{_MAIN}"><numFmts>{codes}</numFmts><cellXfs>{cells}</cellXfs></styleSheet>'.encode()


def _number(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and len(text) < 6 else "0"


def _essence(data: bytes, root: re.Pattern[bytes], inside: re.Pattern[bytes]) -> list[bytes | memoryview] | None:
    """Return the part of a document that holds the values, within its root; the rest a parser need not have.

    What a root says of its size is left out, since a parser believes it and asks for the memory. ``None`` where
    comments or the like stand between.
    """
    if b"<!" in data or data.find(b"<?", 2) >= 0:
        # In a comment may stand what looks like cells, and a parser would be handed the comment without its marks.
        return None
    begin = root.search(data, 0, _HEAD)
    first = None if begin is None else inside.search(data, begin.end())
    last = data.rfind(b"</")
    if begin is None or last < begin.end():
        return [data]
    if first is None:
        return [begin[0], data[last:]] if not begin[0].endswith(b"/>") else [begin[0]]
    end = data.rfind(b"</" + first[1], first.start(), last)
    stop = data.find(b">", end) + 1 if end >= 0 else last
    return [_COUNTS.sub(b"", begin[0]), memoryview(data)[first.start() : stop], data[last:]]


class _Budget:
    """What a parser may keep in memory: every cell of each sheet's box, and every common text once for each cell."""

    def __init__(self, texts: bytes, file: str) -> None:
        begin = _TEXTS.search(texts)
        self._lengths = [len(text) for text in _END_OF_TEXT.split(texts, 0)] if begin else [0]
        if begin:
            self._lengths[0] -= begin.start()
        self._longest = max(self._lengths)
        self._file = file
        self._cells = self._text = 0

    def spend(self, seen: Findings, data: bytes) -> None:
        """Count a sheet in.

        Raises
        ------
        ProblemsError
            All sheets together would not fit.
        """
        self._cells += seen.cells
        if self._text + seen.shared * self._longest <= LARGEST_TEXT // 2:
            self._text += seen.shared * self._longest
        else:
            # One long text is nothing; which cell shows which text decides.
            numbers = re.findall(rb'\bt="s"[^<>]*><(?:\w+:)?v>(\d{1,9})<', data)
            last = len(self._lengths) - 1
            self._text += sum(self._lengths[min(int(n), last)] * k for n, k in Counter(numbers).items())
            # A cell that is written in another way counts as the longest.
            self._text += max(0, seen.shared - len(numbers)) * self._longest
        if self._cells > LARGEST_CELLS or self._text > LARGEST_TEXT:
            raise refusal(
                self._file,
                "has sheets that are larger than any table of studies.",
                "Keep one row per study, arm and outcome, and put everything else into another file.",
            )


def _frame(outline: _Outline) -> dict[str, bytes]:
    """Return the parts that tell a parser where the sheets are, written anew."""
    sheets = "".join(
        f'<sheet name="s{number}" sheetId="{number}" r:id="r{number}"/>'
        for number in range(1, len(outline.sheets) + 1)
    )
    epoch = '<workbookPr date1904="1"/>' if outline.epoch_1904 else ""
    targets = [(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(outline.sheets) + 1)]
    if outline.strings:
        targets.append(("strings", "sharedStrings", "sharedStrings.xml"))
    if outline.styles:
        targets.append(("styles", "styles", "styles.xml"))
    relations = "".join(f'<Relationship Id="{i}" Type="{_RELATIONS}/{kind}" Target="{to}"/>' for i, kind, to in targets)
    root = f'<Relationship Id="r" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    return {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{root}</Relationships>'.encode(),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'.encode(),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{epoch}<sheets>{sheets}</sheets></workbook>'
        ).encode(),
    }


def _strange_parts(archive: Archive, file: str) -> list[Problem]:
    """Say what else lies in the file: none of it was opened, followed or run."""
    names = [name.casefold() for name in archive.names]

    def any_in(*words: str) -> bool:
        return any(word in name for name in names for word in words)

    said: list[tuple[str, str]] = []
    if any_in("vbaproject", "macrosheets/", "dialogsheets/"):
        said.append(("holds macros; they were not run.", "If the values are right without them, all is well."))
    if any_in("externallinks/", "connections.xml", "querytables/"):
        message = "takes values from other files or the network; nothing was fetched, the values last saved were read."
        said.append((message, "Look whether they are up to date, and paste them as values."))
    if any_in("embeddings/", "activex/"):
        said.append(("holds embedded files or controls; they were not opened.", "Put what is needed into a cell."))
    return [Problem(file, message, remedy, severity="warning") for message, remedy in said]
