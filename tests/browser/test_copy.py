"""Tables copied from the page: to the clipboard where a page may write there, and marked where it may not."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from synth.report.outcome import budget
from synth.report.outcome import page as pages

from ..report import factory, factory_analyses
from .conftest import Opener

FORBID = "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"


def pressed(page: Any, button: Any) -> str:
    """Press a button of copying, and return what the page says then."""
    button.click()
    said = button.locator("xpath=..").locator("[role=status]")
    page.wait_for_function("element => element.textContent", arg=said.element_handle())
    return str(said.inner_text())


def test_every_copy_is_its_table(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, somebody pastes other cells than those of the table, or is not told that they were copied."""
    for name in ("five", "hostile"):
        with look(case_file(name)) as seen:
            page = seen.page
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            buttons = page.locator("p.data a[download] + button").all()
            links = page.locator("p.data a[download]").all()
            assert len(buttons) == len(links) > 3
            for button, link in zip(buttons, links, strict=True):
                label = link.inner_text()
                assert button.get_attribute("aria-label") == f"Copy {label}"
                assert pressed(page, button) == f"Copied: {label}"
                text = unquote((link.get_attribute("href") or "").partition(",")[2]).removeprefix("\ufeff")
                rows = [[" ".join(cell.split()) for cell in row] for row in csv.reader(text.splitlines(keepends=True))]
                copied = page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")
                assert [[" ".join(cell.split()) for cell in row.split("\t")] for row in copied.splitlines()] == rows
            assert seen.complaints == []


def test_where_copying_is_forbidden_the_table_is_marked(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, a browser that lets no page copy leaves its reader without the table, or without a word."""
    with look(case_file("five")) as seen:
        seen.page.evaluate(FORBID)
        assert "Ctrl+C" in pressed(seen.page, seen.page.locator("#forest p.data button").first)
        marked = seen.page.evaluate("getSelection().toString()")
        assert all(f"Series 00{i}" in marked for i in range(1, 6))
        pressed(seen.page, seen.page.locator("#multiverse p.data button").first)
        assert seen.page.locator("#multiverse details").first.get_attribute("open") is not None


def test_a_page_without_its_links_copies_what_it_shows(
    tmp_path: Path, look: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this fails, the tables of a page that is too large for its links cannot be copied."""
    file = tmp_path / "many.html"
    monkeypatch.setattr(budget, "most_of", lambda k, crowded: 1)
    file.write_text(pages.render(factory.many(40)), encoding="utf-8")
    with look(file) as seen:
        seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        assert "left out to keep this page small" in seen.page.locator("#forest p.data").inner_text()
        assert pressed(seen.page, seen.page.locator("#forest p.data button")) == "Copied: the table"
        copied = seen.page.evaluate("navigator.clipboard.readText()").splitlines()
        assert len(copied) == 41
        assert len({row.count("\t") for row in copied}) == 1


def test_every_figure_has_a_real_table(tmp_path: Path, look: Opener) -> None:
    """If this fails, the numbers of a figure can be seen and not read out, copied or taken away."""
    for name, document in (("few", factory_analyses.few()), ("five", factory.five())):
        file = tmp_path / f"{name}.html"
        file.write_text(pages.render(document), encoding="utf-8")
        with look(file) as seen:
            bare = seen.page.evaluate(
                """() => [...document.querySelectorAll('section')].filter(s => s.querySelector('figure') && !(
                    (s.id === 'forest' ? document.getElementById('series') : s).querySelector('table tbody tr')
                    && s.querySelector('p.data a[download]') && s.querySelector('p.data button'))).map(s => s.id)"""
            )
        assert bare == []


def test_without_scripts_there_is_no_dead_button(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, a reader without JavaScript sees buttons that do nothing."""
    with look(case_file("five"), scripts=False) as seen:
        assert seen.page.locator("p.data a[download]").count() > 3
        assert seen.page.locator("p.data button").count() == 0
