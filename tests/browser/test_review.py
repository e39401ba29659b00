"""The shipped review as ``synth report`` writes it: the index, and outcomes of every kind, as a reader meets them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from synth.cli.app import run

from ..conftest import ROOT
from .conftest import Opener
from .test_access import GRAVE
from .test_layout import GIVEN_AWAY, OUTSIDE, OVERLAPS, WIDTHS
from .test_paper import PAPER

PAGES = ("index", "fusion", "mortality_1y", "neuro_deterioration", "blood_loss_ml")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report a copy of the shipped review, and return where its pages lie."""
    review = tmp_path_factory.mktemp("review")
    shutil.copy(ROOT / "review.toml", review)
    for name in ("queries", "extracted"):
        shutil.copytree(ROOT / name, review / name)
    (review / "reports").mkdir()
    before = Path.cwd()
    os.chdir(review)
    try:
        assert run(["report"]) == 0
    finally:
        os.chdir(before)
    return review / "reports"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_of_the_review_fits_its_window(reports: Path, look: Opener, name: str, width: int) -> None:
    """If this fails, a page scrolls sideways, cuts a label, asks for something, or shows a value that is missing."""
    file = reports / f"{name}.html"
    with look(file, width=width) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.page.evaluate(OUTSIDE) == []
        assert seen.page.evaluate(OVERLAPS) == []
        shown = seen.page.locator("body").inner_text()
        for code in seen.page.locator("pre, code").all_inner_texts():
            shown = shown.replace(code, "")
        assert [one for one in seen.requests if one != file.as_uri() and not one.startswith("data:")] == []
        assert seen.complaints == []
    assert [shown[max(m.start() - 30, 0) : m.end() + 30] for m in GIVEN_AWAY.finditer(shown)] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_review_can_be_read_by_anybody(reports: Path, look: Opener, name: str) -> None:
    """If this fails, axe finds a serious fault in light or in dark, or a table is cut off on paper."""
    grave = []
    for scheme in ("light", "dark"):
        with look(reports / f"{name}.html", scheme=scheme) as seen:
            found = Axe().run(seen.page).response["violations"]
        grave += [
            (scheme, one["id"], node["html"][:120]) for one in found if one["impact"] in GRAVE for node in one["nodes"]
        ]
    assert grave == []
    for width in PAPER.values():
        with look(reports / f"{name}.html", width=width, media="print") as seen:
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_link_of_the_index_leads_somewhere(reports: Path, look: Opener) -> None:
    """If this fails, the index names a page, a table or a place that is not there."""
    with look(reports / "index.html") as seen:
        links = seen.page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
        places = set(seen.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
    inside = {link[1:] for link in links if link.startswith("#")}
    beside = {
        link.partition("#")[0] for link in links if not link.startswith(("#", "http:", "https:", "data:", "mailto:"))
    }
    assert inside <= places
    assert len(beside) > 10
    assert sorted(name for name in beside if not (reports / name).is_file()) == []


def test_a_page_opens_from_the_index(reports: Path, look: Opener) -> None:
    """If this fails, a reader who follows the index does not come to the outcome that was named."""
    with look(reports / "index.html") as seen:
        seen.page.get_by_role("link", name="Fusion").first.click()
        assert seen.page.url == (reports / "fusion.html").as_uri()
        assert "Fusion" in seen.page.locator("h1").inner_text()


def test_pages_stay_small(reports: Path) -> None:
    """If this fails, a page is larger than what people send by mail without a thought."""
    assert {file.name: file.stat().st_size for file in reports.glob("*.html") if file.stat().st_size > 300_000} == {}
