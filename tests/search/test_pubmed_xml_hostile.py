"""Damaged, cut and hostile XML: one clear message, bounded memory, nothing fetched, nothing expanded."""

from __future__ import annotations

import contextlib
import gzip
import io
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import DamagedXML
from synth.search import Record, read_pubmed_xml

MADE_UP = Path(__file__).resolve().parent.parent / "eutils" / "records.xml"
RECORD = b"<PubmedArticle><MedlineCitation><PMID>7</PMID><Article/></MedlineCitation></PubmedArticle>"
def packed(data: bytes) -> bytes:
    """Compress without the clock, so that a parameter has the same name in every process."""
    return gzip.compress(data, mtime=0)


SET = b"<PubmedArticleSet>%s</PubmedArticleSet>"
SECRET = "the words of a file of this machine"


def refused(source: object, words: str, found: list[Record] | None = None) -> str:
    """Read until it fails, and give the message, which must hold the words; what came before goes into `found`."""
    found = [] if found is None else found
    with pytest.raises(DamagedXML, match=words) as caught:
        found.extend(read_pubmed_xml(source))  # type: ignore[arg-type]
    return str(caught.value)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing leave this process."""

    def blocked(*args: object, **more: object) -> None:
        raise AssertionError("the parser asked for the network")

    monkeypatch.setattr(socket.socket, "connect", blocked)
    monkeypatch.setattr(socket, "getaddrinfo", blocked)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"  \n", "it is (empty|cut short)"),
        (b'{"error":"API rate limit exceeded"}', "it is JSON"),
        (b"<!DOCTYPE html><html><body>502</body></html>", "it is a web page"),
        (b"<html><head><title>Login</title></head></html>", "it is a web page"),
        (b"\n<HTML><BODY><p>WWW Error 500 Diagnostic", "it is a web page"),
        (b"Unable to route request!", "no XML"),
        (b"PMID- 123\nTI  - A case\n", "MEDLINE format"),
        (b"TY  - JOUR\n", "it is RIS"),
        (b"%PDF-1.7", "it is a PDF"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\0\0", "with xz"),
        (packed(packed(SET % RECORD)), "compressed twice"),
        (packed(SET % RECORD)[:40], "compressed data are cut short"),
        (packed(SET % RECORD)[:-8] + b"\0" * 8, "compressed data are damaged"),
        (packed(SET % RECORD) + b"garbage", "compressed data are damaged"),
        (b"\x1f\x8b", "compressed data are cut short"),
        (b'<?xml version="1.0" encoding="%s"?><a/>' % (b"x" * 5000), "x(…|\\.\\.\\.)"),
        (b"\x1f\x8b\x08" + b"\xff" * 50, "compressed data are (damaged|cut short)"),
        (b"<eFetchResult><ERROR>Empty Response. Status: Timeout</ERROR></eFetchResult>", "Status: Timeout"),
        (b"<eSearchResult/>", "its root is <eSearchResult>"),
        (b"<PubmedArticleSet>NCBI C++ Exception: in read</PubmedArticleSet>", "text between the records: NCBI"),
        (SET % (RECORD + b"Error: lost connection" + RECORD), "text between the records: Error"),
        (SET % b"<PubmedArticle><MedlineCitation><Article/></MedlineCitation></PubmedArticle>", "no PMID of its own"),
        (SET % b"<PubmedArticle/>", "no PMID of its own"),
        (SET % b"<PubmedArticle><MedlineCitation><PMID>0</PMID></MedlineCitation></PubmedArticle>", "no PMID"),
        (SET % b"<PubmedArticle><MedlineCitation><PMID>7x</PMID></MedlineCitation></PubmedArticle>", "no PMID"),
        (SET % (b"<PubmedArticle><MedlineCitation><PMID>%s</PMID></MedlineCitation></PubmedArticle>" % (b"9" * 5000)),
         "no PMID"),
        (SET % b"<Surprise>x</Surprise>", "<Surprise> stands where a record should: x"),
        (SET % RECORD + SET % RECORD, "there is more after its end"),
        (SET % b"<PubmedArticle><MedlineCitation></PubmedArticle>", "a tag is closed that was not opened"),
        (SET % b"&alpha;", "entity"),
        (b'<!DOCTYPE PubmedArticleSet SYSTEM "file:///etc/passwd">' + SET % b"&xxe;", "entity"),
        (SET % b"<a:b/>", "prefix"),
        (SET % b"\x01", "no XML"),
        (SET % "Größe".encode("latin-1"), "not in the character set"),
        (b'<?xml version="1.0" encoding="klingon"?>' + SET % RECORD, "(character|encoding)"),
        (b'<?xml version="1.0" encoding="shift_jis"?>' + SET % RECORD, "characters cannot be read"),
        (b'<?xml version="1.0" encoding="utf-16"?>' + SET % RECORD, "character set|characters"),
        (SET.replace(b">", b"\0>", 1) % RECORD, "no XML"),
    ],
)  # fmt: skip
def test_what_is_no_pubmed_xml_is_named(data: bytes, words: str) -> None:
    """Something else is read as no records at all, or ends in a message of the machinery."""
    message = refused(data, words)
    assert message.startswith("XML, ")
    assert "\n" not in message
    assert len(message) < 500


def test_a_zip_archive_is_named(tmp_path: Path) -> None:
    """A zip archive, perhaps a bomb, is unpacked, or called no XML."""
    path = tmp_path / "records.xml.gz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", SET % RECORD)
    assert refused(path, "it is a zip archive").startswith(str(path))


DECLARATIONS = {
    "billion laughs": b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><PubmedArticleSet>&b;</PubmedArticleSet>',
    "external": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]><PubmedArticleSet>&e;</PubmedArticleSet>',
    "parameter": b'<!DOCTYPE x [<!ENTITY %% p SYSTEM "file://%s"> %%p;]><PubmedArticleSet/>',
    "network": b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]><PubmedArticleSet>&e;</PubmedArticleSet>',
    "attributes": b'<!DOCTYPE x [<!ATTLIST a b CDATA "%s">]><PubmedArticleSet><a/></PubmedArticleSet>' % (b"A" * 9999),
    "notation": b'<!DOCTYPE x [<!NOTATION n SYSTEM "n">]><PubmedArticleSet/>',
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_declarations_are_refused(name: str, tmp_path: Path) -> None:
    """An entity is expanded, a file of this machine is read, or an attribute is filled from a declaration."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    data = DECLARATIONS[name]
    data = data % str(path).encode() if data.count(b"%s") else data
    for chunked in (io.BytesIO(data), io.BytesIO(data.decode().encode("utf-16"))):
        message = refused(chunked, "declarations of its own")
        assert SECRET not in message


def test_a_document_type_by_address_is_not_fetched() -> None:
    """The DTD that every file of NLM names is fetched, from NLM or from whoever the file names."""
    for address in (b"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_990101.dtd", b"http://127.0.0.1:9/x", b"file:///x"):
        head = b'<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "%s">\n' % address
        assert [record.pmid for record in read_pubmed_xml(head + SET % RECORD)] == [7]


def test_what_came_before_the_damage_is_given() -> None:
    """Records that were complete are lost with the damaged one, or the message does not say where it lies."""
    xml = SET % b"\n".join(RECORD.replace(b"7<", b"%d<" % n) for n in range(1, 1001))
    found: list[Record] = []
    message = refused(xml.replace(b"<PMID>900", b"<PMID>9&"), "Fetch", found)
    assert message.startswith("XML, line 900, column 41, in record 900 (after PMID 899): ")
    assert [record.pmid for record in found] == list(range(1, 900))


@pytest.mark.parametrize("encode", ["ascii", "wide"])
def test_the_place_of_damage_is_right_anywhere(encode: str) -> None:
    """The line and column that a message gives are not those of the damage."""
    letters = "x" if encode == "ascii" else "ß€𝒳"
    lines = [RECORD.decode().replace("<Article/>", f"<Article><ArticleTitle>{letters * n}</ArticleTitle></Article>")
             for n in range(1, 300)]  # fmt: skip
    for place in (0, 3, 150, 298):
        broken = [*lines]
        broken[place] = broken[place].replace("</ArticleTitle>", "&;</ArticleTitle>")
        column = broken[place].index("&;") + 2
        data = "\n".join(["<PubmedArticleSet>", *broken, "</PubmedArticleSet>"]).encode()
        refused(data, f"line {place + 2}, column {column}, in record {place + 1}")


def test_every_cut_of_a_file_is_noticed() -> None:
    """A file that ends too early passes for a whole one, or a record in it changes."""
    xml = MADE_UP.read_bytes()
    whole = list(read_pubmed_xml(xml))
    for size in (*range(0, len(xml) - 1, 997), *range(len(xml.rstrip()) - 40, len(xml.rstrip()))):
        found: list[Record] = []
        refused(xml[:size], "cut short|empty|missing|no XML", found)
        assert found == whole[: len(found)]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_bytes_end_in_records_or_in_the_one_error(data: st.DataObject) -> None:
    """Some damage ends in another exception than the one that is promised, and so in a traceback."""
    xml = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(xml) - 1))
        pieces = st.sampled_from([b"<", b"&", b"]]>", b"<!--", b"<![CDATA[", b"\0", b'"', b"<!DOCTYPE a ["])
        piece = data.draw(st.binary(max_size=4) | pieces)
        xml[place : place + data.draw(st.integers(0, 3))] = piece
    found: list[Record] = []
    with contextlib.suppress(DamagedXML):
        found.extend(read_pubmed_xml(bytes(xml)))
    assert all(record.pmid > 0 for record in found)


TITLE = b"<Article><ArticleTitle>\xc3\xa4 &lt;</ArticleTitle></Article>"
SMALL = SET % (RECORD + b"\n" + RECORD.replace(b"<Article/>", TITLE))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_end_in_the_one_error(data: bytes) -> None:
    """Bytes that mean nothing end in another exception than the one that is promised."""
    with pytest.raises(DamagedXML):
        list(read_pubmed_xml(data))


BOMB = """
import io, re, sys, zlib
from synth.errors import DamagedXML
from synth.search import read_pubmed_xml

class Endless:
    '''A gigabyte of one piece, after a beginning.'''
    def __init__(self, head, piece, size=2**30):
        self.left, self.head, self.piece, self.unit = size, head, piece * (2**16 // len(piece) + 1), len(piece)
    def read(self, size):
        if self.head:
            given, self.head = self.head, b""
            return given
        size = min(size, len(self.piece)) // self.unit * self.unit
        self.left -= size
        return self.piece[:size] if self.left > 0 else b""

class Packed(io.RawIOBase):
    '''The same compressed: a gigabyte in a megabyte.'''
    def __init__(self, inner):
        self.inner, self.packer, self.rest = inner, zlib.compressobj(9, wbits=31), b""
    def read(self, size=-1):
        while len(self.rest) < size and (more := self.inner.read(2**20)):
            self.rest += self.packer.compress(more)
        given, self.rest = self.rest[:size], self.rest[size:]
        return given

HEAD = b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>"
shapes = {
    "text": Endless(HEAD, b"A long title. "),
    "wide text": Endless(HEAD, "𝒳".encode()),
    "elements": Endless(HEAD, b"<i/>"),
    "nested": Endless(HEAD, b"<i>"),
    "attributes": Endless(HEAD + b"<i ", b" a=''"),
    "one attribute": Endless(HEAD + b"<i a='", b"x"),
    "comment": Endless(HEAD + b"<!--", b"x"),
    "comments": Endless(HEAD, b"<!---->"),
    "instructions": Endless(HEAD, b"<?x?>"),
    "characters": Endless(HEAD, b"&#65;"),
    "name": Endless(HEAD + b"<", b"x"),
    "prolog": Endless(b"", b" "),
    "prolog comment": Endless(b"<!--", b"x"),
    "between": Endless(b"<PubmedArticleSet>", b" "),
    "after": Endless(b"<PubmedArticleSet></PubmedArticleSet>", b" "),
    "line ends": Endless(HEAD, b"\\n"),
    "cdata": Endless(HEAD, b"<![CDATA[]]>"),
    "gzip name": Endless(b"\\x1f\\x8b\\x08\\x08" + bytes(6), b"x"),
}
name = sys.argv[1]
source = shapes[name.removesuffix(" packed")]
source = Packed(source) if name.endswith("packed") else source
def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])

before = peak()
try:
    print(sum(1 for _ in read_pubmed_xml(source)), "records")
except DamagedXML as error:
    print("DamagedXML", error)
print((peak() - before) // 1024)
"""
SHAPES = ("text", "wide text", "elements", "nested", "attributes", "one attribute", "comment", "comments",
          "instructions", "characters", "name", "prolog", "prolog comment", "between", "after", "line ends", "cdata",
          "text packed", "gzip name")  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_gigabyte_without_an_end_takes_bounded_memory(shape: str) -> None:
    """One record, name, comment or blank of a gigabyte, compressed or not, fills the memory of the machine."""
    done = subprocess.run([sys.executable, "-c", BOMB, shape], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    said, megabytes = done.stdout.splitlines()
    assert said.startswith("DamagedXML"), said
    assert int(megabytes) < 250
