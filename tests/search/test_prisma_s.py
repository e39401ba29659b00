"""The record that PRISMA-S asks for: complete, true to the log, always the same, and harmless whatever stands in it."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from synth.errors import ProblemsError, SettingsError, UnknownName, WorkspaceError
from synth.search.prisma_s import SCHEMA, search_record
from synth.search.prisma_s_text import as_html, as_markdown
from synth.search.run.store import Store
from synth.steps.chase import chase_from, seeds_of
from synth.steps.search import run_search
from synth.steps.search_list import open_strategy
from synth.steps.search_report import format_of, record_of, records_of_review, report_text, save_report
from synth.workspace import Workspace
from tests.search.conftest import Eutils

from .searching import MIS, OPEN, client, furnish, review_in

# The names of the 16 items, in the order of the statement (Rethlefsen 2021, table 1).
ITEMS = (
    "Database name", "Multi-database searching", "Study registries", "Online resources and browsing",
    "Citation searching", "Contacts", "Other methods", "Full search strategies", "Limits and restrictions",
    "Search filters", "Prior work", "Updates", "Dates of searches", "Peer review", "Total records", "Deduplication",
)  # fmt: skip

HOSTILE = """\
schema = 1
title = "<script>alert(1)</script> | `x` # [a](javascript:b) \\u202e"
question = "1. <img src=x onerror=y>"
notes = "</td></table><b>"
peer_review = "**R** <i>"
[lines]
1 = { label = "<b>|`", note = "* <u>", text = '"a|b`c"[tiab] OR fracture[tiab]' }
[limits]
language = { value = "eng", reason = "<s>|" }
[filters.f]
name = "<f>|"
citation = "[c](d)"
text = "fracture[tiab]"
[known]
90000001 = "<known>|`"
"""


class Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        """Hold that tags close in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Remember text."""
        self.text += data


@pytest.fixture
def searched(eutils: Eutils, tmp_path: Path) -> Workspace:
    """Run both shipped strategies end to end."""
    furnish(eutils)
    workspace = Workspace.find(review_in(tmp_path))
    for name in (MIS, OPEN):
        run_search(workspace, open_strategy(workspace, name), client(eutils)).check()
    return workspace


def test_the_shipped_strategies_end_in_a_record(searched: Workspace) -> None:
    """A line, a count, the term, a known publication or an item of PRISMA-S is missing in the record of a search."""
    for record, name in zip(records_of_review(searched), (MIS, OPEN), strict=True):
        strategy = open_strategy(searched, name)
        log = Store(searched.queries / name).last()
        assert log is not None
        assert record["schema"] == SCHEMA
        assert [item["name"] for item in record["items"]] == list(ITEMS)
        assert [item["number"] for item in record["items"]] == list(range(1, 17))
        assert all(item["text"] for item in record["items"])
        assert [(line["id"], line["text"], line["count"]) for line in record["lines"]] == [
            (line["id"], line["text"], line["count"]) for line in log["strategy"]["lines"]
        ]
        assert record["totals"]["found"] == log["total"] > 10
        assert record["query"] == strategy.term
        assert record["known"]["found"] == record["known"]["known"] == len(strategy.known)
        assert record["strategy"]["changed_since"] is False
        markdown, page = as_markdown(record), as_html(record)
        reader = Tags()
        reader.feed(page)
        assert reader.open == []
        for line in record["lines"]:
            assert f"`{line['text']}`" in markdown
            assert line["text"] in reader.text
        assert strategy.term in markdown
        assert json.loads(report_text(record, "json")) == record


def test_the_same_log_gives_the_same_record(searched: Workspace) -> None:
    """The record depends on the day on which it is written, or changes what it is made from."""
    log = Store(searched.queries / MIS).last()
    assert log is not None
    before = copy.deepcopy(log)
    assert search_record(log) == search_record(log)
    assert log == before
    assert report_text(record_of(searched, MIS), "md") == report_text(record_of(searched, MIS), "md")


def test_an_update_and_a_citation_search_are_told(
    searched: Workspace, eutils: Eutils, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update or a citation search leaves no trace in the record."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    eutils.corpus.add(40000001, title="Percutaneous fixation of a fracture in ankylosing spondylitis")
    eutils.corpus.delete(37268432)
    eutils.corpus.link("pubmed_pubmed_citedin", 36434588, [90000005])
    entrez = client(eutils)
    run_search(searched, open_strategy(searched, MIS), entrez)
    chase_from(searched, seeds_of(searched, [MIS], entrez), entrez, references=False)
    record = record_of(searched, MIS)
    assert [(each["new"], each["gone"]) for each in record["updates"]] == [(None, None), (1, 1)]
    assert record["updates"][0]["reason"]
    said = {item["name"]: item["text"] for item in record["items"]}
    assert "Run 2 times" in said["Updates"]
    assert "found 1 new record; 1 were gone" in said["Updates"]
    assert "citing articles of 9 publications" in said["Citation searching"]
    assert "1 new." in said["Citation searching"]
    assert record["known"]["found"] == 8
    first = record_of(searched, MIS, record["updates"][0]["run"])
    assert len(first["updates"]) == 1
    assert first["totals"]["found"] == record["totals"]["found"]


def test_a_strategy_that_changed_since_is_shown_as_it_was(searched: Workspace) -> None:
    """The record shows today's strategy beside the counts of another."""
    path = searched.queries / f"{MIS}.toml"
    path.write_text(path.read_text("utf-8").replace("bechterew*[tiab]", "bechterev*[tiab]"), "utf-8")
    record = record_of(searched, MIS)
    assert record["strategy"]["changed_since"] is True
    assert "bechterew*[tiab]" in record["query"]
    assert "has changed since this run" in as_markdown(record)
    path.write_text("broken", "utf-8")
    assert record_of(searched, MIS)["query"] == record["query"]
    path.unlink()
    assert record_of(searched, MIS)["query"] == record["query"]


def test_a_sample_and_an_incomplete_run_are_no_whole_search(eutils: Eutils, tmp_path: Path) -> None:
    """A sample, or a run without all of its records, reads like a complete search."""
    furnish(eutils)
    workspace = Workspace.find(review_in(tmp_path))
    strategy = open_strategy(workspace, MIS)
    run_search(workspace, strategy, client(eutils), limit=3)
    sample = record_of(workspace, MIS)
    assert sample["complete"] is False
    assert "a sample of 3 was asked for; 3 delivered" in sample["items"][14]["text"]
    eutils.corpus.hide(37268432)
    done = run_search(workspace, strategy, client(eutils))
    assert done.error is not None
    record = record_of(workspace, MIS)
    assert record["totals"]["not_delivered"][0]["pmid"] == 37268432
    markdown = as_markdown(record)
    assert "This run is not complete" in markdown
    assert "37268432" in markdown


def test_hostile_text_stays_text(eutils: Eutils, tmp_path: Path) -> None:
    """A title, label or answer of the server becomes a tag, a link or a table cell of its own."""
    workspace = Workspace.find(review_in(tmp_path))
    (workspace.queries / "bad.toml").write_text(HOSTILE, "utf-8")
    strategy = open_strategy(workspace, "bad")
    eutils.corpus.add(77, title="a|b`c fracture")
    run_search(workspace, strategy, client(eutils), allow_warnings=True)
    record = record_of(workspace, "bad")
    record["warnings"] = ['<iframe src="x"> \x1b[31m & "q"', *record["warnings"]]
    record["translation"] = "```\n</code></pre><script>"
    page = as_html(record)
    reader = Tags()
    reader.feed(page)
    assert reader.tags <= {"section", "h2", "h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre",
                           "ul", "li"}  # fmt: skip
    assert reader.attributes <= {"class", "scope", "data-schema"}
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "<script>alert(1)</script>" in reader.text
    markdown = as_markdown(record)
    outside = re.sub(r"(`{3,}\n.*?\n`{3,})|(`+)(?!`).*?(?<!`)\2(?!`)", "", markdown.split("-->", 1)[1], flags=re.S)
    assert not re.search(r"(?<!\\)[<>]", outside)
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\x1b" not in markdown
    widths = {len(re.split(r"(?<!\\)\|", line)) for line in markdown.splitlines() if line.startswith("| \\#")}
    assert widths == {5}


def test_what_cannot_be_reported_says_so(searched: Workspace) -> None:
    """A search that never ran, an unknown run or a damaged log ends in a traceback."""
    (searched.queries / "new.toml").write_text("schema = 1\ntitle = 'x'\n[lines]\n1 = 'a[ti]'\n", "utf-8")
    with pytest.raises(WorkspaceError, match="new was not run yet: synth search new"):
        record_of(searched, "new")
    with pytest.raises(UnknownName, match="There is no strategy"):
        record_of(searched, "nothing")
    with pytest.raises(UnknownName, match="There is no run"):
        record_of(searched, MIS, "2020")
    store = Store(searched.queries / MIS)
    path = store.run_file(store.runs()[0])
    log: dict[str, Any] = json.loads(path.read_text("utf-8"))
    del log["strategy"]["lines"]
    path.write_text(json.dumps(log), "utf-8")
    with pytest.raises(ProblemsError, match=r"strategy.lines is not as synth writes it"):
        record_of(searched, MIS)


def test_a_file_of_somebody_else_is_left_alone(searched: Workspace, tmp_path: Path) -> None:
    """--output overwrites a file that synth did not write, or refuses its own."""
    record = record_of(searched, MIS)
    for format in ("md", "html", "json"):
        path = tmp_path / f"search.{format}"
        save_report(path, report_text(record, format))
        save_report(path, report_text(record, format))
    other = tmp_path / "notes.md"
    other.write_text("mine", "utf-8")
    with pytest.raises(Exception, match="is no record of synth's"):
        save_report(other, "x")
    assert other.read_text("utf-8") == "mine"
    with pytest.raises(WorkspaceError, match="There is no folder"):
        save_report(tmp_path / "none" / "x.md", "x")


def test_the_ending_of_the_file_says_the_format() -> None:
    """Markdown is written into a file that calls itself something else, and its reader opens something broken."""
    named = {"a.md": "md", "a.txt": "md", "a": "md", "a.HTML": "html", "a.htm": "html", "a.json": "json"}
    assert {name: format_of(None, Path(name), False) for name in named} == named
    assert format_of("html", Path("a.pdf"), False) == "html"
    for name in ("a.pdf", "a.docx", "a.jsonl"):
        with pytest.raises(SettingsError, match=r"ends in \.(pdf|docx|jsonl) is not written"):
            format_of(None, Path(name), False)


def test_the_documents_names_are_documented(searched: Workspace) -> None:
    """A field of the record or of the run log is not named in docs/search.md."""
    from tests.conftest import ROOT

    text = (ROOT / "docs" / "search.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+)`", text))
    log = Store(searched.queries / MIS).last()
    assert log is not None
    assert set(record_of(searched, MIS)) - {"schema"} <= named
    assert set(log) - {"schema", "tool", "run", "missing_ids", "translations"} <= named
