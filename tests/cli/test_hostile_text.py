"""Texts of strangers on their way to a terminal, and paths and settings that no person means."""

from __future__ import annotations

import ast
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from synth.cli.console import safe

from ..conftest import ROOT
from .conftest import FIGURES, RESULTS, REVIEW, Run

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\u2066"
HARMFUL = ("\x1b", "\x07", "\x9b", "\u202e", "\u2066")


def clean(text: str) -> bool:
    """Say whether nothing in a text would be obeyed by a terminal."""
    return not any(mark in text for mark in HARMFUL)


def test_nothing_pooled_is_said_harmlessly(run: Run, review: Path) -> None:
    """A study's name, an exclusion or an arm's label sets the window's title where nothing can be pooled."""
    (review / "review.toml").write_text(
        REVIEW.replace('label = "New joint"', 'label = "New \\u001b]0;x\\u0007\\u202e"'), encoding="utf-8"
    )
    rows = f"{EVIL},new,fall,3,40,,,{EVIL},\nB {EVIL},new,revision,,40,,,,\n"
    (review / "extracted" / "results.csv").write_text(RESULTS.splitlines()[0] + "\n" + rows, encoding="utf-8")
    for args in (("pool",), ("pool", "--outcome", "fall"), ("outcomes",), ("pool", "--outcome", EVIL), ("pool", EVIL),
                 ("pool", f"--{EVIL}"), (EVIL,), ("pool", "--arm", EVIL), ("init", f"x{EVIL}")):  # fmt: skip
        done = run(*args, cwd=review)
        assert clean(done.out + done.err), args
        assert done.code < 70, args
    assert r"\x1b]0;owned" in run("pool", "--outcome", "fall", cwd=review).err


def test_what_is_pooled_is_said_harmlessly(run: Run, tmp_path: Path) -> None:
    """A study's name moves the cursor from the forest, the notes or the JSON."""
    (tmp_path / "figures.csv").write_text(f"study,events,total\n{EVIL},1,20\nB,3,30\n", encoding="utf-8")
    done = run("pool", "figures.csv", "--outcome", EVIL, "--output", "a.html")
    assert (done.code, clean(done.out + done.err)) == (0, True)
    printed = run("pool", "figures.csv", "--json")
    assert clean(printed.out)
    assert json.loads(printed.out)["studies"][0]["study"] == EVIL


def test_letters_of_real_names_stay() -> None:
    """A Persian name is spelled out in escapes because of the joiner that it needs."""
    assert safe("می\u200cخواهم\nÅ") == "می\u200cخواهم\nÅ"
    assert safe("a\tb\x7f\ue000") == "a\\tb\\x7f\ue000"


def test_every_text_goes_through_one_place() -> None:
    """A command prints past the place where texts are made safe."""
    wrong = []
    for path in sorted((ROOT / "synth" / "cli").glob("*.py")):
        lines = path.read_text("utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"click.echo", "click.secho", "print"}:
                line = lines[node.lineno - 1]
                if path.name not in {"console.py", "completion.py"} and "  # " not in line:
                    wrong.append(f"{path.name} line {node.lineno}: {line.strip()}")
    assert not wrong, "say() makes a text safe; what need not be says why in a remark"


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are a Linux affair")
def test_a_path_that_is_no_text(run: Run, tmp_path: Path) -> None:
    """A page names a file that nobody can open, and a command that cannot run; or a fault of synth is shown."""
    folder = tmp_path / "we\udcff"
    folder.mkdir()
    (folder / "a\udcfe.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "we\udcff/a\udcfe.csv")
    assert (done.code, done.out) == (1, "")
    assert "is not valid UTF-8" in done.err
    assert "Rename the file and the folder." in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema = 1", "schema = " + "1" * 5000, "thousands of digits"),
        ("schema = 1", "schema = 0x" + "f" * 5000, "thousands of digits"),
        ('contact = ""', "contact = [0x" + "f" * 5000 + "]", "thousands of digits"),
        ("schema = 1", 'schema = "1"', 'schema is the text "1"'),
    ],
)
def test_a_number_that_python_refuses(run: Run, review: Path, old: str, new: str, words: str) -> None:
    """A number of thousands of digits in review.toml is called a fault of synth."""
    (review / "review.toml").write_text(REVIEW.replace(old, new), encoding="utf-8")
    done = run("pool", cwd=review)
    assert done.code == 1
    assert words in done.err
    assert len(done.err) < 1000


def test_a_time_that_is_none(run: Run, tmp_path: Path) -> None:
    """SOURCE_DATE_EPOCH with a word in it stops an import and is called a fault of synth."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "figures.csv", env={"SOURCE_DATE_EPOCH": "x"})
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith('synth: SOURCE_DATE_EPOCH is "x"')


@pytest.mark.parametrize("args", [("./-a b.csv",), ("--", "--x.csv")])
def test_the_command_of_a_name_like_an_option(run: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    """The command that a page gives for doing it again is refused, because a file's name looks like an option."""
    (tmp_path / args[-1]).write_text(FIGURES, encoding="utf-8")
    assert run("pool", *args).code == 0
    (page,) = tmp_path.glob("*.json")
    before = page.read_bytes()
    page.unlink()
    again = run(*shlex.split(json.loads(before)["command"])[1:])
    assert (again.code, page.read_bytes()) == (0, before), again.err


def test_a_page_in_place_of_a_csv(run: Run, tmp_path: Path) -> None:
    """A person who pools the page by mistake is told that it would be overwritten, not what it is."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    run("pool", "figures.csv")
    for name in ("figures.html", "figures.json"):
        before = (tmp_path / name).read_bytes()
        done = run("pool", name)
        assert (done.code, done.out) == (1, "")
        assert "overwrite" not in done.err
        assert name in done.err
        assert (tmp_path / name).read_bytes() == before
    (tmp_path / "table.html").write_text(FIGURES, encoding="utf-8")
    assert "would overwrite table.html" in run("pool", "table.html").err


@pytest.mark.parametrize(
    ("typed", "better"), [(".html", "page.html"), ("sub/.htm", "sub/page.html"), ("a.txt", "a.html")]
)
def test_a_name_for_the_page(run: Run, tmp_path: Path, typed: str, better: str) -> None:
    """A page's name that cannot be used is answered with one that cannot be used either."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "figures.csv", "--output", typed)
    assert done.code == 2
    assert done.err.endswith(f"Type --output {better}.\n")


def test_problems_stand_by_row_and_names_once(run: Run, review: Path) -> None:
    """A person jumps up and down the sheet, or reads the list of all outcomes once for every row."""
    rows = ("A,new,fal,1,9", "B,new,fall,x,9", "C,new,fal,1,9", "A,new,fall,1,9,9", "B,nwe,fall,1,9")
    sheet = "\n".join(["study,arm,outcome,events,total", *rows, ""])
    (review / "extracted" / "results.csv").write_text(sheet, encoding="utf-8")
    err = run("pool", cwd=review).err
    rows = [int(found) for found in re.findall(r"results\.csv, row (\d+)", err)]
    assert rows == sorted(rows)
    assert set(rows) == {2, 3, 4, 5, 6}
    assert err.count("review.toml has: fall, revision, pain.") == 1
