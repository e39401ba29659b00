"""What if? Every choice of series that a page offers, against the engine asked again for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from synth.cli.app import run
from synth.report.words import quantity

from .cases import CASES
from .conftest import Opener

# The diamond's four corners in the coordinates of its picture, and whether it is seen.
DIAMOND = """() => {
  const mark = document.getElementById('what-if-diamond');
  return [mark.getAttribute('visibility'), [...mark.points].map(p => p.x)];
}"""


def asked(file: Path, names: list[str], out: tuple[int, ...], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the document of the series that stay, from a pool of its own."""
    without = [word for i in out for word in ("--exclude", names[i])]
    case = CASES[file.stem]
    capsys.readouterr()
    assert run(["pool", str(file.with_suffix(".csv")), "--output", str(file), "--json", *without, *case.words]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def words(document: dict[str, Any]) -> list[str]:
    """Return what the page should say of a document: its estimate and the limits that it has."""
    shown, reported = quantity.of(document), document["pooled"]["reporting"]
    return [shown.text(reported[key]) for key in ("estimate", "ci_low", "ci_high") if reported[key] is not None]


@pytest.mark.parametrize("name", ["five", "two_arms_few"])
def test_every_subset_says_what_the_engine_says(
    name: str,
    case_file: Callable[[str], Path],
    look: Opener,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If this fails, a reader who leaves series out is told another answer than the engine gives for them."""
    file = case_file(name)
    # Asked again in a folder of its own, so that the page that is looked at stays.
    aside = tmp_path / file.name
    aside.with_suffix(".csv").write_bytes(file.with_suffix(".csv").read_bytes())
    names = [str(row[0]) for row in CASES[name].rows]
    places = {}
    with look(file) as seen:
        boxes = seen.page.locator("#what-if-live input[type=checkbox]")
        said = seen.page.locator("#what-if-said")
        assert boxes.count() == len(names)
        for out in (c for size in range(len(names)) for c in combinations(range(len(names)), size)):
            for i in range(len(names)):
                boxes.nth(i).set_checked(i not in out)
            text, (visible, points) = said.inner_text(), seen.page.evaluate(DIAMOND)
            document = asked(aside, names, out, capsys)
            for figure in words(document):
                assert figure in text, (out, text, words(document))
            assert f"{len(names) - len(out)} of {len(names)} series" in text or not out
            estimate = document["pooled"]["reporting"]["estimate"]
            assert (visible != "hidden") == (estimate is not None)
            if estimate is not None:
                places[points[1]] = estimate
        for box in boxes.all():
            box.uncheck()
        assert "No series is ticked" in said.inner_text()
        seen.page.get_by_role("button", name="Tick all series again").click()
        assert said.inner_text().startswith("All ")
    # Farther right is never less: the picture follows the numbers.
    ordered = [places[x] for x in sorted(places)]
    assert ordered == sorted(ordered)
    assert len(ordered) > 5


def test_more_than_two_left_out_of_many_is_said_to_be_beyond(
    case_file: Callable[[str], Path], look: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If this fails, a page of many series shows a wrong answer for one or two left out, or one for more."""
    file = case_file("twenty")
    aside = tmp_path / file.name
    aside.with_suffix(".csv").write_bytes(file.with_suffix(".csv").read_bytes())
    names = [str(row[0]) for row in CASES["twenty"].rows]
    with look(file) as seen:
        boxes, said = seen.page.locator("#what-if-live input[type=checkbox]"), seen.page.locator("#what-if-said")
        for out in ((0,), (19,), (0, 1), (3, 17), (18, 19)):
            for i in range(20):
                boxes.nth(i).set_checked(i not in out)
            for figure in words(asked(aside, names, out, capsys)):
                assert figure in said.inner_text()
        boxes.nth(5).uncheck()
        assert said.inner_text() == seen.page.locator("#what-if-live").get_attribute("data-beyond")
        assert seen.page.evaluate(DIAMOND)[0] == "hidden"


def test_the_keyboard_asks_what_if(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, somebody without a mouse cannot leave a series out, or nobody tells a screen reader the answer."""
    with look(case_file("five")) as seen:
        said = seen.page.locator("#what-if-said")
        before = said.inner_text()
        seen.page.locator("#what-if-live input").first.focus()
        seen.page.keyboard.press("Space")
        assert said.inner_text() != before
        assert said.get_attribute("aria-live") == "polite"
        seen.page.locator("#what-if-reset").focus()
        seen.page.keyboard.press("Enter")
        assert said.inner_text() == before


def test_nothing_dead_is_shown_without_scripts(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, a reader without JavaScript sees boxes that do nothing, or no table of the series left out."""
    with look(case_file("five"), scripts=False) as seen:
        assert seen.page.locator("#what-if-live").is_hidden()
        assert seen.page.locator("table", has_text="without Series 001").count() >= 1
