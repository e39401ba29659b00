"""``synth report``: what is pooled and what is left, what a review may lack, and the same bytes twice."""

from __future__ import annotations

import json
import shlex
import shutil
import zipfile
from pathlib import Path

import pytest
from lxml import html as lxml_html

from synth.cli.app import run
from synth.cli.report import _how
from synth.steps.options import PoolOptions
from tests.search.conftest import Eutils, eutils, start  # noqa: F401 - fixtures
from tests.search.searching import MIS, OPEN, furnish, review_in, wire

from .conftest import RESULTS, REVIEW
from .test_hostile_text import EVIL, clean

Caught = pytest.CaptureFixture[str]
STUDIES = """\
study,arm,title,year,country,design,n,age,doi
Ågren 2019,new,Falls,2019,Peru,cohort,40,median 70,10.1000/x
Ågren 2019,old,Falls,2019,Peru,cohort,38,median 71,10.1000/x
Brown 2020,new,More falls,2020,,,61,,
"""


@pytest.fixture(autouse=True)
def here(review: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a review with three outcomes: two that can be pooled, and one without a standard deviation."""
    (review / "extracted" / "studies.csv").write_text(STUDIES, encoding="utf-8")
    monkeypatch.chdir(review)
    return review


def document() -> dict[str, object]:
    """Read the index."""
    value = json.loads(Path("reports/index.json").read_text("utf-8"))
    assert isinstance(value, dict)
    return value


def page() -> str:
    """Give the text of the index as a reader sees it."""
    body = lxml_html.fromstring(Path("reports/index.html").read_bytes()).find("body")
    return " ".join(body.text_content().split())


def test_everything_is_made_from_nothing(capsys: Caught) -> None:
    """A person who types one command in a filled-in review has no pages, or an index without links to them."""
    assert run(["report"]) == 0
    out = capsys.readouterr().out
    assert "Pooled 2 outcomes: fall.html, revision.html" in out
    assert "Without an answer: pain" in out
    assert out.endswith("Open in a browser: reports/index.html\n")
    for name in ("fall.html", "fall.json", "revision.html", "index.html", "index.json"):
        assert Path("reports", name).is_file()
    tree = lxml_html.fromstring(Path("reports/index.html").read_bytes())
    links = {link.get("href") for link in tree.iter("a")}
    assert {"./fall.html", "./fall.json", "./revision.html", "https://doi.org/10.1000/x"} <= links
    assert "Hips & knees <in> brief" in page()


def test_what_is_up_to_date_is_left(capsys: Caught) -> None:
    """Everything is pooled again each time, or a page older than its sheet is shown as if it were not."""
    assert run(["report"]) == 0
    before = Path("reports/fall.html").stat().st_mtime_ns
    capsys.readouterr()
    assert run(["report"]) == 0
    out = capsys.readouterr().out
    assert "Up to date, and left as they were: fall.html, revision.html" in out
    assert Path("reports/fall.html").stat().st_mtime_ns == before
    Path("extracted/results.csv").write_text(RESULTS.replace("new,fall,3,40", "new,fall,7,40"), encoding="utf-8")
    assert run(["report"]) == 0
    assert "Pooled 2 outcomes" in capsys.readouterr().out
    assert json.loads(Path("reports/fall.json").read_text("utf-8"))["events"] == 22
    assert run(["report", "--again"]) == 0
    assert "Pooled 2 outcomes" in capsys.readouterr().out


def test_a_page_keeps_its_options_and_arm(capsys: Caught) -> None:
    """A stale page that somebody made with options of his own comes back with the defaults, or not at all."""
    assert run(["pool", "--outcome", "fall", "--model", "inverse", "--exclude", "Cole 2021", "--influence"]) == 0
    assert run(["pool", "--outcome", "fall", "--arm", "old"]) == 0
    Path("extracted/results.csv").write_text(RESULTS.replace("old,fall,6,38", "old,fall,9,38"), encoding="utf-8")
    assert run(["report"]) == 0
    first = json.loads(Path("reports/fall.json").read_text("utf-8"))
    assert first["settings"]["model"] == "inverse"
    assert set(first["command"].split()) >= {"--exclude", "--model", "inverse", "--influence"}
    assert json.loads(Path("reports/fall.old.json").read_text("utf-8"))["events"] == 9
    more = document()["more_pages"]
    assert isinstance(more, list)
    assert [(row["page"], row["stale"]) for row in more] == [("fall.old.html", [])]


def test_every_option_comes_back() -> None:
    """An option of a page is forgotten when the page is made again, because the index cannot read it."""
    asked = PoolOptions(
        measure="PLOGIT", model="inverse", effects="random", tau2_method="DL", ci_method="hksj", prediction="hts",
        level=0.9, exclude=("A b", "C"), by="design", moderators=("year", "n"), permutations=99, cumulative="year",
        leave_one_out=False, gosh=True, gosh_subsets=500, seed=7, bias=True, multiverse=True, compare_presets=True,
    )  # fmt: skip
    words = ["synth", "pool", "--outcome", "fall", "--compare", "new", "old", *asked.flags()]
    again = _how(shlex.join(words))
    assert again is not None
    assert again.options == asked
    assert (again.arm, again.compare) == (None, ("new", "old"))
    for other in ("synth pool a.csv", "synth pool --outcome fall --output x.html", "synth bias", "rm -rf /", "a 'b",
                  "synth pool --nonsense", "synth pool --help"):  # fmt: skip
        assert _how(other) is None, other


def test_pages_without_an_outcome(here: Path) -> None:
    """A page of an outcome that the review has no more, or that has no rows any more, stands in the index."""
    assert run(["report"]) == 0
    text = REVIEW[: REVIEW.index("[outcomes.revision]")] + REVIEW[REVIEW.index("[outcomes.pain]"):]
    (here / "review.toml").write_text(text, encoding="utf-8")
    kept = [line for line in RESULTS.splitlines() if ",revision," not in line]
    (here / "extracted" / "results.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert run(["report"]) == 0
    value = json.loads(Path("reports/index.json").read_text("utf-8"))
    assert [row["outcome"] for row in [*value["outcomes"], *value["more_pages"]]] == ["fall"]
    with zipfile.ZipFile("reports/data/review.zip") as archive:
        assert not [name for name in archive.namelist() if "revision" in name]


def test_index_only_pools_nothing(capsys: Caught) -> None:
    """The index pools although it was told not to, or shows a stale page as one that is up to date."""
    assert run(["report", "--index-only"]) == 0
    assert sorted(path.name for path in Path("reports").iterdir()) == ["index.html", "index.json"]
    assert "it has no page yet: synth pool --outcome fall" in page()
    assert run(["pool"]) == 0
    with Path("review.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a remark\n")
    assert run(["report", "--index-only"]) == 0
    assert "Not up to date (review.toml has changed): synth pool --outcome fall" in page()
    assert "Made from older files than there are now are Fall and Revision" in page()
    assert run(["report", "--index-only", "--again"]) == 2
    assert "Keep one of them" in capsys.readouterr().err


def test_the_same_bytes_twice(here: Path) -> None:
    """Two runs on the same files give two pages, or a run that pools gives another index than one that does not."""
    assert run(["report"]) == 0
    first = {path: path.read_bytes() for path in (here / "reports").rglob("*") if path.is_file()}
    shutil.rmtree(here / "reports")
    assert run(["report"]) == 0
    assert {path: path.read_bytes() for path in (here / "reports").rglob("*") if path.is_file()} == first
    assert run(["report"]) == 0
    assert Path("reports/index.html").read_bytes() == first[here / "reports" / "index.html"]


def test_the_data_go_out(here: Path, capsys: Caught) -> None:
    """The tables are not written, are not linked, or are those of an older answer."""
    assert run(["report"]) == 0
    folder = here / "reports" / "data"
    tree = lxml_html.fromstring(Path("reports/index.html").read_bytes())
    links = [link.get("href") for link in tree.iter("a") if link.get("href").startswith("./data/")]
    assert links[:2] == ["./data/review.zip", "./data/review.xlsx"]
    assert {f"./data/{path.name}" for path in folder.iterdir()} == set(links)
    with zipfile.ZipFile(folder / "review.zip") as archive:
        held = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    assert held["fall.json"] == Path("reports/fall.json").read_bytes()
    assert run(["pool", "--outcome", "fall", "--ci", "wald"]) == 0
    capsys.readouterr()
    assert run(["status"]) == 0
    assert "reports/data/" in (out := capsys.readouterr().out)
    assert "fall has changed" in out
    before = (folder / "review.zip").read_bytes()
    assert run(["report"]) == 0
    assert (folder / "review.zip").read_bytes() != before
    (folder / "answer.csv").write_text("mine")
    assert run(["report", "--again"]) == 1
    assert "answer.csv" in capsys.readouterr().err
    assert (folder / "answer.csv").read_text() == "mine"
    assert Path("reports/index.html").is_file()


def test_json_is_the_document(capsys: Caught) -> None:
    """A program that reads --json meets other words on stdout, a NaN, or a null without its reason."""
    assert run(["report", "--json"]) == 0
    text = capsys.readouterr().out
    value = json.loads(text, parse_constant=lambda word: pytest.fail(word))
    assert value == document()
    assert value["schema"] == "synth.index/1"
    assert [row["outcome"] for row in value["outcomes"]] == ["fall", "revision"]
    assert value["not_pooled"][0]["outcome"] == "pain"
    assert {each["path"] for each in value["inputs"]} >= {"review.toml", "extracted/results.csv", "reports/fall.json"}
    assert [(study["study"], study["outcomes"]) for study in value["studies"]][:2] == [
        ("Ågren 2019", ["fall"]), ("Brown 2020", ["fall", "revision"])
    ]  # fmt: skip
    for row in value["outcomes"]:
        assert not [key for key in row if row[key] is None and f"{key}_reason" not in row]


def test_a_review_with_nothing(here: Path) -> None:
    """A review that was only just begun has no index, or one without the commands that come next."""
    for name in ("results.csv", "studies.csv"):
        (here / "extracted" / name).unlink()
    assert run(["report"]) == 0
    for said in ("No outcome has an answer yet", "extracted has no sheet", "No search is on file", "not been judged"):
        assert said in page(), said
    (here / "extracted").rmdir()
    assert run(["report"]) == 0
    assert "There is no folder extracted" in page()


def test_defects_stop_it_and_write_nothing(capsys: Caught) -> None:
    """A sheet with an error gives an index of half the studies, or a page of a person's own is written over."""
    Path("extracted/results.csv").write_text(RESULTS.replace("fall,3,40", "fall,43,40"), encoding="utf-8")
    assert run(["report"]) == 1
    assert "row 2" in capsys.readouterr().err
    assert not Path("reports").exists()
    Path("reports").mkdir()
    Path("reports/index.html").write_text("<p>mine</p>")
    Path("extracted/results.csv").write_text(RESULTS, encoding="utf-8")
    assert run(["report"]) == 1
    assert "is no page of synth's" in capsys.readouterr().err
    assert [path.name for path in Path("reports").iterdir()] == ["index.html"]


def test_a_document_that_somebody_damaged(capsys: Caught) -> None:
    """A damaged document in reports/ ends in a traceback, or stands in the way of all the others."""
    assert run(["report"]) == 0
    Path("reports/fall.json").write_text('{"schema": "synth.pool/1", "inputs": 3}')
    capsys.readouterr()
    assert run(["report"]) == 0
    assert "Pooled 1 outcome: fall.html" in capsys.readouterr().out
    assert json.loads(Path("reports/fall.json").read_text("utf-8"))["k"] == 4


def test_strangers_words_in_the_terminal(here: Path, capsys: Caught) -> None:
    """A study's name, a label or a source of records moves the cursor or names the window."""
    hostile = "New \\u001b]0;x\\u0007\\u202e"
    more = f'\n[screening]\nscreened = 3\nexcluded = 2\nsought = 2\n[screening.databases]\n"{hostile}" = 4\n'
    (here / "review.toml").write_text(REVIEW.replace('label = "Fall"', f'label = "{hostile}"') + more, encoding="utf-8")
    (here / "extracted" / "results.csv").write_text(f"{RESULTS}{EVIL},new,fall,1,9,,,,\n", encoding="utf-8")
    for words in (["report"], ["report", "--json"], ["status"], ["status", "--json"], ["status", "--check"]):
        assert run(words) == 0
        out, err = capsys.readouterr()
        assert clean(out + err), words
    text = Path("reports/index.html").read_text("utf-8")
    assert clean(text)


def test_searches_chases_and_screening(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught  # noqa: F811
) -> None:
    """What the logs of real runs count does not reach the flow diagram, the record or the sums."""
    furnish(eutils)
    wire(monkeypatch, eutils)
    monkeypatch.chdir(review_in(tmp_path))
    assert run(["report", "--index-only"]) == 0
    assert f"was not run to its end yet: synth search {MIS}" in page()
    for name in (MIS, OPEN):
        assert run(["search", name, "--allow-warnings"]) == 0
    assert run(["chase", MIS]) == 0
    with Path("review.toml").open("a", encoding="utf-8") as file:
        file.write("\n[screening]\nscreened = 20\nexcluded = 3\nsought = 23\n")
    capsys.readouterr()
    assert run(["report", "--index-only"]) == 0
    assert "Does not add up: Records screened less those excluded" in capsys.readouterr().out
    value = json.loads(Path("reports/index.json").read_text("utf-8"))
    found = {each["name"]: each["record"]["totals"]["found"] for each in value["searches"]}
    steps = value["flow"]["columns"][0]["steps"]
    assert steps[0]["box"]["n"] == found[MIS] + found[OPEN] > 0
    pmids = [set(Path(f"queries/{name}/pmids.txt").read_text().split()) for name in (MIS, OPEN)]
    assert steps[0]["out"]["n"] == len(pmids[0] & pmids[1]) > 0
    assert [(each["left"], each["right"]) for each in value["flow"]["checks"] if not each["holds"]][-1] == (17, 23)
    log = next(Path(f"queries/{MIS}/chase").glob("*.json"))
    counts = json.loads(log.read_text("utf-8"))["counts"]
    assert value["flow"]["columns"][1]["steps"][0]["box"]["n"] == counts["identified"]
    for line in value["searches"][0]["record"]["lines"]:
        assert line["text"].split()[0] in page()
    assert "does not add up, 17 here and 23 there" in page()
    assert "PRISMA-S" in page()


def test_damaged_logs_are_said(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught  # noqa: F811
) -> None:
    """A damaged log of a search stops the report, or its records are left out without a word."""
    furnish(eutils)
    wire(monkeypatch, eutils)
    monkeypatch.chdir(review_in(tmp_path))
    assert run(["search", MIS, "--allow-warnings"]) == 0
    assert run(["chase", MIS]) == 0
    next(Path(f"queries/{MIS}/chase").glob("*.json")).write_text('{"schema": "synth.chase/1", "run": "x"}')
    next(Path(f"queries/{MIS}/runs").glob("*.json")).write_text('{"schema": "synth.search-run/1"}')
    capsys.readouterr()
    assert run(["report", "--index-only"]) == 0
    err = capsys.readouterr().err
    assert "not as synth writes it" in err
    assert "has no counts: run it again" in err
    value = json.loads(Path("reports/index.json").read_text("utf-8"))
    assert value["searches"][0]["record"] is None
    assert value["flow"]["columns"][0]["steps"][0]["box"]["n"] is None
    assert "Restore the file from version control" in page()
    Path(f"queries/{OPEN}.toml").write_text("title = [", encoding="utf-8")
    assert run(["report", "--index-only"]) == 0
    assert "is not valid TOML" in page() or "not-toml" in page()
