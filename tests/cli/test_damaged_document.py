"""A result in ``reports/`` that somebody has changed by hand: every command says which file, and what to type."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth.cli import main

COMMANDS = (
    ("figure", "forest", "--outcome", "fall", "-o", "f.svg"),
    ("figure", "forest", "--outcome", "reports/fall.json", "-o", "f.svg"),
    ("figure", "traffic", "-o", "f.svg", "--outcome", "fall"),
    ("export", "fall", "-o", "out"),
    ("export", "reports/fall.json", "-o", "out"),
)


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """Make a change of the text out of one of the document."""

    def damage(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document, indent=2)

    return damage


DAMAGES: dict[str, Callable[[str], str]] = {
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "a list": lambda text: "[]",
    "NaN": lambda text: text.replace('"level": 0.95', '"level": NaN', 1),
    "no number is so large": lambda text: text.replace('"level": 0.95', '"level": 1e999', 1),
    "nested": lambda text: text.replace('"inputs": [', f'"inputs": [{"[" * 100_000}', 1),
    "no studies": changed(lambda document: document.pop("studies")),
    "no pool": changed(lambda document: document.pop("pooled")),
    "k is text": changed(lambda document: document.update(k="three")),
    "events are a list": changed(lambda document: document.update(events=[5])),
    "generator is text": changed(lambda document: document.update(generator="me")),
    "a study is text": changed(lambda document: document["studies"].insert(0, "A")),
    "an estimate is text": changed(lambda document: document["studies"][0].update(estimate="x")),
    "reporting is a number": changed(lambda document: document["pooled"].update(reporting=5)),
    "analyses are null": changed(lambda document: document.update(analyses=None)),
}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[Any, str, str]]:
    """Type a command line, here and now."""

    def start(*words: str) -> tuple[Any, str, str]:
        monkeypatch.setattr("sys.argv", ["synth", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return start


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_result_is_named_by_every_command(
    damage: str, review: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., tuple[Any, str, str]]
) -> None:
    """A slip in an editor is called a fault of synth, or something is drawn of half a document."""
    monkeypatch.chdir(review)
    assert typed("pool", "--outcome", "fall")[0] == 0
    path = review / "reports" / "fall.json"
    good = path.read_text("utf-8")
    path.write_text(DAMAGES[damage](good), encoding="utf-8")
    assert path.read_text("utf-8") != good
    for words in COMMANDS:
        code, out, err = typed(*words)
        assert (code, out) == (1, ""), (words, err)
        assert "fall.json" in err or words[:2] == ("export", "fall"), words
        assert "make it again" in err, (words, err)
        assert "fault of synth" not in err
    assert not list(review.glob("f.svg"))
    assert not (review / "out").exists()
    code, out, err = typed("status")
    assert (code, "reports/fall.html" in out or "fall.json" in out) == (0, True), err
    code, _, err = typed("report", "--index-only")
    assert code == 0, err
    shown = json.loads((review / "reports" / "index.json").read_text("utf-8"))
    assert "fall" not in [each["outcome"] for each in shown["outcomes"]], "the index shows numbers of a damaged result"


def test_a_damaged_result_is_pooled_again_by_the_report(
    review: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., tuple[Any, str, str]]
) -> None:
    """What the message says to type does not mend it."""
    monkeypatch.chdir(review)
    typed("pool", "--outcome", "fall")
    path = review / "reports" / "fall.json"
    good = path.read_text("utf-8")
    path.write_text(DAMAGES["k is text"](good), encoding="utf-8")
    assert typed("pool", "--outcome", "fall")[0] == 0
    assert path.read_text("utf-8") == good
    path.write_text(DAMAGES["no studies"](good), encoding="utf-8")
    assert typed("report")[0] == 0
    assert json.loads(path.read_text("utf-8"))["studies"]
