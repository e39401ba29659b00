"""``synth figure``: the file that a journal asks for, or one sentence that says what is missing."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from synth.cli import figure as cli
from synth.report.figures.catalogue import ABOUT, KINDS
from synth.report.figures.layouts import LAYOUTS
from synth.steps import figure_convert

from .conftest import FIGURES, Run

ARABIC = "\u062f\u0631\u0627\u0633\u0629 \u0627\u0644\u0639\u0645\u0648\u062f 2021"
HOSTILE = "\n".join(
    ("study,events,total", "<script>alert(1)</script>,3,40", f"{ARABIC},5,61", "\u6f22\u5b57\u306e\u7814\u7a76,1,25",
     "x" * 500 + ",4,44", "")
)  # fmt: skip


@pytest.fixture
def pooled(run: Run, tmp_path: Path) -> Path:
    """Pool a small table, and return its JSON."""
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = run("pool", "figures.csv")
    assert done.code == 0, done.err
    return tmp_path / "figures.json"


def test_the_help_names_every_kind_and_layout() -> None:
    """A kind is there and nobody can find it, or one is named that is not there."""
    assert set(cli.KINDS) == {*KINDS, "prisma"}
    assert set(cli.LAYOUTS) == set(LAYOUTS)
    assert set(ABOUT) == set(KINDS)
    text = str(cli.figure.epilog)
    assert all(re.search(rf"(?<![\w-]){kind}(?![\w-])", text) for kind in cli.KINDS)


def test_an_svg_has_its_width_and_its_style(run: Run, pooled: Path, tmp_path: Path) -> None:
    """The file looks right inside of a page only, or at another size than was asked for."""
    done = run("figure", "forest", "--outcome", "figures.json", "-o", "f.svg", "--width", "17.4cm")
    assert done.code == 0, done.err
    assert "174.0 x" in done.out
    root = ET.parse(tmp_path / "f.svg").getroot()
    assert root.attrib["width"] == "174mm"
    assert "var(" not in (tmp_path / "f.svg").read_text("utf-8")
    first = (tmp_path / "f.svg").read_bytes()
    run("figure", "forest", "--outcome", "figures.json", "-o", "f.svg", "--width", "174mm")
    assert (tmp_path / "f.svg").read_bytes() == first


def test_a_pdf_is_one_page_of_that_width_with_its_fonts(run: Run, tmp_path: Path) -> None:
    """A journal's printer sets the names in another font, or an Arabic name in loose letters from left to right."""
    from pypdf import PdfReader

    (tmp_path / "t.csv").write_text(HOSTILE, encoding="utf-8")
    assert run("pool", "t.csv").code == 0
    done = run("figure", "forest", "--outcome", "t.json", "-o", "t.pdf", "--width", "174mm")
    assert done.code == 0, done.err
    reader = PdfReader(tmp_path / "t.pdf")
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert float(box.width) == pytest.approx(174 / 25.4 * 72, abs=0.01)
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts
    for font in fonts:
        for below in font["/DescendantFonts"]:
            described = below.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & described.keys()
    text = reader.pages[0].extract_text()
    assert "<script>alert(1)</script>" in text
    assert "x" * 20 in text
    again = run("figure", "forest", "--outcome", "t.json", "-o", "again.pdf", "--width", "174mm")
    assert again.code == 0
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "t.pdf").read_bytes()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext, which is not installed")
def test_words_stand_where_the_svg_has_them(run: Run, pooled: Path, tmp_path: Path) -> None:
    """Words that are set apart from the shapes slip away from the lines that they belong to."""
    run("figure", "forest", "--outcome", "figures.json", "-o", "f.svg", "--width", "174mm")
    run("figure", "forest", "--outcome", "figures.json", "-o", "f.pdf", "--width", "174mm")
    root = ET.parse(tmp_path / "f.svg").getroot()
    scale = 174 / 25.4 * 72 / float(root.attrib["viewBox"].split()[2])
    wanted = {text.text: float(text.attrib["y"]) * scale for text in root.iter() if text.tag.endswith("}text")}
    boxes = subprocess.run(["pdftotext", "-bbox", tmp_path / "f.pdf", "-"], capture_output=True, text=True, check=True)
    found = {word: (float(top) + float(foot)) / 2 for top, foot, word in
             re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]+)</word>', boxes.stdout)}  # fmt: skip
    for word in ("3/40", "5/61", "1/25", "Weight", "Series"):
        # The middle of a line of 13 units lies between its baseline and a font size above it.
        assert wanted[word] - 13.0 * scale < found[word] < wanted[word] + 1.0, word


@pytest.mark.parametrize(("suffix", "form"), [("png", "PNG"), ("tiff", "TIFF"), ("tif", "TIFF")])
def test_dots_are_as_many_as_asked_for(run: Run, pooled: Path, tmp_path: Path, suffix: str, form: str) -> None:
    """A journal refuses the picture, because it has another resolution than the file says."""
    done = run("figure", "funnel", "--outcome", "figures.json", "-o", f"f.{suffix}", "--width", "85mm", "--dpi", "600")
    assert done.code == 0, done.err
    with Image.open(tmp_path / f"f.{suffix}") as image:
        assert image.format == form
        assert image.width == round(85 / 25.4 * 600)
        assert [round(float(dots)) for dots in image.info["dpi"]] == [600, 600]
        assert len(image.convert("L").getcolors() or [0] * 300) > 2, "nothing is drawn"
        if form == "TIFF":
            assert image.info["compression"] == "tiff_lzw"


def test_json_has_every_number_of_the_figure(run: Run, pooled: Path) -> None:
    """What the figure shows cannot be had as numbers."""
    done = run("figure", "forest", "--outcome", "figures.json", "-o", "f.svg", "--json")
    told = json.loads(done.out)
    assert told["schema"] == "synth.figure/1"
    assert told["columns"][0] == "Series"
    document = json.loads(pooled.read_text("utf-8"))
    shown = {row[0]: row[2] for row in told["rows"]}
    for study in document["studies"]:
        assert shown[study["study"]] == study["estimate"]
    assert told["dpi"] is None
    assert told["dpi_reason"]


def test_an_outcome_of_a_review_is_drawn_of_what_was_pooled(run: Run, review: Path) -> None:
    """A figure is drawn of old numbers without a word, or of an outcome that nobody pooled."""
    none = run("figure", "forest", "-o", "f.svg", cwd=review)
    assert (none.code, "Type: synth pool" in none.err) == (1, True)
    assert run("pool", "--outcome", "fall", cwd=review).code == 0
    done = run("figure", "forest", "-o", "f.svg", cwd=review)
    assert (done.code, done.err) == (0, "")
    other = run("figure", "forest", "--outcome", "falls", "-o", "f.svg", cwd=review)
    assert (other.code, 'Did you mean "fall"?' in other.err) == (1, True)
    results = review / "extracted" / "results.csv"
    results.write_text(results.read_text("utf-8").replace("3,40", "4,40"), encoding="utf-8")
    old = run("figure", "forest", "--outcome", "fall", "-o", "f.svg", cwd=review)
    assert old.code == 0
    assert "older than its inputs" in old.err
    assert "synth pool" in old.err


def test_groups_by_each_of_several_variables(run: Run, review: Path) -> None:
    """The groups by the second variable that the review names are on the page, and cannot be had as a file."""
    text = (review / "review.toml").read_text("utf-8")
    named = text.replace("[outcomes.fall]", '[outcomes.fall]\nsubgroups = ["country", "design"]')
    (review / "review.toml").write_text(named, encoding="utf-8")
    (review / "extracted" / "studies.csv").write_text(
        "study,arm,country,design\nÅgren 2019,new,Sweden,cohort\nBrown 2020,new,Japan,series\n"
        "Cole 2021,new,Sweden,series\nDahl 2022,new,Japan,cohort\n",
        encoding="utf-8",
    )
    assert run("pool", "--outcome", "fall", cwd=review).code == 0

    def groups(*words: str) -> tuple[set[str], str]:
        done = run("figure", "subgroups", "-o", "g.svg", "--json", *words, cwd=review)
        assert done.code == 0, done.err
        return {row[0] for row in json.loads(done.out)["rows"] if row[0]}, done.err

    plain, said = groups()
    assert {"Sweden", "Japan"} <= {name.strip("\u2068\u2069") for name in plain}
    assert "also groups by design: add --by" in said
    other, said = groups("--by", "Design")
    assert ({"cohort", "series"} <= {name.strip("\u2068\u2069") for name in other}, said) == (True, "")
    wrong = run("figure", "subgroups", "-o", "h.svg", "--by", "desing", cwd=review)
    assert (wrong.code, 'Did you mean "design"?' in wrong.err) == (1, True), wrong.err
    none = run("figure", "forest", "-o", "h.svg", "--by", "design", cwd=review)
    assert (none.code, "leave out --by" in none.err) == (2, True)
    assert not (review / "h.svg").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("forset", "-o", "x.svg"), 1, 'Did you mean "forest"?'),
        (("forest", "-o", "x.bmp"), 2, "end it in .svg, .pdf, .png or .tiff"),
        (("forest", "-o", "x.svg", "--width", "wide"), 2, "such as 174mm"),
        (("forest", "-o", "x.svg", "--layout", "jamma"), 1, 'Did you mean "jama"?'),
        (("forest", "-o", "no/x.svg"), 1, "There is no folder no"),
        (("labbe", "-o", "x.svg"), 1, "pool with --compare A B"),
        (("gosh", "-o", "x.svg"), 1, "--gosh"),
        (("prisma", "-o", "x.svg"), 2, "leave out --outcome"),
        (("forest", "-o", "x.png", "--width", "5000mm", "--dpi", "2400"), 2, "smaller --dpi"),
        (("forest", "-o", "figures.csv.svg"), 1, "is no figure of synth's"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    run: Run, pooled: Path, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """A slip of the keyboard gives a traceback, an empty file, or one that was somebody else's."""
    mine = tmp_path / "figures.csv.svg"
    mine.write_text("<svg/>", encoding="utf-8")
    done = run("figure", words[0], "--outcome", "figures.json", *words[1:])
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.glob("x.*"))
    assert mine.read_text("utf-8") == "<svg/>"


def test_without_the_extra_the_message_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without the converter a PDF ends in a traceback of an import."""
    import sys

    from synth.errors import WorkspaceError

    for package, call in (
        ("weasyprint", figure_convert._weasyprint), ("pypdfium2", figure_convert._pdfium),
        ("PIL", figure_convert._pillow),
    ):  # fmt: skip
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(WorkspaceError, match=re.escape('pip install "synth[figures]"')):
            call()


def test_the_converter_fetches_nothing() -> None:
    """A name that holds an address makes the converter call the network."""
    svg = (
        '<svg class="x" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><style>.x text{fill:red}</style>'
        '<text x="4" y="20">&lt;img src="http://localhost/x"&gt;</text></svg>'
    )
    pdf = figure_convert.as_pdf(svg, 25.4, 25.4)
    assert pdf.startswith(b"%PDF")
    made = figure_convert.as_pixels(pdf, "png", 96, 25.4, 25.4)
    with Image.open(io.BytesIO(made)) as image:
        assert image.size == (96, 96)
