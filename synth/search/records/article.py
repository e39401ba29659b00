"""A ``PubmedArticle`` element to a record: each child of it is read by its own row of a table, and by no other path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element

from .fields import (
    Values,
    abstract,
    abstract_parts,
    add,
    article_ids,
    author_list,
    date,
    doi_of,
    history,
    investigator_list,
    keyword_list,
    new,
    number,
    own_doi,
    publication_date,
    publication_type,
    references,
    text,
    texts,
)
from .parts import Chemical, Correction, DataBank, Grant, Mesh, OtherAbstract, Qualifier, Reference, SupplementaryMesh
from .record import Record

Reader = Callable[[Element, Values], None]


def article(element: Element) -> Record | None:
    """Return the record of a ``PubmedArticle``, or None where it has no PMID of its own."""
    values: Values = {}
    data: Element | None = None
    for child in element:
        if child.tag == "MedlineCitation":
            walk(child, _CITATION, values)
            if status := child.get("Status"):
                values["status"] = status
            if indexing := child.get("IndexingMethod"):
                values["indexing"] = indexing
        elif child.tag == "PubmedData":
            data = child
    if data is not None:  # after the citation, whose DOI it corrects
        walk(data, _DATA, values)
    return finish(values)


def finish(values: Values) -> Record | None:
    """Make the record of what was collected: titles that stand in for others, links that are citations."""
    if "pmid" not in values:
        return None
    values.pop("listed", None)
    values.pop("accession", None)
    address = values.pop("first_address", "")
    authors = values.get("authors", ())
    if address and authors and not authors[0].affiliations:
        values["authors"] = (replace(authors[0], affiliations=(address,)), *authors[1:])
    if "title" not in values and "vernacular_title" in values:
        values["title"] = values["vernacular_title"]
    cited = values.pop("cited", ())
    if cited:
        listed = values.get("references", ())
        known = {each.pmid for each in listed}
        values["references"] = (*listed, *(each for each in cited if each.pmid is None or each.pmid not in known))
    record = new(Record)
    record.__dict__.update(values)
    return record


def walk(element: Element, readers: dict[str, Reader], values: Values) -> None:
    """Hand each child to its reader; what has none stays in the XML alone (docs/records.md lists it)."""
    for child in element:
        reader = readers.get(child.tag)
        if reader is not None:
            reader(child, values)


def into(name: str) -> Reader:
    """Return a reader that sets a field to an element's text."""

    def read(element: Element, values: Values) -> None:
        words = text(element)
        if words:
            values[name] = words

    return read


def date_into(name: str) -> Reader:
    """Return a reader that sets a field to a date."""

    def read(element: Element, values: Values) -> None:
        words = date(element)
        if words:
            values[name] = words

    return read


def more_of(name: str) -> Reader:
    """Return a reader that appends an element's text to a field."""

    def read(element: Element, values: Values) -> None:
        words = text(element)
        if words:
            add(values, name, (words,))

    return read


def within(readers: dict[str, Reader]) -> Reader:
    """Return a reader that hands an element's children on."""

    def read(element: Element, values: Values) -> None:
        for child in element:
            reader = readers.get(child.tag)
            if reader is not None:
                reader(child, values)

    return read


def pmid(element: Element, values: Values) -> None:
    """Set the record's own PMID and version."""
    own = number(element)
    if own and "pmid" not in values:
        values["pmid"] = own
        version = element.get("Version", "1")
        if version != "1" and version.isdecimal() and len(version) < 4:
            values["version"] = int(version)


def _article(element: Element, values: Values) -> None:
    walk(element, _ARTICLE, values)
    if model := element.get("PubModel"):
        values["publication_model"] = model


def _issn(element: Element, values: Values) -> None:
    values["issn"] = text(element)
    values["issn_kind"] = element.get("IssnType", "")


def location(element: Element, values: Values) -> None:
    """Set the DOI or PII of an electronic location that is valid."""
    if element.get("ValidYN", "Y") != "Y":
        return
    if element.get("EIdType") == "doi":
        if doi := doi_of(element.text):
            own_doi(doi, values, first=False)
    elif element.get("EIdType") == "pii" and (words := text(element)):
        values.setdefault("pii", words)


def pagination(element: Element, values: Values) -> None:
    """Set the pages: as MEDLINE writes them, or else from first to last."""
    found = {child.tag: text(child) for child in element}
    ends = filter(None, (found.get("StartPage"), found.get("EndPage")))
    if pages := found.get("MedlinePgn") or "-".join(dict.fromkeys(ends)):
        values["pages"] = pages


def _electronic(element: Element, values: Values) -> None:
    if (found := date(element)) and "electronic" not in values:
        values["electronic"] = found


def publication_types(element: Element, values: Values) -> None:
    """Set the publication types."""
    values["publication_types"] = tuple([publication_type(text(each), each.get("UI", "")) for each in element])


def _affiliation(element: Element, values: Values) -> None:
    # Files of before 2014 give the first author's address here, behind the authors or before them.
    if words := text(element):
        values["first_address"] = words


def grants(element: Element, values: Values) -> None:
    """Set the grants."""
    found = []
    for each in element:
        parts = {_GRANT[child.tag]: words for child in each if child.tag in _GRANT and (words := text(child))}
        found.append(Grant(**parts))
    add(values, "grants", tuple(found))


_GRANT: Final = {"GrantID": "number", "Acronym": "acronym", "Agency": "agency", "Country": "country"}


def _data_banks(element: Element, values: Values) -> None:
    found = []
    for each in element:
        parts: Values = {}
        for child in each:
            if child.tag == "DataBankName":
                parts["name"] = text(child)
            elif child.tag == "AccessionNumberList":
                parts["accessions"] = texts(child)
        found.append(DataBank(**parts))
    values["data_banks"] = tuple(found)


def _chemicals(element: Element, values: Values) -> None:
    found = []
    for each in element:
        part = new(Chemical)
        fields = part.__dict__
        for child in each:
            if child.tag == "NameOfSubstance":
                fields["name"] = text(child)
                fields["ui"] = child.get("UI", "")
            elif child.tag == "RegistryNumber":
                fields["registry_number"] = text(child)
        found.append(part)
    values["chemicals"] = tuple(found)


def _supplementary(element: Element, values: Values) -> None:
    values["supplementary_mesh"] = tuple(
        [SupplementaryMesh(text(each), each.get("UI", ""), each.get("Type", "")) for each in element]
    )


@lru_cache(maxsize=512)
def _qualifier(name: str, ui: str, major: bool) -> Qualifier:
    """Return a qualifier; there are about eighty, and records share them."""
    return Qualifier(name, ui, major)


def _mesh(element: Element, values: Values) -> None:
    headings = []
    for each in element:
        heading = new(Mesh)
        qualifiers = []
        for child in each:
            if child.tag == "DescriptorName":
                fields = heading.__dict__
                fields["name"] = text(child)
                fields["ui"] = child.get("UI", "")
                if child.get("MajorTopicYN") == "Y":
                    fields["major"] = True
            elif child.tag == "QualifierName":
                qualifiers.append(_qualifier(text(child), child.get("UI", ""), child.get("MajorTopicYN") == "Y"))
        if qualifiers:
            heading.__dict__["qualifiers"] = tuple(qualifiers)
        headings.append(heading)
    values["mesh"] = tuple(headings)


def _corrections(element: Element, values: Values) -> None:
    links, cited = [], []
    for each in element:
        kind = each.get("RefType", "")
        parts: Values = {}
        for child in each:
            if child.tag == "RefSource":
                if words := text(child):
                    parts["source"] = words
            elif child.tag == "PMID":
                if other := number(child):
                    parts["pmid"] = other
            elif child.tag == "Note" and (words := text(child)):
                parts["note"] = words
        if kind == "Cites":
            parts.pop("note", None)
            if "source" in parts:
                parts["citation"] = parts.pop("source")
            cited.append(Reference(**parts))
        else:
            links.append(Correction(kind, **parts))
    if links:
        values["corrections"] = tuple(links)
    if cited:
        values["cited"] = tuple(cited)


def _number_of_references(element: Element, values: Values) -> None:
    if (count := number(element)) is not None:
        values["number_of_references"] = count


def _other_abstract(element: Element, values: Values) -> None:
    parts, notice = abstract_parts(element)
    other = OtherAbstract(element.get("Type", ""), element.get("Language", ""), parts, notice)
    add(values, "other_abstracts", (other,))


def reference_list(element: Element, values: Values) -> None:
    """Add the references of a list."""
    add(values, "references", references(element))


_JOURNAL: Final[dict[str, Reader]] = {
    "ISSN": _issn,
    "Title": into("journal"),
    "ISOAbbreviation": into("journal_iso"),
    "JournalIssue": within(
        {"Volume": into("volume"), "Issue": into("issue"), "PubDate": publication_date},
    ),
}
_ARTICLE: Final[dict[str, Reader]] = {
    "Journal": within(_JOURNAL),
    "ArticleTitle": into("title"),
    "VernacularTitle": into("vernacular_title"),
    "Pagination": pagination,
    "ELocationID": location,
    "Abstract": abstract,
    "AuthorList": author_list,
    "Affiliation": _affiliation,
    "Language": more_of("languages"),
    "DataBankList": _data_banks,
    "GrantList": grants,
    "PublicationTypeList": publication_types,
    "ArticleDate": _electronic,
}
_CITATION: Final[dict[str, Reader]] = {
    "PMID": pmid,
    "DateCompleted": date_into("completed"),
    "DateRevised": date_into("revised"),
    "Article": _article,
    "MedlineJournalInfo": within(
        {
            "Country": into("country"),
            "MedlineTA": into("journal_medline"),
            "NlmUniqueID": into("nlm_id"),
            "ISSNLinking": into("issn_linking"),
        }
    ),
    "ChemicalList": _chemicals,
    "SupplMeshList": _supplementary,
    "CitationSubset": more_of("subsets"),
    "CommentsCorrectionsList": _corrections,
    "MeshHeadingList": _mesh,
    "NumberOfReferences": _number_of_references,
    "OtherAbstract": _other_abstract,
    "KeywordList": keyword_list,
    "CoiStatement": into("conflict_of_interest"),
    "InvestigatorList": investigator_list,
}
_DATA: Final[dict[str, Reader]] = {
    "History": history,
    "PublicationStatus": into("publication_status"),
    "ArticleIdList": article_ids,
    "ReferenceList": reference_list,
}
