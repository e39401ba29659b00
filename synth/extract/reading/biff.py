"""An .xls (Excel 5 to 2003): read here, record by record, since a slip in it makes the usual parser ask for terabytes.

Section numbers in comments are those of [MS-XLS], Microsoft's description of the format.
"""

from __future__ import annotations

import codecs
import struct

from synth.errors import Problem, ProblemsError
from synth.workspace import visible

from .archives import damaged, refusal
from .biff_cells import Cells, Common
from .compound import Compound
from .grids import LARGEST_CELLS, LARGEST_TEXT, Book, Grid
from .typed import grid_of

MOST_RECORDS = 4_000_000
MOST_CELLS = 2_000_000
MOST_SHEETS = 500
_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _FORMAT, _XF, _SST, _CONTINUE = 0x809, 0x0A, 0x85, 0x2F, 0x41E, 0xE0, 0xFC, 0x3C
_SUPBOOK, _CODEPAGE, _DATEMODE = 0x1AE, 0x42, 0x22
_OTHERS = {
    "worddocument": "a Word document, no workbook",
    "powerpoint document": "a PowerPoint file, no workbook",
    "__properties_version1.0": "an Outlook message, no workbook",
}
_PAGES = {10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252", 1200: "cp1252"}


def read_xls(data: bytes, file: str) -> Book:
    """Read an .xls.

    Parameters
    ----------
    data : bytes
        The file.
    file : str
        What messages call it, made fit to be shown.

    Raises
    ------
    ProblemsError
        It is no workbook, damaged, protected, or larger than any sheet of studies.
    """
    container = Compound(data, file)
    names = {name.casefold(): name for name in container.names}
    if "encryptedpackage" in names or "encryptioninfo" in names:
        raise _protected(file)
    name = names.get("workbook") or names.get("book")
    if name is None:
        kind = next((said for word, said in _OTHERS.items() if word in names), "an old Office file, but no workbook")
        raise refusal(file, f"is {kind}.", "Save the table that is in it as .xlsx or CSV.")
    stream = container.read(name)
    try:
        common = _globals(stream, file)
        grids = _grids(stream, common, file)
    except (struct.error, IndexError, OverflowError) as error:
        raise damaged(file) from error
    if not grids:
        raise refusal(file, "is a workbook without a worksheet.", "Put the table into a worksheet.")
    problems = []
    if any("vba" in folded for folded in names) or any(kind in (1, 6) for *_, kind in common.sheets):
        message, remedy = "holds macros; they were not run.", "If the values are right without them, all is well."
        problems.append(Problem(file, message, remedy, severity="warning"))
    if common.linked:
        message = "takes values from other files or the network; nothing was fetched, the values last saved were read."
        remedy = "Look whether they are up to date, and paste them as values."
        problems.append(Problem(file, message, remedy, severity="warning"))
    return Book(grids, problems)


def _protected(file: str) -> ProblemsError:
    return refusal(file, "is protected with a password.", "Save a copy without the password, and name that.")


def _record(stream: bytes, at: int) -> tuple[int, bytes, int]:
    """Return kind, body and end of the record at an offset."""
    kind, length = struct.unpack_from("<HH", stream, at)
    end = at + 4 + length
    if end > len(stream):
        raise IndexError("cut off")
    return kind, stream[at + 4 : end], end


def _globals(stream: bytes, file: str) -> Common:
    """Read the first substream."""
    kind, body, at = _record(stream, 0)
    version = struct.unpack_from("<H", body)[0]
    if kind != _BOF or version not in (0x500, 0x600):
        raise refusal(file, "is a workbook of before Excel 5.", "Open it in a spreadsheet and save it as .xlsx.")
    common = Common(version == 0x600)
    for _ in range(MOST_RECORDS):
        kind, body, at = _record(stream, at)
        if kind == _EOF:
            break
        if kind == _FILEPASS:
            raise _protected(file)
        if kind == _BOUNDSHEET:
            offset, state, sort = struct.unpack_from("<IBB", body)
            name = visible(common.text(body[6:], long=False), 60)
            common.sheets.append((name, offset, state & 3 != 0, sort))
        elif kind == _FORMAT:
            common.formats[struct.unpack_from("<H", body)[0]] = common.text(body[2:], long=common.wide)
        elif kind == _XF:
            common.styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == _CODEPAGE:
            common.encoding = _encoding(struct.unpack_from("<H", body)[0])
        elif kind == _DATEMODE:
            common.epoch_1904 = struct.unpack_from("<H", body)[0] == 1
        elif kind == _SUPBOOK:
            # 2.4.271: a book of its own sheets, and one of add-in functions, are no links.
            common.linked |= body[2:4] not in (b"\x01\x04", b"\x01\x3a")
        elif kind == _SST:
            pieces = [body]
            while _record(stream, at)[0] == _CONTINUE:
                _, body, at = _record(stream, at)
                pieces.append(body)
            common.texts = _texts(pieces)
    if len(common.sheets) > MOST_SHEETS:
        raise refusal(file, f"has more than {MOST_SHEETS} sheets.", "Keep the sheets that hold data.")
    if len({offset for _, offset, _, _ in common.sheets}) < len(common.sheets):
        raise damaged(file)
    return common


def _encoding(page: int) -> str:
    name = _PAGES.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def _texts(pieces: list[bytes]) -> list[str]:
    """Return the common texts (2.4.265); one may run over several records."""
    texts: list[str] = []
    total = struct.unpack_from("<I", pieces[0], 4)[0]
    if total > MOST_RECORDS:
        raise IndexError("more texts than a file holds")
    piece, at = 0, 8
    while len(texts) < total:
        while at >= len(pieces[piece]):
            piece, at = piece + 1, 0
        count, flags = struct.unpack_from("<HB", pieces[piece], at)
        at += 3
        runs = extra = 0
        if flags & 8:
            runs = struct.unpack_from("<H", pieces[piece], at)[0]
            at += 2
        if flags & 4:
            extra = struct.unpack_from("<I", pieces[piece], at)[0]
            at += 4
        text = ""
        while True:
            size = 2 if flags & 1 else 1
            here = min(count, (len(pieces[piece]) - at) // size)
            text += pieces[piece][at : at + here * size].decode("utf-16-le" if size == 2 else "latin-1", "replace")
            at += here * size
            count -= here
            if not count:
                break
            # The rest stands in the next record, behind a byte that says anew how wide its characters are.
            piece, at, flags = piece + 1, 1, pieces[piece + 1][0]
        texts.append(text)
        skip = 4 * runs + extra
        while skip > len(pieces[piece]) - at:
            skip -= len(pieces[piece]) - at
            piece, at = piece + 1, 0
            if piece >= len(pieces):
                raise IndexError("cut off")
        at += skip
    return texts


def _grids(stream: bytes, common: Common, file: str) -> list[Grid]:
    """Read the worksheets."""
    grids = []
    records = count = characters = 0
    for name, at, hidden, kind in common.sheets:
        if kind != 0:
            continue
        cells, depth = Cells(common, file), 0
        while True:
            sort, body, at = _record(stream, at)
            records += 1
            full = cells.count > MOST_CELLS - count or cells.characters > LARGEST_TEXT - characters
            if full or records > MOST_RECORDS:
                raise _too_large(file)
            # A chart lies in a sheet as a substream of its own.
            if sort == _BOF:
                depth += 1
            elif sort == _EOF:
                depth -= 1
                if depth <= 0:
                    break
            elif depth == 1:
                cells.take(sort, body)
        count, characters = count + cells.count, characters + cells.characters
        if cells.box > LARGEST_CELLS:
            raise _too_large(file)
        grids.append(grid_of(cells.rows(), 0, cells.found, name, hidden))
    return grids


def _too_large(file: str) -> ProblemsError:
    return refusal(
        file,
        "has sheets that are larger than any table of studies.",
        "Keep one row per study, arm and outcome, and put everything else into another file.",
    )
