"""``synth search`` and ``synth chase`` against the local E-utilities server: runs, updates, checks, exit codes."""

from __future__ import annotations

import csv
import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.cli.app import run
from tests.search.conftest import Eutils, eutils, start  # noqa: F401 - fixtures
from tests.search.searching import MIS, OPEN, furnish, review_in, wire

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def review(eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    """Stand in a copy of the shipped review, wired to the server with the records of its strategies."""
    furnish(eutils)
    wire(monkeypatch, eutils)
    folder = review_in(tmp_path)
    monkeypatch.chdir(folder)
    return folder


def test_a_list_says_that_the_last_run_is_not_complete(review: Path, eutils: Eutils, capsys: Caught) -> None:  # noqa: F811
    """A search that lacks records stands in the list as if it were done."""
    eutils.corpus.hide(39999999)
    assert run(["search", MIS]) == 4
    capsys.readouterr()
    assert run(["search"]) == 0
    out = capsys.readouterr().out
    assert next(line for line in out.splitlines() if line.startswith(MIS)).count("not complete: run it again") == 1
    eutils.corpus.unavailable.clear()
    assert run(["search", MIS]) == 0
    capsys.readouterr()
    assert run(["search", "--json"]) == 0
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)["searches"]}
    assert (listed[MIS]["complete"], listed[MIS]["state"]) == (True, "today")
    assert (listed[OPEN]["complete"], listed[OPEN]["complete_reason"]) == (None, "not run yet")


def test_count_shows_every_line_and_the_translation(review: Path, capsys: Caught) -> None:
    """A line is not counted, or nobody sees how PubMed reads the search."""
    assert run(["search", OPEN, "--count"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:8]] == ["#1", "#2", "#3", "#4", "#5", "#6", "whole"]
    assert '"spondylitis, ankylosing"[MeSH Terms]' in out
    assert run(["search", OPEN, "--count", "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert counted["schema"] == "synth.search-count/1"
    assert counted["lines"][5]["count"] == counted["whole"]["count"] > 0
    assert not (review / "queries" / OPEN).exists()


def test_what_pubmed_ignored_is_an_error_by_default(review: Path, capsys: Caught) -> None:
    """A count of another question than the one asked looks like an answer."""
    term = "nosuchword[ti] OR fracture[ti]"
    assert run(["search", "--term", term, "--count"]) == 1
    out, err = capsys.readouterr()
    assert "whole" in out
    assert 'PubMed found "nosuchword[ti]" nowhere.' in err
    assert "--allow-warnings" in err
    assert err.count("nosuchword") == 2
    assert run(["search", "--term", term, "--count", "--allow-warnings"]) == 0
    assert 'synth: PubMed found "nosuchword[ti]" nowhere.' in capsys.readouterr().err
    many = " OR ".join(f"nosuchword{letter}[ti]" for letter in "abcdefghijklmnopqrstuvwxyz")
    assert run(["search", "--term", many, "--count", "--allow-warnings"]) == 0
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 21
    assert "more; --json has all of them." in err


def test_a_term_needs_no_review(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught  # noqa: F811
) -> None:
    """A quick count needs a review, or writes something where it is run."""
    wire(monkeypatch, eutils)
    monkeypatch.chdir(tmp_path)
    assert run(["search", "--term", "spinal fractures[mh]", "--count", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"]["count"] > 10
    assert list(tmp_path.iterdir()) == []


def test_a_run_and_its_update(review: Path, eutils: Eutils, capsys: Caught,  # noqa: F811
                              monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A run does not leave the records in every form, or an update does not say what is new, gone and retracted."""
    assert run(["search", MIS]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "The first run of this search" in out
    folder = review / "queries" / MIS
    written = [line.strip() for line in out.split("Written:\n")[1].split("\n\n")[0].splitlines()]
    assert all((review / path).is_file() for path in written)
    assert {Path(path).suffix for path in written} == {".json", ".jsonl", ".ris", ".nbib", ".bib", ".csv"}
    pmids = (folder / "pmids.txt").read_text("ascii").split()
    assert str(37268432) in pmids
    rows = list(csv.reader((folder / f"{MIS}.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == len(pmids) + 1
    assert (folder / f"{MIS}.ris").read_text("utf-8-sig").count("TY  - ") == len(pmids)
    exported = (folder / f"{MIS}.ris").read_bytes()
    (folder / f"{MIS}.ris").unlink()
    assert run(["search", MIS, "--export"]) == 0
    assert f"queries/{MIS}/{MIS}.ris" in capsys.readouterr().out
    assert (folder / f"{MIS}.ris").read_bytes() == exported
    records = (folder / "records.jsonl").read_bytes()
    assert run(["search", MIS]) == 0
    assert "Nothing has changed since the run before." in capsys.readouterr().out
    assert (folder / "records.jsonl").read_bytes() == records
    eutils.corpus.delete(36434588)
    eutils.corpus.add(40000001, title="Percutaneous fixation of a fracture in ankylosing spondylitis")
    eutils.corpus.add(37268432, title="Minimally invasive surgery for a fracture in ankylosing spondylitis, retracted",
                      types=("Journal Article", "Retracted Publication"))  # fmt: skip
    assert run(["search", MIS, "--json"]) == 0
    log = json.loads(capsys.readouterr().out)
    assert log["changes"]["new"] == [40000001]
    assert log["changes"]["gone"] == [36434588]
    assert 37268432 in log["changes"]["changed"]
    assert len(list((folder / "runs").glob("*.json"))) == 3
    assert run(["search"]) == 0
    assert re.search(rf"{MIS} +{len(pmids)} .* today ", capsys.readouterr().out)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time.time()) + 400 * 86_400))
    assert run(["search"]) == 0
    assert "400 days ago: run it again" in capsys.readouterr().out


def test_a_changed_strategy_is_stale(review: Path, capsys: Caught) -> None:
    """The list shows the count of a strategy that has been changed since."""
    assert run(["search", MIS]) == 0
    path = review / "queries" / f"{MIS}.toml"
    path.write_text(path.read_text("utf-8") + "\n# a comment\n", "utf-8")
    capsys.readouterr()
    assert run(["search", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["searches"][0]["changed_since"] is False
    path.write_text(path.read_text("utf-8").replace("'MIS[tiab]',", ""), "utf-8")
    assert run(["search"]) == 0
    assert "the strategy has changed since: run it again" in capsys.readouterr().out


def test_an_interrupted_run_is_told_and_continued(review: Path, eutils: Eutils, capsys: Caught) -> None:  # noqa: F811
    """A run that the service ended is forgotten, counted as none found, or asks for everything again."""
    eutils.faults.add(when={"endpoint": "efetch"}, status=503)
    assert run(["search", MIS]) == 5
    assert "PubMed gave no usable answer to efetch" in capsys.readouterr().err
    assert run(["search"]) == 0
    assert "interrupted, 0 of" in capsys.readouterr().out
    assert run(["search", MIS, "--report"]) == 1
    eutils.faults.clear()
    counted = len([entry for entry in eutils.log if entry.endpoint == "esearch"])
    capsys.readouterr()
    assert run(["search", MIS, "--resume"]) == 0
    assert len([entry for entry in eutils.log if entry.endpoint == "esearch"]) == counted + 1
    assert run(["search", MIS, "--resume"]) == 2
    assert "There is nothing to resume" in capsys.readouterr().err


def test_missing_records_have_their_own_code(review: Path, eutils: Eutils, capsys: Caught) -> None:  # noqa: F811
    """A search without all of its records ends like a complete one, or writes nothing of what came."""
    eutils.corpus.hide(37268432)
    assert run(["search", MIS]) == 4
    out, err = capsys.readouterr()
    assert "PMID 37268432" in err
    assert "Written:" in out
    assert "37268432" not in (review / "queries" / MIS / "pmids.txt").read_text("ascii")
    assert (review / "queries" / MIS / f"{MIS}.ris").is_file()


def test_a_sample_leaves_the_stored_search_alone(review: Path, capsys: Caught) -> None:
    """--limit replaces the stored records by a few of them."""
    assert run(["search", MIS]) == 0
    before = (review / "queries" / MIS / "records.jsonl").read_bytes()
    capsys.readouterr()
    assert run(["search", MIS, "--limit", "2"]) == 0
    assert f"queries/{MIS}/sample.jsonl" in capsys.readouterr().out
    assert (review / "queries" / MIS / "records.jsonl").read_bytes() == before
    assert len((review / "queries" / MIS / "sample.jsonl").read_bytes().splitlines()) == 2


def test_check_names_the_line_and_fails(review: Path, eutils: Eutils, capsys: Caught) -> None:  # noqa: F811
    """A strategy that misses what it must find passes, or nobody learns which line loses it."""
    assert run(["search", MIS, "--check"]) == 0
    assert "Finds 9 of the 9 known publications" in capsys.readouterr().out
    eutils.corpus.add(35191260, title="Fractures in ankylosing spondylitis, treated otherwise")
    eutils.corpus.delete(38898448)
    assert run(["search", MIS, "--check"]) == 4
    out, err = capsys.readouterr()
    assert "Finds 7 of the 8 known publications" in out
    assert "#intervention does not find it" in out
    assert "38898448  Ye ZY 2024" in out.split("Not in PubMed")[1]
    assert "35191260" in err
    assert run(["search", MIS, "--check", "--json"]) == 4
    checked = json.loads(capsys.readouterr().out)
    assert (checked["found"], checked["missed"], checked["not_in_pubmed"], checked["recall"]) == (7, 1, 1, 7 / 8)


def test_recall_against_a_list_is_an_answer_and_no_failure(review: Path, capsys: Caught) -> None:
    """Recall of somebody's list fails the command, or the list is not read."""
    (review / "list.csv").write_text("study,pmid\nA,37268432\nB,90000005\nC,\n", "utf-8")
    assert run(["search", MIS, "--check", "--known", "list.csv", "--known", "36434588"]) == 0
    out = capsys.readouterr().out
    assert "Finds 2 of the 3 known publications" in out
    assert "1 rows of list.csv have no PMID" in out


def test_report_in_every_form(review: Path, capsys: Caught) -> None:
    """A form of the report is missing, or goes elsewhere than it was told."""
    assert run(["search", MIS]) == 0
    capsys.readouterr()
    assert run(["search", MIS, "--report"]) == 0
    assert capsys.readouterr().out.startswith("<!-- synth.prisma-s/1 -->\n\n# Search record: Minimally invasive")
    assert run(["search", MIS, "--report", "--output", "search.html"]) == 0
    assert capsys.readouterr().out == "Written: search.html\n"
    assert (review / "search.html").read_text("utf-8").startswith('<section class="search-record"')
    assert run(["search", MIS, "--report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "synth.prisma-s/1"
    assert run(["search", MIS, "--report", "--format", "html"]) == 0
    assert "<h2>" in capsys.readouterr().out
    (review / "mine.md").write_text("mine", "utf-8")
    assert run(["search", MIS, "--report", "--output", "mine.md"]) == 1
    assert (review / "mine.md").read_text("utf-8") == "mine"


def test_chase(review: Path, eutils: Eutils, capsys: Caught) -> None:  # noqa: F811
    """Citations are followed without counts for the flow diagram, or what is there already counts as new."""
    eutils.corpus.link("pubmed_pubmed_citedin", 37268432, [36434588, 90000005])
    assert run(["search", MIS]) == 0
    capsys.readouterr()
    assert run(["chase", MIS, "--citing", "--json"]) == 0
    log = json.loads(capsys.readouterr().out)
    assert log["schema"] == "synth.chase/1"
    assert log["directions"] == ["citing articles"]
    assert log["new"] == [90000005]
    assert log["counts"]["identified"] == 2
    assert run(["chase", "37268432"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"0 +new, to screen", out)
    assert "Written: queries/chase/" in out
    assert run(["chase", MIS, "37268432"]) == 2


@pytest.fixture
def free(start: Callable[..., Eutils]) -> Eutils:  # noqa: F811
    """Give a server that counts no requests, for processes whose clock goes faster than its own."""
    server = start(limit=False)
    furnish(server)
    return server


def test_two_runs_at_once(free: Eutils, tmp_path: Path) -> None:
    """A second run on the same search works on the same files as the first."""
    folder = review_in(tmp_path)
    # Slow enough to be at work still when a busy machine has begun the second.
    first = free.popen("search", MIS, folder=folder, speed=0.5)
    waited = time.monotonic()
    while not (folder / "queries" / MIS / ".lock").exists() and time.monotonic() - waited < 20:
        time.sleep(0.02)
    second = free.run("search", MIS, folder=folder)
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    assert second.returncode == 1, second.stdout + second.stderr
    assert "another" in second.stderr.lower()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_the_address_is_asked_for_on_a_terminal_only(free: Eutils, tmp_path: Path) -> None:
    """A script waits for an answer that nobody gives, or a person is not asked, or asked twice."""
    import pty

    review = review_in(tmp_path)
    environment = {name: value for name, value in free.environment().items() if name != "SYNTH_EMAIL"}
    command = [sys.executable, "-m", "tests.eutils.run", str(free.port), "--speed", "1000", "--",
               "search", "--term", "spinal fractures[mh]", "--count"]  # fmt: skip
    piped = subprocess.run(command, cwd=review, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=60, check=False)  # fmt: skip
    assert piped.returncode == 1
    assert "none is known" in piped.stderr
    for expected in ("asked", "known"):
        leader, follower = pty.openpty()
        process = subprocess.Popen(command, cwd=review, env=environment, stdin=follower, stdout=follower,
                                   stderr=follower, close_fds=True)  # fmt: skip
        os.close(follower)
        seen = ""
        ended = time.monotonic() + 30
        while time.monotonic() < ended:
            if select.select([leader], [], [], 0.1)[0]:
                try:
                    seen += os.read(leader, 4096).decode("utf-8", "replace")
                except OSError:
                    break
                if "Yours:" in seen and "ada@" not in seen:
                    os.write(leader, b"ada@example.org\n")
            elif process.poll() is not None:
                break
        assert process.wait(timeout=30) == 0, seen
        os.close(leader)
        assert ("Yours:" in seen) == (expected == "asked")
    assert 'contact = "ada@example.org"' in (review / "review.toml").read_text("utf-8")
