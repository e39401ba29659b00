"""Pages printed as PDF, on A4 and on Letter."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Opener

# The printable width in CSS pixels, 96 to the inch: 210 mm and 8.5 inch less the margins of the pages' own print style.
MARGIN_MM = 15
PAPER = {"A4": int((210 - 2 * MARGIN_MM) / 25.4 * 96), "Letter": int((8.5 - 2 * MARGIN_MM / 25.4) * 96)}


@pytest.mark.parametrize("paper", sorted(PAPER))
def test_paper_holds_the_whole_width(page_file: Path, look: Opener, paper: str) -> None:
    """If this fails, the right-hand columns of a table or a picture are cut off on paper."""
    with look(page_file, width=PAPER[paper], media="print") as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= PAPER[paper]
        cut = seen.page.evaluate(
            """() => [...document.querySelectorAll('table, svg, figure, pre')].filter(e => e.checkVisibility()
                 && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""
        )
    assert cut == []


def test_the_paper_is_the_readers_choice(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, Letter is printed as A4, or the margins are others than those that the widths above assume."""
    from pypdf import PdfReader

    with look(case_file("five")) as seen:
        rules = seen.page.evaluate(
            "[...document.styleSheets].flatMap(s => [...s.cssRules]).flatMap(r => r.cssRules ? [...r.cssRules] : [r])"
            ".filter(r => r instanceof CSSPageRule).map(r => [r.style.size, r.style.marginLeft, r.style.marginRight])"
        )
        letter = PdfReader(io.BytesIO(seen.page.pdf(format="Letter", prefer_css_page_size=True))).pages[0].mediabox
    assert rules == [["", f"{MARGIN_MM}mm", f"{MARGIN_MM}mm"]]
    assert (float(letter.width), float(letter.height)) == (612, 792)


def test_a_printed_page_has_its_words(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, the answer or a series is missing on paper, or a sheet of it is blank."""
    from pypdf import PdfReader

    for name in ("five", "many"):
        with look(case_file(name)) as seen:
            answer = seen.page.locator(".answer").first.inner_text()
            pdf = PdfReader(io.BytesIO(seen.page.pdf(format="A4")))
        sheets = [sheet.extract_text() for sheet in pdf.pages]
        whole = " ".join(" ".join(sheets).split())
        assert all(len(sheet.strip()) > 40 for sheet in sheets)
        # A line may break anywhere in print; the first words tell the sentence.
        assert " ".join(answer.split()[:6]) in whole
        k = 5 if name == "five" else 150
        assert [i for i in range(1, k + 1) if f"Series {i:03d}" not in whole] == []


def test_dark_screens_print_on_white(case_file: Callable[[str], Path], look: Opener) -> None:
    """If this fails, somebody whose screen is dark prints a black page."""
    with look(case_file("five"), scheme="dark", media="print") as seen:
        colour = seen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        body = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    white = {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert {colour, body} <= white
