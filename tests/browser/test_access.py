"""By keyboard and by screen reader, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import Opener

GRAVE = {"serious", "critical"}
# What has the focus, and whether it can be seen that it has it.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at);
  const all = [...document.querySelectorAll('*')];
  return {place: all.indexOf(at), name: at.tagName + ' ' + (at.textContent || '').trim().slice(0, 40),
    shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none'};
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave(page_file: Path, look: Opener, scheme: str) -> None:
    """If this fails, a part of the page has too little contrast, no name, or a wrong role for a screen reader."""
    with look(page_file, scheme=scheme) as seen:
        found = Axe().run(seen.page).response["violations"]
    grave = [(one["id"], node["html"][:120]) for one in found if one["impact"] in GRAVE for node in one["nodes"][:3]]
    assert grave == []


def test_the_keyboard_reaches_everything_in_reading_order(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, the tab key skips, loops or jumps about, or what has the focus cannot be seen."""
    with look(case_file("five")) as seen:
        wanted = seen.page.evaluate(
            """() => [...document.querySelectorAll('a[href], button, summary, input, select, textarea, [tabindex="0"]')]
                .filter(e => e.checkVisibility() && !e.disabled).length"""
        )
        visited = []
        for _ in range(wanted + 20):
            seen.page.keyboard.press("Tab")
            at = seen.page.evaluate(FOCUS)
            if at is None or (visited and at["place"] == visited[0]["place"]):
                break
            visited.append(at)
    assert len(visited) >= wanted > 3
    assert [one["name"] for one in visited if not one["shown"]] == []
    assert [one["place"] for one in visited] == sorted(one["place"] for one in visited)
    assert visited[0]["name"].startswith("A Skip")


def test_headings_go_down_one_step_at_a_time(page_file: Path, look: Opener) -> None:
    """If this fails, somebody who moves by headings meets a gap, two titles, or a heading without words."""
    with look(page_file) as seen:
        levels = seen.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
        texts = seen.page.locator("h1,h2,h3,h4,h5,h6").all_text_contents()
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(text.strip() for text in texts)


def test_every_picture_and_table_has_a_name(page_file: Path, look: Opener) -> None:
    """If this fails, a screen reader says "image" or "table" and no more."""
    with look(page_file) as seen:
        nameless = seen.page.evaluate(
            """() => [...document.querySelectorAll('svg')].filter(s => s.getAttribute('aria-hidden') !== 'true'
                 && !(s.querySelector(':scope > title')?.textContent.trim()
                      && s.querySelector(':scope > desc')?.textContent.trim())).length
               + [...document.querySelectorAll('table')].filter(t => !t.caption?.textContent.trim()
                 && !t.getAttribute('aria-label') && !t.getAttribute('aria-labelledby')).length"""
        )
    assert nameless == 0
