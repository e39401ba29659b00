"""The page of a whole review: what it holds, that strangers' texts stay texts, the same bytes for the same document."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from lxml import html as lxml_html

from synth.report.grade import suggest
from synth.report.review.counting import Chased, Searched, build
from synth.report.review.findings import address
from synth.report.review.page import render
from synth.report.review.summary import summary_row
from synth.report.words.impossible import remark
from synth.search.prisma_s_text import as_html

from .factory import HOSTILE, document, study

Json = dict[str, Any]
TAGS = re.compile(
    "html|head|meta|title|style|body|a|header|main|footer|section|nav|p|h[1-6]|ul|ol|li|dl|dt|dd|div|span|table|caption|"
    "colgroup|col|thead|tbody|tr|th|td|code|pre|bdi|b|strong|figure|figcaption|svg|desc|text|g|rect|line|circle|path|"
    "polygon|tspan|br|sup"
)


def record(title: str) -> Json:
    """Make the record of a search, as small as its schema allows."""
    line = {"id": "1", "label": title, "note": title, "kind": "line", "text": title, "sent": title, "count": 120,
            "translation": "", "warnings": [title]}  # fmt: skip
    return {
        "schema": "synth.prisma-s/1", "tool": "synth", "tool_version": "1", "run": "2026-11-22T152733Z",
        "strategy": {"name": "a", "title": title, "question": title, "authors": [title], "written": "", "notes": title,
                     "file": "queries/a.toml", "sha256": "0" * 64, "changed_since": True},
        "database": "PubMed", "platform": "E-utilities",
        "searched": {"started": "2026-11-22T15:27:33+00:00", "finished": "", "resumed": []}, "lines": [line],
        "query": title, "translation": "", "filters": [], "limits": [],
        "totals": {"found": 120, "delivered": 119, "sample": None}, "complete": False, "incomplete_reasons": [title],
        "warnings": [], "updates": [], "known": {"known": 1, "found": 0, "items": [
            {"label": title, "pmid": 1, "doi": "", "found": False}]},
        "citation_searching": [], "items": [{"number": 1, "name": "Database name", "text": title}],
    }  # fmt: skip


def instrument(name: str) -> Json:
    """Make an instrument with one study that was judged and one item that was not."""
    items = [{"number": "1", "text": name}, {"number": "2", "text": "Second"}]
    judged = [{"number": "1", "judgement": "no", "level": "high", "support": name},
              {"number": "2", "judgement": None, "level": None, "support": ""}]  # fmt: skip
    return {"id": "x", "name": name, "reference": name, "doi": "", "most": 0, "items": items,
            "studies": [{"study": name, "arm": name, "items": judged, "overall": "high", "score": None, "missing": []}]}


def index(name: str = "Hips", **more: Any) -> Json:
    """Make the document of a review in which every text of a stranger is `name`."""
    outcome = {**document([(3, 40), (5, 61), (1, 25)]), "outcome": "fall", "command": "synth pool"}
    outcome["outcome_info"] = {**outcome["outcome_info"], "label": name, "predicate": name, "time_point": name}
    arm = {"arm": name, "label": name, "n": 40, "n_male": name, "age": name, "followup": name, "approach": name,
           "levels": name, "population": name, "enrolment": name, "country": name, "design": name}  # fmt: skip
    searches = [
        {"name": "a", "title": name, "file": name, "record": record(name)},
        {"name": "b", "title": name, "file": name, "record": None, "record_reason": f"not run: {name}"},
    ]
    flow = build(
        [Searched("a", f"PubMed: {name}", 120, 119), Searched("b", name, None, reason=name)],
        chased=Chased(9, 1, 2, 6), studies=1,
        screening={"databases": ((name, 3),), "screened": 10, "excluded": 4, "sought": 7, "reasons": ((name, 2),)},
    )  # fmt: skip
    return {
        "schema": "synth.index/1", "generator": {"name": "synth", "version": "9"}, "command": "synth report",
        "review": {"title": name, "question": {"text": name, "population": name, "intervention": None,
                                               "comparator": name},
                   "arms": [{"id": "new", "label": name, "role": "primary"}], "outcomes": []},
        "outcomes": [summary_row(outcome, page="fall.html", stale=[f"{name} has changed"])],
        "more_pages": [summary_row(outcome, page=f"{name}.html")],
        "not_pooled": [{"outcome": "pain", "label": name, "reason": f"{name}\n  {name}"}],
        "searches": searches, "flow": flow.to_json(),
        "studies": [{"study": name, "title": name, "journal": name, "year": 2020, "pmid": name, "doi": name,
                     "arms": [arm, {**arm, "label": "Old", "age": "7"}], "overlaps": name, "note": name, "source": name,
                     "described": True, "outcomes": ["fall", name]}],
        "bias": {"page": "bias.html", "instruments": [instrument(name)]},
        "data": [{"path": f"data/{name}.zip", "format": "zip"}], "problems": [name],
        "inputs": [{"path": name, "sha256": "a" * 64}], **more,
    }  # fmt: skip


def page_of(value: Json) -> str:
    """Render a document with the records of its searches."""
    fragments = [as_html(each["record"], level=3) if each["record"] else "" for each in value["searches"]]
    return render(value, searches=fragments)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_strangers_texts_stay_texts(name: str) -> None:
    """A title, a label, a reason or a file's name of somebody else becomes a tag, a link or a turn of direction."""
    text = page_of(index(name))
    tree = lxml_html.fromstring(text.encode("utf-8", "replace"))
    assert all(TAGS.fullmatch(each.tag) for each in tree.iter() if isinstance(each.tag, str))
    plain = page_of(index())
    assert re.findall(r"<(\w+)", text).count("section") == re.findall(r"<(\w+)", plain).count("section")
    for each in tree.iter():
        assert not [key for key in each.attrib if key.startswith("on")]
    for link in tree.iter("a"):
        assert re.match(r"#|\./|https://(doi\.org|pubmed\.ncbi\.nlm\.nih\.gov)/", link.get("href")), link.get("href")
    for mark in ("\x1b", "\x07", "\x00", "\u202e", "\ud800"):
        assert mark not in text, repr(mark)


def test_same_document_same_bytes() -> None:
    """The page depends on something else than its document: the clock, the order of a set, an address in memory."""
    first = page_of(index())
    assert page_of(json.loads(json.dumps(index()))) == first


def test_nothing_is_fetched_and_nothing_runs() -> None:
    """The page asks a host, runs a script, or may do so in another browser."""
    text = page_of(index())
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|javascript:", text)


def test_headings_and_landmarks() -> None:
    """A reader with a screen reader or a keyboard meets a level that is left out, or cannot reach a wide table."""
    tree = lxml_html.fromstring(page_of(index()))
    levels = [int(each.tag[1]) for each in tree.iter() if re.fullmatch(r"h[1-6]", str(each.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    for region in tree.xpath("//*[contains(@class, 'scroll')]"):
        assert region.get("tabindex") == "0"
        assert region.get("aria-label")
    for table in tree.iter("table"):
        inside_record = table.xpath("ancestor::section[@class='search-record']")
        assert inside_record or table.find("caption") is not None
        assert all(head.get("scope") for head in table.iter("th"))
        assert table.getparent().get("tabindex") == "0", "a wide table moves the whole page on a phone"
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for link in tree.xpath("//a[starts-with(@href, '#')]"):
        assert link.get("href")[1:] in ids
    for label in tree.xpath("//*[@aria-labelledby]/@aria-labelledby"):
        assert set(label.split()) <= set(ids)


def test_the_page_says_what_the_document_says() -> None:
    """A number of the document, a reason or a broken sum does not reach the page."""
    value = index()
    text = " ".join(lxml_html.fromstring(page_of(value)).text_content().split())
    row = value["outcomes"][0]["shown"]
    for said in (row["estimate"], row["interval"], row["sentence"], row["counts"], "Hips has changed", "synth report",
                 "a" * 64, "Not run: Hips", "everything in one archive", "not judged",
                 "2 of 3 sums do not add up"):  # fmt: skip
        assert said in text, said
    for check in value["flow"]["checks"]:
        shown = f"does not add up, {check['left']} here and {check['right']} there"
        assert (shown in text) or check["holds"]
    assert not re.search(r"\b(nan|None|undefined|Undefined|inf)\b", text)


def test_certainty_has_a_column_where_somebody_rated_it() -> None:
    """The certainty of an outcome is left out of the summary, or a column of it stands empty."""
    assert "Certainty" not in page_of(index())
    value = index()
    value["outcomes"][0]["certainty"] = {"level": "low", "at_most": False, "by": "both"}
    assert "judged by the reviewers in part" in page_of(value)


def test_certainty_says_what_the_page_of_the_outcome_says() -> None:
    """The index gives a level where the page of the outcome says that nobody has rated it yet."""
    value = index()
    rated = suggest(document([(30, 400), (50, 610), (21, 250)])).to_dict()
    assert rated["at_most"]
    value["outcomes"][0]["certainty"] = rated
    text = " ".join(lxml_html.fromstring(page_of(value)).text_content().split())
    start, _, rest = rated["words"].removesuffix(".").partition(": not rated yet, ")
    assert start == "Certainty of the evidence"
    assert f"not rated yet{rest}" in text
    assert "at most high" not in text.replace(rest, "")
    assert "suggested from the numbers" not in text


def test_an_impossible_interval_is_said_to_be_one() -> None:
    """A mean loss of blood below zero stands in the summary as if it were an answer."""
    loss = {
        "outcome": "loss", "k": 2, "settings": {"reporting": "mean", "level": 0.95}, "outcome_info": {"unit": "mL"},
        "pooled": {"ci_method": "hksj", "reporting": {"estimate": 382.0, "ci_low": -3718.0, "ci_high": 4482.0}},
        "studies": [{"estimate": 70.0}, {"estimate": 710.0}],
    }  # fmt: skip
    value = index()
    value["outcomes"][0] = summary_row(loss, page="loss.html")
    assert value["outcomes"][0]["shown"]["remark"] == remark(loss)
    assert (remark(loss) or "missing") in page_of(value)


def test_an_empty_review() -> None:
    """A review of which there is nothing but a title has no page, or one that says nothing of what is missing."""
    value = {"review": {"title": "T", "question": {"text": "Q"}}, "flow": build([]).to_json(),
             "studies_reason": "extracted has no sheet. Write it", "generator": {"name": "synth", "version": "1"}}
    text = " ".join(lxml_html.fromstring(render(value)).text_content().split())
    for said in ("No outcome has an answer yet", "extracted has no sheet", "Nobody has judged", "queries/NAME.toml",
                 "synth search NAME", "synth template", "not recorded"):  # fmt: skip
        assert said in text, said
    assert not re.search(r"\b(nan|None|undefined)\b", text)


@pytest.mark.parametrize("name", ["javascript:alert(1)", "//evil.example/x", "\\\\evil\\x", "../../etc/x", "a b?#"])
def test_addresses_lead_beside_the_index(name: str) -> None:
    """A file's name in reports/ becomes an address on another host, or outside of the folder."""
    found = address(name)
    assert found.startswith("./")
    assert not re.search(r"//|\.\./|:|\\|\?|#", found[2:])


def test_a_comparison_names_both_arms() -> None:
    """The row of a comparison does not say which arm was held against which."""
    value = index()
    value["more_pages"][0]["arms"] = [{"id": "a", "label": "New <b>"}, {"id": "b", "label": "Old"}]
    assert "New &lt;b&gt; against Old" in page_of(value)


def test_one_series_and_nothing_pooled() -> None:
    """An outcome of one study, of none with an event, or without an estimate ends in a traceback or an empty cell."""
    for events in (0, 3, 40):
        one = {**document([(events, 40)]), "studies": [study("A", events, 40, 1.0)]}
        one["pooled"] = {"reporting": {"estimate": None, "ci_low": None, "ci_high": None}, "reason": "no answer"}
        one["prediction"] = {"reason": "one study"}
        row = summary_row(one, page="x.html")
        assert row["estimate_reason"] == "no answer"
        assert row["prediction_low_reason"] == "one study"
        assert row["shown"]["estimate"] == "–"
        assert all(value is not None or f"{key}_reason" in row for key, value in row.items())
