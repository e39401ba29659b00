"""What is read of a record, quirk by quirk, on records that were made up."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from synth.errors import WorkspaceError
from synth.search import Record, read_pubmed_xml, to_json

from .second_parser import every_record

MADE_UP = Path(__file__).resolve().parent.parent / "eutils" / "records.xml"


def record_xml(citation: str = "", article: str = "", data: str = "", pmid: str = '<PMID Version="1">7</PMID>') -> str:
    """Give the XML of one article with what is asked for in it."""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">{pmid}<Article PubModel="Print">{article}'
        f"</Article>{citation}</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def one(citation: str = "", article: str = "", data: str = "", **more: str) -> Record:
    """Read one article with what is asked for in it."""
    xml = f"<PubmedArticleSet>{record_xml(citation, article, data, **more)}</PubmedArticleSet>"
    (record,) = read_pubmed_xml(xml.encode())
    return record


def links(*kinds: str) -> str:
    """Give a list of links of these kinds, to PMIDs 101, 102, ..."""
    inside = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>J. 2020</RefSource><PMID Version="1">{number}</PMID>'
        f"</CommentsCorrections>"
        for number, kind in enumerate(kinds, 101)
    )
    return f"<CommentsCorrectionsList>{inside}</CommentsCorrectionsList>"


def test_made_up_records_are_read_alike_by_a_second_reader() -> None:
    """A quirk that the made-up records hold is read otherwise than by plain paths on the whole tree."""
    xml = MADE_UP.read_bytes()
    ours, theirs = [to_json(record) for record in read_pubmed_xml(xml)], every_record(xml)
    assert len(ours) == len(theirs) >= 40
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == other
    assert {record["kind"] for record in ours} == {"article", "book"}


def test_the_doi_is_never_a_reference_s() -> None:
    """A record without a DOI takes over that of a publication it cites, or a record's own gives way to it."""
    cited = (
        "<ReferenceList><Reference><Citation>Cited</Citation><ArticleIdList>"
        '<ArticleId IdType="doi">10.1/cited</ArticleId><ArticleId IdType="pubmed">99</ArticleId></ArticleIdList>'
        "</Reference></ReferenceList>"
    )
    bare = one(data=cited)
    assert (bare.doi, bare.pmid) == ("", 7)
    assert [(r.doi, r.pmid) for r in bare.references] == [("10.1/cited", 99)]
    located = one(article='<ELocationID EIdType="doi" ValidYN="Y">10.1/OWN</ELocationID>', data=cited)
    assert located.doi == "10.1/own"


def test_the_doi_of_the_list_comes_first_and_another_is_kept() -> None:
    """Of two DOIs the wrong one is taken, one is lost, or one that PubMed marks as not valid is kept."""
    record = one(
        article='<ELocationID EIdType="doi" ValidYN="Y">10.1/page</ELocationID>'
        '<ELocationID EIdType="doi" ValidYN="N">10.1/never</ELocationID>',
        data='<ArticleIdList><ArticleId IdType="doi">https://doi.org/10.1/LIST</ArticleId></ArticleIdList>',
    )
    assert (record.doi, record.other_dois) == ("10.1/list", ("10.1/page",))


def test_the_pmid_is_its_own() -> None:
    """The PMID of a correction, or a second one behind the first, is taken for the record's."""
    record = one(citation=links("ErratumIn"), pmid='<PMID Version="2">7</PMID><PMID Version="1">8</PMID>')
    assert (record.pmid, record.version) == (7, 2)
    assert record.corrections[0].pmid == 101


@pytest.mark.parametrize(
    ("article", "title", "vernacular"),
    [
        ("<ArticleTitle>Loss of <i>BRCA1</i> at 10<sup>5</sup></ArticleTitle>", "Loss of BRCA1 at 105", ""),
        ("<ArticleTitle/><VernacularTitle>Wirbelbruch</VernacularTitle>", "Wirbelbruch", "Wirbelbruch"),
        ("<ArticleTitle>[A bone].</ArticleTitle><VernacularTitle>Bruch</VernacularTitle>", "[A bone].", "Bruch"),
        ("<ArticleTitle>  over\n   two\r\n\tlines </ArticleTitle>", "over two lines", ""),
        ("<ArticleTitle>5\u00a0mg  twice</ArticleTitle>", "5\u00a0mg  twice", ""),
        ("<ArticleTitle>p &lt; 0.05 &amp; &#946;</ArticleTitle>", "p < 0.05 & β", ""),
        (
            '<ArticleTitle><math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi><mo>=</mo></math>1</ArticleTitle>',
            "x=1",
            "",
        ),
    ],
)
def test_titles(article: str, title: str, vernacular: str) -> None:
    """A title loses the text of its markup, is empty although there is a vernacular one, or has line ends."""
    record = one(article=article)
    assert (record.title, record.vernacular_title) == (title, vernacular)


def test_a_structured_abstract_keeps_its_labels() -> None:
    """The labels of a structured abstract are lost, or parts run into each other."""
    record = one(
        article='<Abstract><AbstractText Label="AIM" NlmCategory="OBJECTIVE">To see.</AbstractText>'
        '<AbstractText Label="NOTE" NlmCategory="UNASSIGNED">H<sub>2</sub>O.</AbstractText><AbstractText/>'
        "<CopyrightInformation>© Nobody</CopyrightInformation></Abstract>"
    )
    assert [(p.label, p.category, p.text) for p in record.abstract] == [
        ("AIM", "OBJECTIVE", "To see."),
        ("NOTE", "", "H2O."),
    ]
    assert record.abstract_text == "AIM: To see.\nNOTE: H2O."
    assert record.abstract_copyright == "© Nobody"


def test_authors() -> None:
    """A group, a suffix, an identifier or an address of an author is lost, or a misprinted name is listed with them."""
    record = one(
        article='<AuthorList CompleteYN="N"><Author ValidYN="Y" EqualContrib="Y"><LastName>Weiss</LastName>'
        "<ForeName>Ada B</ForeName><Initials>AB</Initials><Suffix>Jr</Suffix>"
        '<Identifier Source="ORCID">https://orcid.org/0000-0002-1825-009X</Identifier>'
        '<AffiliationInfo><Affiliation>A, B &amp; C</Affiliation><Identifier Source="ROR">r1</Identifier>'
        "</AffiliationInfo><AffiliationInfo><Affiliation>D</Affiliation></AffiliationInfo></Author>"
        '<Author ValidYN="N"><LastName>Wiess</LastName></Author>'
        "<Author><CollectiveName>Spine Group</CollectiveName></Author><Author><LastName>Mono</LastName></Author>"
        "</AuthorList>",
        citation='<InvestigatorList><Investigator ValidYN="Y"><LastName>Helper</LastName></Investigator>'
        "</InvestigatorList>",
    )
    assert [author.name for author in record.authors] == ["Weiss AB Jr", "Spine Group", "Mono"]
    assert record.authors[0].orcid == "0000-0002-1825-009X"
    assert record.authors[0].affiliations == ("A, B & C", "D")
    assert len(record.authors[0].identifiers) == 1
    assert record.authors[0].equal_contribution
    assert record.authors_incomplete
    assert [author.last_name for author in record.misprinted_names] == ["Wiess"]
    assert [person.last_name for person in record.investigators] == ["Helper"]


@pytest.mark.parametrize("value", ["0000-0002-1825-00", "x", "0000-0002-1825-00977", "", "٠" * 16, "0 0 0 0"])
def test_an_orcid_that_is_none_is_not_shown(value: str) -> None:
    """Something that is no ORCID iD is passed off as one."""
    author = f'<Author><LastName>A</LastName><Identifier Source="ORCID">{value}</Identifier></Author>'
    assert one(article=f"<AuthorList>{author}</AuthorList>").authors[0].orcid == ""


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        ("RetractionIn", "is_retracted"),
        ("RetractedandRepublishedIn", "is_retracted"),
        ("RetractionOf", "is_retraction_notice"),
        ("ErratumIn", "has_erratum"),
        ("CorrectedandRepublishedIn", "has_erratum"),
        ("ErratumFor", "is_erratum"),
        ("ExpressionOfConcernIn", "has_concern"),
        ("ExpressionOfConcernFor", "is_concern"),
        ("CommentIn", ""),
        ("UpdateOf", ""),
    ],
)
def test_links_are_told_apart(kind: str, flag: str) -> None:
    """A paper with an erratum or a comment counts as retracted, or a retracted one does not."""
    record = one(citation=links(kind))
    flags = {
        name
        for name in ("is_retracted", "is_retraction_notice", "has_erratum", "is_erratum", "has_concern", "is_concern")
        if getattr(record, name)
    }
    assert flags == ({flag} if flag else set())
    assert (record.corrections[0].kind, record.corrections[0].pmid) == (kind, 101)


@pytest.mark.parametrize(
    ("ui", "name", "retracted", "notice"),
    [
        ("D016441", "Retracted Publication", True, False),
        ("D016441", "A name of the year 2031", True, False),
        ("D016440", "Retraction Notice", False, True),
        ("D016440", "Retraction of Publication", False, True),
        ("", "Retracted Publication", True, False),
        ("", "Retraction of Publication", False, True),
        ("D016428", "Retracted Publication", False, False),
    ],
)
def test_a_retraction_is_known_by_its_identifier(ui: str, name: str, retracted: bool, notice: bool) -> None:
    """NLM renames a publication type, and retractions are no longer seen."""
    attribute = f' UI="{ui}"' if ui else ""
    record = one(
        article=f"<PublicationTypeList><PublicationType{attribute}>{name}</PublicationType></PublicationTypeList>"
    )
    assert (record.is_retracted, record.is_retraction_notice) == (retracted, notice)


@pytest.mark.parametrize(
    ("date", "published", "words", "year"),
    [
        ("<Year>2024</Year>", "2024", "", 2024),
        ("<Year>2024</Year><Month>05</Month>", "2024-05", "", 2024),
        ("<Year>2024</Year><Month>May</Month><Day>7</Day>", "2024-05-07", "", 2024),
        ("<Year>2024</Year><Month>Sept</Month>", "2024-09", "", 2024),
        ("<Year>2024</Year><Season>Spring</Season>", "2024", "2024 Spring", 2024),
        ("<Year>2023</Year><Month>Feb</Month><Day>29</Day>", "2023", "2023 Feb 29", 2023),
        ("<Year>2024</Year><Month>Feb</Month><Day>29</Day>", "2024-02-29", "", 2024),
        ("<Year>2024</Year><Month>Xyz</Month>", "2024", "2024 Xyz", 2024),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998", "1998 Dec-1999 Jan", 1998),
        ("<MedlineDate>Winter 2003-2004</MedlineDate>", "2003", "Winter 2003-2004", 2003),
        ("<MedlineDate>no year</MedlineDate>", "", "no year", None),
        ("<Year>٢٠٢٤</Year>", "", "٢٠٢٤", None),
        ("<Year>0000</Year><Month>1</Month><Day>31</Day>", "", "0000 1 31", None),
        ("", "", "", None),
    ],
)
def test_dates(date: str, published: str, words: str, year: int | None) -> None:
    """A month in figures, a season or a free-form date gives no year, or a day that no calendar has."""
    record = one(article=f"<Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue></Journal>")
    assert (record.published, record.published_text, record.year) == (published, words, year)


def test_the_date_of_the_issue_is_not_that_of_the_page() -> None:
    """The year of electronic publication is taken for the year of the issue."""
    record = one(
        article="<Journal><JournalIssue><PubDate><Year>2025</Year></PubDate></JournalIssue></Journal>"
        '<ArticleDate DateType="Electronic"><Year>2024</Year><Month>12</Month><Day>30</Day></ArticleDate>',
        data='<History><PubMedPubDate PubStatus="received"><Year>2023</Year><Month>1</Month><Day>2</Day>'
        "</PubMedPubDate></History>",
    )
    assert (record.year, record.electronic) == (2025, "2024-12-30")
    assert [(each.status, each.date) for each in record.history] == [("received", "2023-01-02")]


def test_headings_and_types_keep_major_topics_and_identifiers() -> None:
    """A qualifier is lost, or its star is given to the descriptor."""
    record = one(
        citation='<MeshHeadingList><MeshHeading><DescriptorName UI="D1" MajorTopicYN="N">Spine</DescriptorName>'
        '<QualifierName UI="Q1" MajorTopicYN="Y">surgery</QualifierName><QualifierName UI="Q2" MajorTopicYN="N">'
        "injuries</QualifierName></MeshHeading><MeshHeading><DescriptorName>Old</DescriptorName></MeshHeading>"
        "</MeshHeadingList>"
        '<SupplMeshList><SupplMeshName Type="Disease" UI="C1">Rare</SupplMeshName></SupplMeshList>'
        "<KeywordList><Keyword>one</Keyword></KeywordList><KeywordList><Keyword>two</Keyword><Keyword/></KeywordList>",
        article="<Language>ger</Language><Language>eng</Language>",
    )
    spine, old = record.mesh
    assert (spine.ui, spine.major, spine.is_major, old.ui, old.is_major) == ("D1", False, True, "", False)
    assert [(q.ui, q.major) for q in spine.qualifiers] == [("Q1", True), ("Q2", False)]
    assert record.supplementary_mesh[0].kind == "Disease"
    assert record.keywords == ("one", "two")
    assert record.languages == ("ger", "eng")


def test_what_older_files_cite_stands_with_the_references() -> None:
    """A publication cited in the old way is lost, listed twice, or counted as a correction."""
    record = one(
        citation=links("Cites", "Cites", "CommentOn"),
        data="<ReferenceList><Title>References</Title><ReferenceList><Reference><Citation>New</Citation><ArticleIdList>"
        '<ArticleId IdType="pubmed">101</ArticleId><ArticleId IdType="pmc">5</ArticleId></ArticleIdList></Reference>'
        '<Reference><Citation>Bare</Citation><ArticleIdList><ArticleId IdType="pubmed">0</ArticleId>'
        '<ArticleId IdType="doi">no doi</ArticleId></ArticleIdList></Reference></ReferenceList></ReferenceList>',
    )
    assert [(r.citation, r.pmid, r.pmcid, r.doi) for r in record.references] == [
        ("New", 101, "PMC5", ""),
        ("Bare", None, "", ""),
        ("J. 2020", 102, "", ""),
    ]
    assert [each.kind for each in record.corrections] == ["CommentOn"]


def test_a_chapter_keeps_its_own_doi_and_a_book_takes_the_book_s() -> None:
    """Every chapter of a book has the book's DOI, so that they are taken for duplicates; or a book has none."""
    book = (
        "<PubmedBookArticle><BookDocument><PMID>9</PMID><ArticleIdList>{ids}</ArticleIdList><Book><Publisher>"
        "<PublisherName>P</PublisherName></Publisher><BookTitle>Spines</BookTitle><PubDate><Year>2020</Year></PubDate>"
        '<AuthorList Type="editors"><Author><LastName>Ed</LastName></Author></AuthorList><Isbn>978</Isbn>'
        '<ELocationID EIdType="doi">10.1/book</ELocationID></Book>{title}<Language>eng</Language></BookDocument>'
        "</PubmedBookArticle>"
    )
    own = '<ArticleId IdType="doi">10.1/chapter</ArticleId><ArticleId IdType="bookaccession">NBK1</ArticleId>'
    for ids, title, doi, named in (
        (own, "<ArticleTitle>One</ArticleTitle>", "10.1/chapter", "One"),
        ("", "<ArticleTitle>Two</ArticleTitle>", "", "Two"),
        ("", "", "10.1/book", "Spines"),
    ):
        (record,) = read_pubmed_xml(book.format(ids=ids, title=title).encode())
        assert (record.kind, record.doi, record.title, record.year) == ("book", doi, named, 2020)
        assert record.book is not None
        assert (record.book.doi, record.book.title, record.book.isbns) == ("10.1/book", "Spines", ("978",))
        assert [editor.last_name for editor in record.editors] == ["Ed"]
        assert record.authors == ()
    assert record.book.accession == ""


def test_deleted_pmids_are_reported_and_are_no_records() -> None:
    """An update file that withdraws records is read as if it withdrew none."""
    withdrawn = "<DeleteCitation><PMID>5</PMID><PMID>6</PMID></DeleteCitation>"
    xml = f"<PubmedArticleSet>{record_xml()}{withdrawn}</PubmedArticleSet>"
    reading = read_pubmed_xml(xml.encode())
    assert [record.pmid for record in reading] == [7]
    assert (reading.deleted, reading.records) == ((5, 6), 1)


def test_sources(tmp_path: Path) -> None:
    """A path, a compressed file, bytes, an open file, a file that gives few bytes at a time, or one record fails."""

    class Slow(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._rest = data

        def read(self, size: int = -1) -> bytes:
            given, self._rest = self._rest[: min(7, size)], self._rest[min(7, size) :]
            return given

    xml = MADE_UP.read_bytes()
    expected = list(read_pubmed_xml(xml))
    (plain, packed) = (tmp_path / "a.xml", tmp_path / "a.xml.gz")
    plain.write_bytes(xml)
    half = xml.index(b"<PubmedArticle>", len(xml) // 2)
    packed.write_bytes(gzip.compress(xml[:half]) + gzip.compress(xml[half:]) + bytes(40_000))  # two members
    with plain.open("rb") as handle:
        assert list(read_pubmed_xml(handle)) == expected
        assert not handle.closed
    data = packed.read_bytes()
    for source in (plain, str(plain), packed, bytearray(xml), memoryview(xml), io.BytesIO(data), Slow(xml), Slow(data),
                   b"\xef\xbb\xbf" + xml):  # fmt: skip
        assert list(read_pubmed_xml(source)) == expected  # type: ignore[arg-type]
    (single,) = read_pubmed_xml(record_xml().encode())
    assert single.pmid == 7
    assert list(read_pubmed_xml(b"<PubmedArticleSet></PubmedArticleSet>")) == []


@pytest.mark.parametrize("codec", ["utf-16", "iso-8859-1", "windows-1252", "utf-8"])
def test_other_character_sets_that_are_declared(codec: str) -> None:
    """A file in another character set that says so loses its letters, or its lines."""
    title = "Ärzte über\nBrüche" + " x" * 40_000
    head = f'<?xml version="1.0" encoding="{codec}"?>'
    xml = f"{head}<PubmedArticleSet>{record_xml(article=f'<ArticleTitle>{title}</ArticleTitle>')}</PubmedArticleSet>"
    (record,) = read_pubmed_xml(xml.encode(codec))
    assert record.title == title.replace("\n", " ")


def test_where_a_chunk_ends_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is read otherwise where it lies across two pieces of the file."""
    xml = MADE_UP.read_bytes().replace(b"><", b">\n  <")
    whole = list(read_pubmed_xml(xml))
    for size in (1, 63, 64, 1000, 2**20):
        monkeypatch.setattr("synth.search.records.pubmed_xml._CHUNK", size)
        assert list(read_pubmed_xml(xml)) == whole


def test_records_come_one_by_one() -> None:
    """The whole file is read before the first record is given."""

    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            given = super().read(size)
            self.taken += len(given)
            return given

    xml = f"<PubmedArticleSet>{record_xml() * 2000}</PubmedArticleSet>".encode()
    file = Counting(xml)
    next(iter(read_pubmed_xml(file)))
    assert file.taken < len(xml) / 10


def test_a_source_that_is_no_file(tmp_path: Path) -> None:
    """A missing file, a folder or a text file ends in a traceback of the machinery."""
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(WorkspaceError, match=r"Cannot read .*(No such file|directory)"):
            list(read_pubmed_xml(path))
    with pytest.raises(TypeError, match='mode "rb"'):
        list(read_pubmed_xml(io.StringIO("<PubmedArticleSet/>")))  # type: ignore[arg-type]
