"""docs/records.md against the records: every field is told of, and what is left in the XML is all that is left."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from synth.search import Record, read_pubmed_xml, to_json
from synth.search.records import parts as parts

from .recorded import recorded

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "records.md").read_text("utf-8")
# Whether something is said by another value than its own text: dates, flags, kinds that choose the field.
SAID_OTHERWISE = re.compile(
    r"/(Year|Month|Day|EndPage)$|@(ValidYN|CompleteYN|MajorTopicYN|EqualContrib|EIdType|IdType|Type|RefType|DateType)$"
    r"|@NlmCategory$|PMID@Version$|Version$|/ELocationID$|/ArticleId$|/AuthorList$|Language$"
)


def section(title: str) -> str:
    """Give the part of the page under a heading."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_field_is_told_of_in_its_order() -> None:
    """The page tells of fields that no record has, or keeps one from the reader."""
    assert re.findall(r"^\| `(\w+)` \|", section("Fields of a record"), re.M) == [each.name for each in fields(Record)]


def test_every_part_is_told_of() -> None:
    """The page tells of parts or fields that there are not, or keeps one from the reader."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section("Parts"), re.M))
    assert {name: re.findall(r"`(\w+)`", row) for name, row in rows.items()} == {
        name: [each.name for each in fields(getattr(parts, name))] for name in parts.__all__
    }


def test_the_example_runs(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The example on the page does not do what it says."""
    (tmp_path / "records.xml.gz").write_bytes(
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID></MedlineCitation></PubmedArticle>"
        b"</PubmedArticleSet>"
    )
    monkeypatch.chdir(tmp_path)
    said: list[tuple[object, ...]] = []
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(compile(code, "docs/records.md", "exec"), {"print": lambda *words: said.append(words)})
    assert said == [(7, "", False), ((),)]


def folded(words: str) -> str:
    """Put a text on one line, in small letters."""
    return re.sub(r"[ \t\r\n]+", " ", words).strip().lower()


def values(value: object) -> Iterator[str]:
    """Give every value at any depth as text."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from values(each)
    else:
        yield str(value)


def left_over(element: ET.Element, record: Record) -> Counter[str]:
    """Count paths below an element whose text or attribute is nowhere in the record."""
    there = "\n".join(map(folded, values(to_json(record))))
    lost: Counter[str] = Counter()

    def look(parent: ET.Element, path: str) -> None:
        for child in parent:
            if child.tag in ("b", "i", "u", "sub", "sup", "DispFormula") or "math" in child.tag.lower():
                continue
            here = f"{path}/{child.tag}"
            words = folded("".join(child.itertext())) if len(child) == 0 or (child.text or "").strip() else ""
            if words and words not in there:
                lost[here] += 1
            for name, value in child.attrib.items():
                if value.lower() not in there:
                    lost[f"{here}@{name}"] += 1
            look(child, here)

    look(element, element.tag)
    return lost


def is_named(path: str, name: str) -> bool:
    """Say whether a path is what a name means: an element and all in it, or an attribute.

    Examples
    --------
    >>> is_named("A/B/C@d", "B"), is_named("A/B/C@d", "C/@d"), is_named("A/B/C@d", "@d"), is_named("A/BB", "B")
    (True, True, True, False)
    """
    if "@" in name:
        return f"/{path}".endswith(f"/{name}".replace("/@", "@"))
    return f"/{name}/" in f"/{path.replace('@', '/@')}/"


def test_nothing_else_is_left_in_the_xml(shared: Path) -> None:
    """Something that recorded files hold is neither in the records nor named as left in the XML."""
    named = re.findall(r"`([@\w/]+)`", section("What stays in the XML alone").partition("|---|")[2])
    assert len(named) > 20
    lost: Counter[str] = Counter()
    for document in recorded(shared):
        if document.refused:
            continue
        root = ET.fromstring(document.xml)
        elements = [e for e in [root, *root] if e.tag in ("PubmedArticle", "PubmedBookArticle")]
        for element, record in zip(elements, read_pubmed_xml(document.xml), strict=True):
            lost += left_over(element, record)
    unnamed = {
        path: count
        for path, count in lost.items()
        if not SAID_OTHERWISE.search(path) and not any(is_named(path, name) for name in named)
    }
    # two of JabRef's own inventions, which no DTD has
    assert set(unnamed) <= {
        "PubmedArticle/MedlineCitation/MedlineJournalInfo/NLMUniqueID",
        "PubmedArticle/MedlineCitation/MedlineJournalInfo/VernacularTitle",
        "PubmedArticle/MedlineCitation/PMID",
    }
