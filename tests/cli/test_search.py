"""``synth search`` without the network: listing, lint, dry run, options, and every mistake that a person can make."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from synth.cli.app import run
from synth.steps.contact import identify, keep_contact
from synth.workspace import Workspace
from tests.conftest import ROOT
from tests.search.searching import MIS, OPEN, review_in

Caught = pytest.CaptureFixture[str]


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a copy of the shipped review that nobody has an address for."""
    folder = review_in(tmp_path)
    monkeypatch.chdir(folder)
    for name in ("SYNTH_EMAIL", "NCBI_EMAIL", "NCBI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_the_list(review: Path, capsys: Caught) -> None:
    """A strategy is missing in the list, or one that cannot be read hides the others."""
    (review / "queries" / "broken.toml").write_text("schema = 1\n[lines]\n1 = ''\n", "utf-8")
    (review / "queries" / "my search.toml").write_text("schema = 1\n", "utf-8")
    assert run(["search"]) == 0
    out, err = capsys.readouterr()
    for name in (MIS, OPEN, "broken"):
        assert f"\n{name} " in out
    assert "not run yet" in out
    assert "cannot be read" in out
    assert "queries/broken.toml, line 3, lines.1: there is an empty text." in err
    assert "queries/my search.toml: A strategy's name is letters" in err
    assert run(["search", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["schema"] == "synth.searches/1"
    assert [each["name"] for each in listed["searches"]] == [MIS, OPEN, "broken", "my search"]
    assert listed["searches"][0]["records"] is None
    assert listed["searches"][0]["records_reason"] == "not run yet"


def test_a_review_without_strategies(review: Path, capsys: Caught) -> None:
    """A person without a strategy is not told how to begin."""
    shutil.rmtree(review / "queries")
    assert run(["search"]) == 0
    assert "write queries/NAME.toml" in capsys.readouterr().out
    assert run(["search", "x", "--lint"]) == 1
    assert "docs/search.md shows how" in capsys.readouterr().err


def test_lint_says_everything_at_once(review: Path, capsys: Caught) -> None:
    """Lint stops at the first slip, or its exit code says that all is well."""
    assert run(["search", MIS, "--lint"]) == 0
    assert capsys.readouterr().out == f"queries/{MIS}.toml: no errors, 0 warnings.\n"
    path = review / "queries" / f"{MIS}.toml"
    text = path.read_text("utf-8")
    row = text[: text.index("'DISH[tiab]'")].count("\n") + 1
    path.write_text(text.replace("'DISH[tiab]'", "'DISH[tiabb] or dsh*[tiab]'"), "utf-8")
    assert run(["search", MIS, "--lint"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("synth: 3 problems found; nothing was changed.\n")
    assert err.count(f"queries/{MIS}.toml, line {row}, concepts.population") == 3
    for said in ("Did you mean [tiab]?", "Write OR, or put", "fewer than 4 letters"):
        assert said in err


def test_nothing_is_sent_where_lint_finds_an_error(review: Path, capsys: Caught) -> None:
    """A strategy with an error is sent, or asks for an address before the error is said."""
    path = review / "queries" / "bad.toml"
    path.write_text("schema = 1\ntitle = 'x'\n[lines]\n1 = '(a[ti]'\n[known]\n5 = 'x'\n", "utf-8")
    for words in ([], ["--count"], ["--check"], ["--dry-run"]):
        assert run(["search", "bad", *words]) == 1
        assert "there is a ( without its )" in capsys.readouterr().err


def test_dry_run_shows_every_line_and_writes_nothing(review: Path, capsys: Caught) -> None:
    """A dry run sends or writes something, or does not show what a run would send."""
    before = sorted(path.relative_to(review) for path in review.rglob("*"))
    assert run(["search", OPEN, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "synth.search-plan/1"
    assert [line["id"] for line in told["lines"]] == list("123456")
    assert told["lines"][-1]["sent"] == told["term"]
    assert told["method"] == "POST" if len(told["term"]) > 1000 else told["method"] in ("GET", "POST")
    assert run(["search", OPEN, "--dry-run"]) == 0
    assert told["term"] in capsys.readouterr().out
    assert sorted(path.relative_to(review) for path in review.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["as-spine-fracture-mi"], 1, f'Did you mean "{MIS}"?'),
        (["../review"], 1, "There is no strategy"),
        ([MIS, "--lint", "--count"], 2, "--lint, --count are different things"),
        ([MIS, "--known", "5"], 2, "--known goes with --check"),
        ([MIS, "--format", "md"], 2, "go with --report"),
        ([MIS, "--report", "--limit", "5"], 2, "--limit and --resume go with a run"),
        ([MIS, "--limit", "0"], 2, "0 is not in the range"),
        (["--count"], 2, "need the name of a strategy"),
        (["--term", "a[ti]"], 2, "give --count or --lint with it"),
        ([MIS, "--term", "a[ti]", "--count"], 2, "--term is a search of its own"),
        (["--term", "", "--count"], 2, "The search term is empty"),
        (["--term", "a[ti] or b[ti]", "--count"], 1, "or is an operator only in capitals"),
        ([MIS, "--report"], 1, f"{MIS} was not run yet: synth search {MIS}"),
        ([MIS, "--report", "--json", "--format", "md"], 2, "are two formats"),
        ([MIS, "--export"], 1, f"{MIS} has no stored records yet"),
        ([MIS, "--check", "--known", "no-such-file.csv"], 1, "neither a PMID nor a file that can be read"),
        ([MIS], 1, 'write contact = "you@example.org" in review.toml, or set SYNTH_EMAIL=you@example.org'),
        (["--term", "a[ti]", "--count"], 1, "set SYNTH_EMAIL=you@example.org"),
    ],
)  # fmt: skip
def test_mistakes(review: Path, capsys: Caught, words: list[str], code: int, said: str) -> None:
    """A mistake ends in a traceback or a prompt, with the wrong code, or without what to type."""
    assert run(["search", *words]) == code
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""
    assert "Traceback" not in err
    assert not (review / "queries" / MIS).exists()


def test_a_strategy_called_chase_is_refused(review: Path, capsys: Caught) -> None:
    """A strategy takes the folder in which citation searches lie."""
    (review / "queries" / "chase.toml").write_text("schema = 1\ntitle = 'x'\n[lines]\n1 = 'a[ti]'\n", "utf-8")
    assert run(["search", "chase", "--lint"]) == 1
    assert "give the strategy another name" in capsys.readouterr().err


def test_lint_of_a_term_needs_no_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    """A text cannot be judged outside of a review, or asks for an address."""
    monkeypatch.chdir(tmp_path)
    assert run(["search", "--term", "spine[ti] OR back*[ti]", "--lint", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []
    assert run(["search", "--term", "spine[ti] NOT hip[ti]", "--lint"]) == 0
    out, err = capsys.readouterr()
    assert out == "No errors.\n"
    assert "synth: warning: --term, at" in err


TOML = """\
# A comment
schema = 1
title = "x" # the title
{contact}
primary_arm = "a"

[question]
text = "contact = '' is written below"
[arms.a]
label = "contact = 'no'"
[outcomes.o]
label = "o"
"""


@pytest.mark.parametrize("contact", ['contact = ""  # yours', "contact=''", "", 'contact   = "old@example.org"'])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_address_is_asked_for_once_and_kept(tmp_path: Path, contact: str, ends: str,
                                                monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The address is asked for again each time, or writing it loses a comment, a line end or another key."""
    for name in ("SYNTH_EMAIL", "NCBI_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "review.toml"
    text = TOML.format(contact=contact).replace("\n\n\n", "\n\n").replace("\n", ends)
    path.write_bytes(text.encode())
    keep_contact(Workspace.find(tmp_path), "ada@example.org")
    after = path.read_bytes().decode()
    assert Workspace.find(tmp_path).review.contact == "ada@example.org"
    left = [line for line in text.split(ends) if line not in after.split(ends)]
    assert left in ([], [contact])
    for kept in ("# A comment", "# the title", *(["# yours"] if "yours" in contact else [])):
        assert kept in after
    asked: list[str] = []
    identity = identify(Workspace.find(tmp_path), lambda question: asked.append(question) or "x")
    assert identity.email == "ada@example.org"
    assert asked == []


def test_a_wrong_address_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip at the prompt ends the command, or is written into review.toml."""
    for name in ("SYNTH_EMAIL", "NCBI_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "review.toml").write_text(TOML.format(contact='contact = ""'), "utf-8")
    answers = iter(["nobody", 'a"@b.org', "ada@example.org"])
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return next(answers)

    assert identify(Workspace.find(tmp_path), ask).email == "ada@example.org"
    assert "nobody is no e-mail address" in questions[1]
    assert Workspace.find(tmp_path).review.contact == "ada@example.org"
    answers = iter(["1", "2", "3", "4"])
    (tmp_path / "review.toml").write_text(TOML.format(contact='contact = ""'), "utf-8")
    with pytest.raises(Exception, match="is no e-mail address"):
        identify(Workspace.find(tmp_path), ask)


def test_every_rule_of_lint_is_documented() -> None:
    """A rule has no line in docs/search.md, or the page tells of a rule that there is not."""
    import re

    code = "".join((ROOT / "synth" / "search" / f"{name}.py").read_text("utf-8") for name in (
        "strategy/syntax", "lint/every", "lint/form", "lint/terms", "lint/advice", "strategy/toml",
    ))  # fmt: skip
    page = (ROOT / "docs" / "search.md").read_text("utf-8").split("| rule |")[1].split("\n\n")[0]
    listed = {name for row in page.splitlines() for name in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
    assert len(listed) > 40
    assert [name for name in listed if f'"{name}"' not in code] == []
    used = set(re.findall(r'(?:Finding\(|_found\(\w+(?:\[0\])?, |code=)\s*"([a-z]+(?:-[a-z]+)*)"', code))
    used |= set(re.findall(r'^    "\w+": \(\s*"([a-z-]+)"', code, re.M))
    assert len(used) > 25
    assert used - listed == set()
