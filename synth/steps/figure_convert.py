"""A picture of synth's as PDF, PNG or TIFF: shapes as vectors, words set by a layout engine, fonts embedded.

The words are taken out of the SVG and set as HTML at their places, because WeasyPrint shapes HTML with Pango (joined
Arabic letters, Devanagari, right-to-left names, a font for every script) and sets the text of an SVG letter by letter.
PNG and TIFF are the PDF's own page, drawn at the resolution that was asked for, so that all three look alike.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import escape
from typing import Any

from ..errors import SettingsError, WorkspaceError

MARK = "synth figure"
"""Stands in every file that is written, and tells it from a file of somebody else."""
MOST_PIXELS = 400_000_000
"""More than this is no figure but a wall, and takes gigabytes to draw."""
EXTRA = 'pip install "synth[figures]"'
_SVG = "http://www.w3.org/2000/svg"
_UP = 200.0
"""Height of the strut that puts a line's baseline where it belongs, whatever font it falls back to."""


def as_pdf(svg: str, width: float, height: float) -> bytes:
    """Return a stand-alone picture as a PDF of one page.

    Parameters
    ----------
    svg : str
        From :func:`synth.report.figures.alone.alone`.
    width, height : float
        Size of the page, in millimetres.

    Raises
    ------
    WorkspaceError
        The extra packages are not installed, and what to type.
    """
    weasyprint = _weasyprint()
    made: bytes = weasyprint.HTML(string=as_html(svg, width, height), url_fetcher=_nothing).write_pdf(
        pdf_identifier=MARK.encode()
    )
    return made


def as_html(svg: str, width: float, height: float) -> str:
    """Return the page that a PDF is made of: the shapes as SVG, each run of words in its place above them.

    Examples
    --------
    >>> svg = ('<svg class="x" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><style>.x text{fill:red}</style>'
    ...        '<text x="4" y="20">A &lt; B</text></svg>')
    >>> "A &lt; B" in as_html(svg, 25.4, 25.4), "color:red" in as_html(svg, 25.4, 25.4)
    (True, True)
    """
    # The text is synth's own, escaped as it was written; it holds no entity and no doctype.
    root = ET.fromstring(svg)
    _, _, wide, high = (float(part) for part in root.attrib["viewBox"].split())
    style = "".join(found.text or "" for found in root.iter(f"{{{_SVG}}}style"))
    words = "".join(_word(text, wide) for text in root.iter(f"{{{_SVG}}}text"))
    title = root.findtext(f"{{{_SVG}}}title") or ""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}{name}" for name in ("text", "title", "desc")}:
                parent.remove(child)
    root.attrib.update(width=f"{wide}", height=f"{high}")
    ET.register_namespace("", _SVG)
    shapes = ET.tostring(root, encoding="unicode")
    scale = width / 25.4 * 96.0 / wide
    paint = re.sub(r"(?<![-\w])fill:([^;}]+)", r"fill:\1;color:\1", style)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><meta name="generator" content="{MARK}">'
        f"<title>{escape(title)}</title><style>"
        f"@page{{size:{width:.4f}mm {height:.4f}mm;margin:0}}html,body{{margin:0;padding:0}}"
        f".page{{position:absolute;left:0;top:0;width:{wide}px;height:{high}px;overflow:visible;"
        f"transform:scale({scale:.8f});transform-origin:0 0}}"
        ".page>svg{position:absolute;left:0;top:0;display:block;"
        f"width:{wide}px!important;height:{high}px!important;max-width:none!important}}"
        "text,.at{position:absolute;white-space:pre}"
        f"i.strut{{display:inline-block;width:0;height:{_UP}px}}"
        f"{paint}text{{line-height:0!important}}</style></head>"
        f'<body><div class="page">{shapes}<div class="{escape(root.get("class", ""))}">{words}</div></div></body>'
        "</html>"
    )


def _word(text: ET.Element, wide: float) -> str:
    """Set one run of words with its baseline where the SVG has it."""
    said = (text.text or "").strip("\n")
    x, y = float(text.get("x", "0")), float(text.get("y", "0"))
    css = f' class="{escape(text.get("class", ""))}"' if text.get("class") else ""
    turned = re.match(r"rotate\((-?[\d.]+) ", text.get("transform", ""))
    place, frame = f"top:{y - _UP:.2f}px", ("", "")
    if turned:
        frame = (
            f'<div class="at" style="left:{x:.2f}px;top:{y:.2f}px;width:0;height:0;'
            f'transform:rotate({turned[1]}deg);transform-origin:0 0">',
            "</div>",
        )
        x, place, wide = 0.0, f"top:{-_UP:.2f}px", 0.0
    # An anchor may also come from the style of a role, as that of the signs in traffic lights.
    anchor = text.get("text-anchor") or ("middle" if text.get("class") == "sign" else "start")
    if anchor == "end":
        place += f";right:{wide - x:.2f}px"
    elif anchor == "middle":
        place += f";left:{x - 2000.0:.2f}px;width:4000px;text-align:center"
    else:
        place += f";left:{x:.2f}px"
    return f'{frame[0]}<text{css} style="{place}"><i class="strut"></i>{escape(said)}</text>{frame[1]}'


def as_pixels(pdf: bytes, kind: str, dpi: int, width: float, height: float) -> bytes:
    """Return the page of a PDF as PNG, or as TIFF packed without loss (LZW), with its resolution written in it.

    Parameters
    ----------
    pdf : bytes
        One page.
    kind : {"png", "tiff"}
    dpi : int
        Dots per inch.
    width, height : float
        Of the page, in millimetres.

    Raises
    ------
    SettingsError
        The picture would have more pixels than any journal takes.
    """
    wide, high = (max(1, round(side / 25.4 * dpi)) for side in (width, height))
    if wide * high > MOST_PIXELS:
        raise SettingsError(
            f"At {dpi} dpi the figure would be {wide} x {high} pixels. Type a smaller --dpi or --width, or write a "
            "PDF: it has no pixels."
        )
    pdfium, image_module = _pdfium(), _pillow()
    document = pdfium.PdfDocument(pdf)
    try:
        drawn = document[0].render(scale=dpi / 72.0).to_pil().convert("RGB")
    finally:
        document.close()
    if drawn.size != (wide, high):
        # The page is a fraction of a pixel larger or smaller than a whole number of them.
        canvas = image_module.new("RGB", (wide, high), "white")
        canvas.paste(drawn, (0, 0))
        drawn = canvas
    out = io.BytesIO()
    if kind == "png":
        drawn.save(out, "PNG", dpi=(dpi, dpi), pnginfo=_png_words())
    else:
        drawn.save(out, "TIFF", dpi=(dpi, dpi), compression="tiff_lzw", software=MARK)
    return out.getvalue()


def _png_words() -> Any:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Software", MARK)
    return words


def _nothing(url: str, *rest: Any, **named: Any) -> Iterator[bytes]:
    raise ValueError(f"a figure fetches nothing, and this one asked for {url}")


def _missing(package: str, error: Exception) -> WorkspaceError:
    why = "" if isinstance(error, ImportError) else f" ({str(error).splitlines()[0]})"
    hint = EXTRA if isinstance(error, ImportError) else "apt-get install libpango-1.0-0 libpangoft2-1.0-0"
    return WorkspaceError(
        f"PDF, PNG and TIFF need {package}, which is not here{why}. Type: {hint}  An .svg needs nothing more."
    )


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: the package is here, the system's Pango is not
        raise _missing("weasyprint", error) from error
    return weasyprint


def _pdfium() -> Any:
    try:
        import pypdfium2
    except ImportError as error:
        raise _missing("pypdfium2", error) from error
    return pypdfium2


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise _missing("pillow", error) from error
    return Image
