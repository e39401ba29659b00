"""Files that mean harm: bounded time and memory, one clear sentence, and nothing opened, followed or run."""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile
from pathlib import Path

import pytest

from synth.errors import SynthError
from synth.extract.reading import archives, biff, spreadsheetml

from . import books
from .books import archive, cell, parts, refused, sheet, tables, worksheet, xlsx

FILES = Path(__file__).parent / "files"
HEAD = ["study", "events", "total"]
SOUND = sheet([HEAD, ["A", 1, 2]])
LONGEST = 10.0
"""Seconds that a file may cost before it is refused, on a slow core with others on it; most cost a hundredth."""


@pytest.fixture(autouse=True)
def soon() -> object:
    """Fail a test whose file takes too long."""
    start = time.process_time()
    yield
    assert time.process_time() - start < LONGEST


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    """Overwrite bytes that must be there."""
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new)


def test_a_part_that_unpacks_to_a_thousand_times_its_size_is_not_unpacked() -> None:
    """A file of a few kilobytes would fill the memory."""
    data = archive(parts(worksheet(" " * 40_000_000)))
    assert len(data) < 100_000
    assert "unpacks to more than 250 times its size" in refused(data)


def test_parts_that_are_too_large_together_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook of many large sheets would fill the memory although no single one does."""
    monkeypatch.setattr(archives, "LARGEST_SUM", 30_000)
    many = [sheet([[random.Random(n).random() for _ in range(100)] for _ in range(10)]) for n in range(3)]
    assert "far more than a sheet of studies" in refused(archive(parts(*many)))


def test_a_part_larger_than_it_says_is_a_damaged_file() -> None:
    """The size in the directory would be believed, and the memory reserved by a lie."""
    data = archive(parts(SOUND), stored=False)
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        size = struct.pack("<I", made.getinfo("xl/worksheets/sheet1.xml").file_size)
    assert "damaged" in refused(data.replace(size, struct.pack("<I", 10)))


def test_an_archive_in_an_archive_is_told_and_not_opened() -> None:
    """A bomb inside of a bomb would be unpacked."""
    message = refused(archive({"inner.xlsx": xlsx(SOUND)}), "a.zip")
    assert "a zip archive that holds inner.xlsx" in message
    assert "Unpack it" in message


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "xl/../../x", "C:evil.xml", "..\\evil.xml"])
def test_names_that_lead_out_of_the_archive_are_refused(name: str) -> None:
    """A part would be taken for a file of the machine."""
    assert "leads out of the archive" in refused(archive(parts(SOUND) | {name: "x"}))


def test_links_twins_and_overlaps_are_refused() -> None:
    """Two readers would see two different files in one archive."""
    buffer = io.BytesIO(xlsx(SOUND))
    with zipfile.ZipFile(buffer, "a") as made:
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    assert "a link to another file" in refused(buffer.getvalue())
    buffer = io.BytesIO(xlsx(SOUND))
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr("XL/worksheets/SHEET1.xml", sheet([HEAD, ["A", 9, 9]]))
    assert "two parts of the same name" in refused(buffer.getvalue())
    data = bytearray(archive(parts(SOUND) | {"x1": b"1" * 100, "x2": b"2" * 100}, stored=True))
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        first = made.getinfo("x1").header_offset
    place = data.rindex(b"x2") - 4  # the offset is the last field before the name in the directory
    data[place : place + 4] = struct.pack("<I", first)
    assert "lie over each other" in refused(bytes(data))


def test_a_directory_of_thousands_is_not_read() -> None:
    """A million empty entries would be a million objects."""
    assert "more than 5,000 files" in refused(archive({f"x{n}": "" for n in range(5001)}))


def test_a_password_is_asked_for_in_words() -> None:
    """Somebody would be told that a sound file is damaged."""
    data = archive(parts(SOUND), stored=True)
    for place in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data = data[:place] + b"\x01" + data[place + 1 :]
    assert "protected with a password" in refused(data)
    encrypted = books.compound({"EncryptionInfo": b"x" * 5000, "EncryptedPackage": b"y" * 9000})
    assert "protected with a password" in refused(encrypted)
    assert "protected with a password" in refused(books.xls(b"", common=books.record(0x2F, bytes(6))), "a.xls")
    manifest = '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    assert "protected with a password" in refused(books.ods("", others={"META-INF/manifest.xml": manifest}), "a.ods")


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_are_refused_wherever_they_stand(part: str) -> None:
    """Ten lines of XML would expand to gigabytes, or fetch a file of the machine."""
    made = parts(SOUND, styles=f'<styleSheet xmlns="{books.MAIN}"/>')
    text = str(made[part]).removeprefix('<?xml version="1.0"?>')
    assert "declares a document type" in refused(archive(made | {part: LAUGHS + text}))


def test_entities_in_the_common_texts_and_in_an_ods_are_refused() -> None:
    """The parts that are not walked here would be the way in."""
    texts = f'{LAUGHS}<sst xmlns="{books.MAIN}"><si><t>&b;</t></si></sst>'
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    assert "comments in its XML" in refused(xlsx(worksheet(rows), texts=texts))
    data = books.ods(books.ods_row("study"))
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        content = made.read("content.xml").decode().removeprefix('<?xml version="1.0"?>')
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    assert "declares a document type" in refused(archive({"mimetype": mimetype, "content.xml": LAUGHS + content}))


FAR = f'<row r="1">{cell("A1", 1)}</row><row r="1048576">{cell("XFD1048576", 1)}</row>'


def test_cells_at_the_ends_of_the_sheet_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser would keep the seventeen thousand million cells between two."""
    assert "with cells that far apart" in refused(xlsx(worksheet(FAR)))
    monkeypatch.setattr(spreadsheetml, "_LARGE", 0)
    assert "with cells that far apart" in refused(xlsx(worksheet(FAR)))
    # The cell is believed by a parser, whatever its row says.
    lying = f'<row r="1">{cell("A1", 1)}{cell("XFD1048576", 1)}</row>'
    assert "with cells that far apart" in refused(xlsx(worksheet(lying)))


def test_a_sheet_of_every_column_is_read_if_it_is_short() -> None:
    """A header of sixteen thousand empty months would be refused, or cost minutes."""
    wide = sheet([["study", *["x"] * 16383], ["A", *[1] * 16383]])
    (table,) = tables(xlsx(wide))
    assert (len(table.header), table.letters[-1]) == (16384, "XFD")


@pytest.mark.parametrize("comment", ["<!-- {} -->", "<?x {} ?>"])
def test_cells_in_a_comment_are_no_cells(comment: str) -> None:
    """The bounds would be looked up in one text, and another one be read."""
    hidden = comment.format(f"<sheetData>{FAR}</sheetData>")
    try:
        (table,) = tables(xlsx(worksheet('<row r="1">' + cell("A1", "study") + "</row>", before=hidden)))
    except SynthError:
        return
    assert (table.header, table.rows) == (["study"], [])


def test_a_million_rows_are_refused_before_they_are_parsed() -> None:
    """Somebody's export of a whole register would take minutes and gigabytes."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n * 7919 % 1000003}</v></c></row>' for n in range(1, 260_001))
    assert "more than 250,000 rows" in refused(xlsx(worksheet(rows)))


def test_one_long_text_in_many_cells_is_refused() -> None:
    """A text of a megabyte shown by a thousand cells would be a gigabyte in memory."""
    texts = f'<sst xmlns="{books.MAIN}"><si><t>study</t></si><si><t>{"x" * 1_000_000}</t></si></sst>'
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c></row>' for n in range(1, 1001))
    assert "larger than any table" in refused(archive(parts(worksheet(rows), texts=texts), stored=True))
    few = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 1001))
    (table,) = tables(archive(parts(worksheet(few), texts=texts), stored=True))
    assert table.header == ["study"]


def test_what_a_part_says_of_its_own_size_is_not_believed() -> None:
    """A parser would ask for terabytes and take the whole program down with it."""
    texts = f'<sst xmlns="{books.MAIN}" count="99999999999" uniqueCount="99999999999"><si><t>study</t></si></sst>'
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    before = '<dimension ref="A1:XFD1048576"/>'
    styles = f'<styleSheet xmlns="{books.MAIN}"><cellXfs count="99999999999"><xf numFmtId="0"/></cellXfs></styleSheet>'
    (table,) = tables(xlsx(worksheet(rows, before=before), texts=texts, styles=styles))
    assert table.header == ["study"]


def test_areas_and_columns_without_end_cost_no_time() -> None:
    """Sixteen thousand times sixteen thousand hidden columns would be a loop of minutes."""
    columns = "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 20_000 + "</cols>"
    assert "damaged" in refused(xlsx(worksheet('<row r="1">' + cell("A1", "study") + "</row>", before=columns)))
    merged = "".join(f'<mergeCell ref="A{n}:A1048576"/>' for n in range(1, 20_000))
    (table,) = tables(xlsx(sheet([HEAD, *[["A", 1, 2]] * 2000], f"<mergeCells>{merged}</mergeCells>")))
    assert len(table.rows) == 2000


def test_elements_in_elements_without_end_cost_no_stack() -> None:
    """A document of half a million levels would end the program."""
    deep = "<a>" * 300_000 + "</a>" * 300_000
    (table,) = tables(archive(parts(sheet([HEAD, ["A", 1, 2]], deep)), stored=True))
    assert table.header == HEAD


@pytest.mark.parametrize("row", [books.ods_row(1, repeated=1_048_576), books.ods_row(*["x"] * 1000, repeated=100_000)])
def test_rows_repeated_in_an_ods_are_counted(row: str) -> None:
    """One line of a file would be a million rows."""
    assert "more than 250,000 rows or 4,000,000 cells" in refused(books.ods(row), "a.ods")


def test_empty_rows_and_columns_repeated_in_an_ods_are_nothing() -> None:
    """Every sheet of LibreOffice ends with a million empty rows."""
    empty = '<table:table-row table:number-rows-repeated="1048574" table:visibility="filter">'
    empty += '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    (table,) = tables(books.ods(books.ods_row(*HEAD) + books.ods_row("A", 1, 2) + empty * 50), "a.ods")
    assert table.rows == [(2, ["A", "1", "2"])]


def test_sectors_in_a_circle_are_a_damaged_file() -> None:
    """A chain of sectors that comes back to itself would be followed for ever."""
    stream = books.xls_stream(books.label(0, 0, "study"))
    assert tables(books.compound({"Workbook": stream}), "a.xls")[0].header == ["study"]
    for chain in ({1: 1}, {2: 1}, {0: 0}, {8: 5}):
        assert "damaged" in refused(books.compound({"Workbook": stream}, chain), "a.xls")


def test_an_xls_that_says_it_has_four_thousand_million_texts_is_damaged() -> None:
    """The usual parser would ask for the memory, and take the whole program down."""
    texts = books.record(0xFC, struct.pack("<IIHB", 0xFFFFFFFF, 0xFFFFFFFF, 1, 0) + b"x")
    assert "damaged" in refused(books.xls(b"", common=texts), "a.xls")


def test_an_xls_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records in their millions would take minutes."""
    monkeypatch.setattr(biff, "MOST_CELLS", 10)
    assert "larger than any table" in refused(books.xls(books.number(0, 0, 1.0) * 11), "a.xls")
    monkeypatch.undo()
    monkeypatch.setattr(biff, "LARGEST_CELLS", 1000)
    far = b"".join(books.number(row, 0, 1.0) for row in range(100)) + books.number(0, 255, 1.0)
    assert "larger than any table" in refused(books.xls(far), "a.xls")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive({"word/document.xml": "<x/>"}), "a Word document"),
        (archive({"ppt/presentation.xml": "<x/>"}), "a PowerPoint file"),
        (archive({"xl/workbook.bin": "x", "xl/worksheets/sheet1.bin": "x"}), "a binary workbook (.xlsb)"),
        (archive({"Index/Document.iwa": "x"}), "Numbers"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}), "no spreadsheet"),
        (archive({"a.txt": "x"}), "a zip archive, no workbook"),
        (archive({}), "a zip archive, no workbook"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (books.compound({"WordDocument": b"x" * 5000}), "a Word document"),
        (books.compound({"Other": b"x" * 5000}), "an old Office file, but no workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "damaged"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "written as XML"),
        (b"<html><table><tr><td>study</td></tr></table>", "a web page"),
    ],
)
def test_what_is_no_workbook_is_told_in_one_sentence(data: bytes, said: str) -> None:
    """Somebody would look for the fault in a sheet that is none."""
    message = refused(data, "a.xls")
    assert said in message
    assert len(message) < 300


def test_the_content_tells_and_not_the_name() -> None:
    """A CSV that a hospital's system calls .xls would be refused, or a workbook called .csv be read as garbage."""
    (table,) = tables(b"study\tevents\ttotal\nA\t1\t2\n", "a.xls")
    assert table.rows == [(2, ["A", "1", "2"])]
    assert "in spite of its name" in str(table.problems[0])
    assert tables(xlsx(SOUND), "a.csv")[0].rows == [(2, ["A", "1", "2"])]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_a_file_cut_off_or_changed_anywhere_is_read_or_refused(kind: str) -> None:
    """A download that broke off, or a disk with a bad block, would show a traceback or take the program down."""
    sound = (FILES / f"sheets.{kind}").read_bytes()
    chance = random.Random(5)
    for turn in range(250):
        data = bytearray(sound)
        if turn < 50:
            del data[len(data) * turn // 50 :]
        else:
            for _ in range(chance.choice((1, 1, 3, 20))):
                data[chance.randrange(len(data))] = chance.choice((0, 255, 127, chance.randrange(256)))
        try:
            found = tables(bytes(data), f"a.{kind}")
        except SynthError:
            continue
        assert all(len(row) == len(table.header) for table in found for _, row in table.rows)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_document_changed_inside_its_archive_is_read_or_refused(kind: str) -> None:
    """XML that is well packed and wrong would reach a parser that trusts it."""
    with zipfile.ZipFile(FILES / f"sheets.{kind}") as made:
        sound = {name: made.read(name) for name in made.namelist()}
    wanted = [n for n in sound if n.endswith(("sheet1.xml", "content.xml", "workbook.xml", "sharedStrings.xml"))]
    chance = random.Random(7)
    numbers = (b"0", b"-1", b"99999999999", b"16385", b"1048577", b"1e308", b"", b"x", b"&amp;")
    for _ in range(250):
        name = chance.choice(wanted)
        data = sound[name]
        for _ in range(chance.choice((1, 1, 4))):
            place = chance.randrange(len(data))
            end = place + chance.choice((0, 1, 1, 5, 40))
            data = data[:place] + chance.choice((*numbers, data[place : place + 30], b"<v>", b'"')) + data[end:]
        try:
            found = tables(archive(sound | {name: data}), f"a.{kind}")
        except SynthError:
            continue
        assert all(len(row) == len(table.header) for table in found for _, row in table.rows)
