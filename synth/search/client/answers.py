"""What E-utilities answered, read from bytes that :mod:`synth.search.client.verdict` has passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree import ElementTree

from .verdict import Kind, Verdict, classify

__all__ = [
    "Field",
    "Info",
    "Kind",
    "NotFound",
    "SearchAnswer",
    "Verdict",
    "classify",
    "read_info",
    "read_links",
    "read_post",
    "read_search",
    "read_spelling",
    "read_summaries",
]

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class NotFound:
    """What PubMed did not find or left out of a term, and searched without: the count is then of another question.

    Attributes
    ----------
    phrases : tuple of str
        Words or phrases that are in no record (``PhraseNotFound``).
    fields : tuple of str
        Field tags that PubMed does not know (``FieldNotFound``): the words were searched in all fields.
    ignored : tuple of str
        Words left out (``PhraseIgnored``).
    quoted : tuple of str
        Phrases in quotes that are in no index (``QuotedPhraseNotFound``): searched as single words.
    """

    phrases: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.phrases or self.fields or self.ignored or self.quoted)

    def sentences(self) -> tuple[str, ...]:
        """Say each of them.

        Examples
        --------
        >>> NotFound(fields=("NoSuchField",)).sentences()
        ('PubMed does not know the field [NoSuchField] and searched without it.',)
        """
        return (
            *(f"PubMed does not know the field [{each}] and searched without it." for each in self.fields),
            *(f'PubMed found "{each}" nowhere.' for each in self.phrases),
            *(f'PubMed ignored "{each}".' for each in self.ignored),
            *(f"PubMed found the phrase {_quoted(each)} nowhere and searched its words." for each in self.quoted),
        )


@dataclass(frozen=True)
class SearchAnswer:
    """What esearch answered.

    Attributes
    ----------
    count : int
        Records that match, however many ids are listed.
    ids : tuple of int
        The page of PMIDs that was asked for, in the service's order.
    query_translation : str
        How PubMed understood the term.
    translations : tuple of (str, str)
        Each word that was mapped, and to what.
    not_found : NotFound
        What was searched without.
    warnings : tuple of str
        Everything that the service warned of, as sentences, `not_found` included.
    webenv, query_key : str
        The place of the result on the history server, where it was asked for.
    """

    count: int
    ids: tuple[int, ...] = ()
    query_translation: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    not_found: NotFound = field(default_factory=NotFound)
    warnings: tuple[str, ...] = ()
    webenv: str = ""
    query_key: str = ""


@dataclass(frozen=True)
class Field:
    """A search field of a database, as einfo lists it."""

    name: str
    full_name: str = ""
    description: str = ""
    is_date: bool = False
    is_numerical: bool = False
    is_hidden: bool = False


@dataclass(frozen=True)
class Info:
    """What einfo says of a database (`fields`, `links` of name), or of all (`databases`)."""

    name: str = ""
    count: int | None = None
    last_update: str = ""
    fields: tuple[Field, ...] = ()
    links: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()


def read_search(body: bytes) -> SearchAnswer:
    r"""Read an answer of esearch.

    Raises
    ------
    ValueError
        It is not what esearch answers: an id that is no whole number, no count.

    Examples
    --------
    >>> answer = read_search(b"<eSearchResult><Count>870</Count><IdList><Id>7</Id></IdList><ErrorList>"
    ...                      b"<FieldNotFound>NoSuchField</FieldNotFound></ErrorList></eSearchResult>")
    >>> answer.count, answer.ids, answer.not_found.fields
    (870, (7,), ('NoSuchField',))
    """

    def read(root: ElementTree.Element) -> SearchAnswer:
        missing = NotFound(
            phrases=_texts(root, "ErrorList/PhraseNotFound"),
            fields=_texts(root, "ErrorList/FieldNotFound"),
            ignored=_texts(root, "WarningList/PhraseIgnored"),
            quoted=_texts(root, "WarningList/QuotedPhraseNotFound"),
        )
        known = {"PhraseNotFound", "FieldNotFound", "PhraseIgnored", "QuotedPhraseNotFound"}
        others = [
            _all_text(each)
            for place in ("ErrorList", "WarningList")
            for holder in root.findall(place)
            for each in holder
            if each.tag not in known and _all_text(each)
        ]
        return SearchAnswer(
            count=_whole(_one(root, "Count")),
            ids=tuple(_whole(each) for each in _texts(root, "IdList/Id")),
            query_translation=_one(root, "QueryTranslation"),
            translations=tuple(
                (_one(each, "From"), _one(each, "To")) for each in root.findall("TranslationSet/Translation")
            ),
            not_found=missing,
            warnings=(*missing.sentences(), *others),
            webenv=_one(root, "WebEnv"),
            query_key=_one(root, "QueryKey"),
        )

    return _read(body, read)


def read_links(body: bytes, linkname: str) -> dict[int, tuple[int, ...]]:
    """Read an answer of elink that has one set for each id: the id, and what it links to under that name, in order.

    An id of which the service says nothing is not in the result.

    Raises
    ------
    ValueError
        A set is for several ids together, so that nobody can tell which link is whose.

    Examples
    --------
    >>> read_links(b"<eLinkResult><LinkSet><IdList><Id>1</Id></IdList><LinkSetDb><LinkName>l</LinkName><Link><Id>2</Id>"
    ...            b"</Link></LinkSetDb></LinkSet></eLinkResult>", "l")
    {1: (2,)}
    """

    def read(root: ElementTree.Element) -> dict[int, tuple[int, ...]]:
        found: dict[int, tuple[int, ...]] = {}
        for each in root.findall("LinkSet"):
            ids = _texts(each, "IdList/Id")
            if len(ids) != 1:
                raise ValueError(f"a set of links for {len(ids)} ids together")
            linked: list[int] = []
            for group in each.findall("LinkSetDb"):
                if _one(group, "LinkName") == linkname:
                    linked += [_whole(text) for text in _texts(group, "Link/Id")]
            found[_whole(ids[0])] = tuple(dict.fromkeys(linked))
        return found

    return _read(body, read)


def read_info(body: bytes) -> Info:
    """Read an answer of einfo: of one database, or the list of all.

    Raises
    ------
    ValueError
        It is neither.
    """

    def read(root: ElementTree.Element) -> Info:
        place = root.find("DbInfo")
        if place is None:
            names = _texts(root, "DbList/DbName")
            if not names:
                raise ValueError("neither a database nor a list of them")
            return Info(databases=names)
        fields = tuple(
            Field(
                _one(each, "Name"),
                _one(each, "FullName"),
                _one(each, "Description"),
                _one(each, "IsDate") == "Y",
                _one(each, "IsNumerical") == "Y",
                _one(each, "IsHidden") == "Y",
            )
            for each in place.findall("FieldList/Field")
        )
        count = _one(place, "Count")
        return Info(
            name=_one(place, "DbName"),
            count=_whole(count) if count else None,
            last_update=_one(place, "LastUpdate"),
            fields=fields,
            links=_texts(place, "LinkList/Link/Name"),
        )

    return _read(body, read)


def read_spelling(body: bytes) -> str:
    """Read an answer of espell: the term as PubMed would spell it, "" where it has nothing to correct."""
    return _read(body, lambda root: _one(root, "CorrectedQuery"))


def read_post(body: bytes) -> tuple[str, str]:
    """Read an answer of epost: WebEnv and query key.

    Raises
    ------
    ValueError
        One of them is missing.
    """

    def read(root: ElementTree.Element) -> tuple[str, str]:
        place = _one(root, "WebEnv"), _one(root, "QueryKey")
        if not all(place):
            raise ValueError("no WebEnv or no query key")
        return place

    return _read(body, read)


def read_summaries(body: bytes) -> dict[int, Mapping[str, str | tuple[str, ...]]]:
    """Read an answer of esummary (version 1): for each id its items, a list of items as a tuple of texts."""

    def read(root: ElementTree.Element) -> dict[int, Mapping[str, str | tuple[str, ...]]]:
        found: dict[int, Mapping[str, str | tuple[str, ...]]] = {}
        for each in root.findall("DocSum"):
            items: dict[str, str | tuple[str, ...]] = {}
            for item in each.findall("Item"):
                inner = tuple(_all_text(one) for one in item.findall("Item"))
                items[item.get("Name", "")] = inner if item.get("Type") == "List" else _all_text(item)
            found[_whole(_one(each, "Id"))] = items
        return found

    return _read(body, read)


def _read(body: bytes, reader: Callable[[ElementTree.Element], _Answer]) -> _Answer:
    """Read a body that was classified as good: it has no entities of its own, so nothing can expand."""
    return reader(ElementTree.fromstring(body.strip()))


def _one(place: ElementTree.Element, path: str) -> str:
    found = place.find(path)
    return "" if found is None else _all_text(found)


def _texts(place: ElementTree.Element, path: str) -> tuple[str, ...]:
    return tuple(text for each in place.findall(path) if (text := _all_text(each)))


def _all_text(place: ElementTree.Element) -> str:
    return "".join(place.itertext()).strip()


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ValueError(f"{text[:40]!r} is no whole number")
    return int(text)


def _quoted(text: str) -> str:
    return text if text.startswith('"') else f'"{text}"'
