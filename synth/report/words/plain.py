"""Text that came from people's sheets, made safe to set in a page, a picture or a terminal.

Nothing here escapes markup: that is the template's work (autoescape) and the SVG writer's. This module takes care of
what escaping does not see: control characters, terminal codes, marks that turn the direction of the text around them,
addresses that are not addresses, and how wide a string is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

REPLACEMENT = "\ufffd"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

_SPACES = {"\t", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029"}
# Embeddings, overrides and isolates: they would turn around text that is not theirs.
_TURNING = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
# Harmless inside an isolate and needed by real names (Persian, Indic, emoji families).
_KEPT = {*"\u200c\u200d\u200e\u200f\u061c"}


def visible(value: Any) -> str:
    r"""Return text with every control character made visible or turned into a space; ``None`` is the empty string.

    Parameters
    ----------
    value : object
        Usually a string from a sheet.

    Returns
    -------
    str
        Line breaks and tabs are spaces, runs of spaces one; other control, direction-turning, unassigned-surrogate and
        non-characters are U+FFFD.

    Examples
    --------
    >>> visible("Müller\t2020"), visible("a\x1b[31mb"), visible("x\u202ecod.exe"), visible(None)
    ('Müller 2020', 'a�[31mb', 'x�cod.exe', '')
    """
    if value is None:
        return ""
    said = str(value)
    if said.isascii() and said.isprintable():
        return " ".join(said.split())
    out = []
    for char in said:
        if char in _SPACES:
            out.append(" ")
        elif char in _TURNING or (char not in _KEPT and unicodedata.category(char) in {"Cc", "Cf", "Cs"}):
            out.append("" if char in "\u00ad\ufeff\u200b\u2060" else REPLACEMENT)
        elif ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF:
            out.append(REPLACEMENT)
        else:
            out.append(char)
    return " ".join("".join(out).split())


def isolated(text: str) -> str:
    """Wrap visible text so that a right-to-left name cannot reorder what stands beside it (SVG has no ``bdi``).

    Examples
    --------
    >>> isolated("Study A")
    'Study A'
    >>> isolated("שלום") == FIRST_STRONG_ISOLATE + "שלום" + POP_ISOLATE
    True
    """
    if any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def sentence(value: Any) -> str:
    """Return visible text as a sentence: a capital at the front, a full stop at the end.

    Examples
    --------
    >>> sentence("all events: the logit is infinite"), sentence("Why?"), sentence(None)
    ('All events: the logit is infinite.', 'Why?', '')
    """
    text = visible(value)
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…" else f"{text}."


def clause(value: Any) -> str:
    """Return visible text without its full stop, to stand inside a sentence.

    Examples
    --------
    >>> clause("one study.")
    'one study'
    """
    return visible(value).rstrip(".")


def web_address(value: Any) -> str | None:
    """Return an address that is safe to link to, or ``None``: only http and https with a host, nothing else.

    Examples
    --------
    >>> web_address("https://doi.org/10.1/x"), web_address("javascript:alert(1)"), web_address("see p. 3")
    ('https://doi.org/10.1/x', None, None)
    """
    text = str(value or "").strip()
    if not text or re.search(r"[\s<>\"'`\\^{}|\x00-\x20\x7f-\x9f]", text) or visible(text) != text:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
        parts.port  # noqa: B018  (reading it raises on a port that is no number)
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or parts.username or parts.password:
        return None
    return text


def doi_address(value: Any) -> str | None:
    """Return the address of a DOI, or ``None`` where it is none.

    Examples
    --------
    >>> doi_address("10.14444/8478"), doi_address("doi:10.1002/sim.1482"), doi_address("n/a")
    ('https://doi.org/10.14444/8478', 'https://doi.org/10.1002/sim.1482', None)
    """
    text = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", str(value or "").strip(), flags=re.IGNORECASE)
    if not re.fullmatch(r"10\.\d{4,9}/[^\s\x00-\x1f]+", text) or visible(text) != text:
        return None
    return "https://doi.org/" + quote(text, safe="/:;()._-,")


def pubmed_address(value: Any) -> str | None:
    """Return the address of a PubMed record, or ``None`` where the value is no PMID.

    Examples
    --------
    >>> pubmed_address("37268432"), pubmed_address("PMID unknown")
    ('https://pubmed.ncbi.nlm.nih.gov/37268432/', None)
    """
    text = str(value or "").strip()
    return f"https://pubmed.ncbi.nlm.nih.gov/{text}/" if re.fullmatch(r"[1-9][0-9]{0,8}", text) else None


# Advance widths of Helvetica (Arial and Liberation Sans are made to the same measure), in thousandths of the size.
_HELVETICA = {
    278: " !,./:;[\\]Ift",
    355: '"',
    556: "#$_0123456789?abdeghnopqu«»",
    889: "%",
    667: "&ABEKPSVXY",
    191: "'",
    333: "()`-r",
    389: "*",
    584: "+<=>~±×÷−",
    1015: "@",
    722: "CDHNRUwß",
    611: "FTZ",
    778: "GOQ",
    500: "Jcksvxyz",
    833: "Mm",
    944: "W",
    469: "^",
    222: "ijl",
    334: "{}",
    260: "|",
}
# The same of Helvetica Bold, in which narrow letters gain far more than wide ones.
_HELVETICA_BOLD = {
    278: " ,./I\\ijl",
    333: "!():;[]`-ft",
    238: "'",
    280: "|",
    389: "*{}r",
    474: '"',
    556: "#$_0123456789Jaceksvxy«»",
    584: "+<=>^~±×÷−",
    611: "?FLTZbdghnopquß",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    500: "z",
}
_BOLD_WIDTHS = {char: width / 1000 for width, chars in _HELVETICA_BOLD.items() for char in chars}
_WIDTHS = {char: width / 1000 for width, chars in _HELVETICA.items() for char in chars}
_WIDTHS.update(
    {
        "–": 0.556,
        "—": 1.0,
        "…": 1.0,
        "’": 0.222,
        "“": 0.333,
        "”": 0.333,
        "²": 0.333,
        "†": 0.556,
        "\u202f": 0.2,
        "\u00a0": 0.278,
        "←": 1.0,
        "→": 1.0,
        # Signs that are whole phrases.
        "\ufdfa": 4.0,
        "\ufdfb": 4.0,
        "\ufdfd": 12.0,
    }
)


@lru_cache(maxsize=4096)  # a page of a thousand studies asks 300,000 times, for some eighty characters
def _char_width(char: str) -> float:
    if unicodedata.combining(char) or char in _KEPT or char in "\ufe0e\ufe0f" or char in _TURNING:
        return 0.0
    if char in _WIDTHS:
        return _WIDTHS[char]
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 1.3 if unicodedata.category(char) == "So" else 1.02
    if unicodedata.category(char) == "So":
        return 1.2
    if 0x12000 <= ord(char) <= 0x1254F:
        return 4.0  # cuneiform, the widest script there is
    base = unicodedata.normalize("NFD", char)[0]
    if base in _WIDTHS:
        return _WIDTHS[base]
    # Other alphabets: a capital is about as wide as a Latin one, anything else gets a generous average.
    return 0.8 if unicodedata.category(char) == "Lu" else 0.68


@lru_cache(maxsize=4096)
def _bold_width(char: str) -> float:
    if char in _BOLD_WIDTHS:
        return _BOLD_WIDTHS[char]
    base = unicodedata.normalize("NFD", char)[0]
    return _BOLD_WIDTHS[base] if base in _BOLD_WIDTHS else 1.07 * _char_width(char)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Estimate how wide a string is set in a Helvetica-like face.

    Parameters
    ----------
    text : str
        Any text; East Asian wide characters and emoji count as such.
    size : float
        Font size, in the unit of the answer.
    bold : bool
        Whether set in bold.

    Returns
    -------
    float
        Width including a margin of four hundredths for faces that run wider.

    Examples
    --------
    >>> text_width("", 13)
    0.0
    >>> text_width("漢字", 10) > text_width("ab", 10)
    True
    """
    return sum(map(_bold_width if bold else _char_width, text)) * size * 1.04


def _pieces(word: str) -> list[str]:
    """Split a word where a break cannot tear a letter from its accents or an emoji from its companions."""
    pieces: list[str] = []
    for char in word:
        joined = pieces and (_char_width(char) == 0.0 or pieces[-1].endswith("\u200d"))
        if joined:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


_OPENING = {*"([{（「『【《〈〔“‘"}
_CLOSING = {*")]}）」』】》〉〕”’、。，．：；！？ー々・,.;:!?%"}


def _atoms(word: str) -> list[str]:
    """Split a word where a line may end: between East Asian characters, which are set without blanks.

    A closing mark stays with what is before it, an opening one with what follows.
    """
    if word.isascii():
        return [word]
    atoms: list[str] = []
    before = ""
    for piece in _pieces(word):
        wide = unicodedata.east_asian_width(piece[0]) in {"W", "F"}
        after_wide = bool(before) and unicodedata.east_asian_width(before[0]) in {"W", "F"}
        together = not (wide or after_wide) or piece[0] in _CLOSING or (before and before[-1] in _OPENING)
        if atoms and together:
            atoms[-1] += piece
        else:
            atoms.append(piece)
        before = piece
    return atoms


def wrap(text: str, width: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """Break text into lines no wider than a width; a word that is wider on its own is broken inside.

    Lines end at blanks (never at a no-break space) and between East Asian characters; text that was isolated is
    isolated line by line.

    Examples
    --------
    >>> wrap("Spinal fractures in the ankylosed spine", 120, 13)
    ('Spinal fractures in', 'the ankylosed spine')
    >>> all(text_width(line, 13) <= 60 for line in wrap("x" * 100, 60, 13))
    True
    >>> wrap("Study 漢字の研究グループ、長い名前", 100, 13)
    ('Study 漢字の研', '究グループ、長', 'い名前')
    """
    if text.startswith(FIRST_STRONG_ISOLATE) and text.find(POP_ISOLATE) == len(text) - 1:
        inner = wrap(text[1:-1], width, size, bold)
        return tuple(f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}" for line in inner)
    lines: list[str] = []
    line, used = "", 0.0
    blank = text_width(" ", size, bold)
    for word in filter(None, text.split(" ")):
        for i, atom in enumerate(_atoms(word)):
            gap = " " if line and i == 0 else ""
            wide = text_width(atom, size, bold)
            if used + (blank if gap else 0.0) + wide <= width:
                line, used = f"{line}{gap}{atom}", used + (blank if gap else 0.0) + wide
                continue
            if line:
                lines.append(line)
            line, used = "", 0.0
            for piece in _pieces(atom):
                wide = text_width(piece, size, bold)
                if line and used + wide > width:
                    lines.append(line)
                    line, used = "", 0.0
                line, used = line + piece, used + wide
    if line:
        lines.append(line)
    return tuple(lines) or ("",)


def columns(text: str) -> int:
    r"""Return how many terminal columns a string takes.

    Examples
    --------
    >>> columns("Wänman"), columns("漢字"), columns("e\u0301")
    (6, 4, 1)
    """
    wide = 0
    for char in text:
        if unicodedata.combining(char) or char in _KEPT or char in "\ufe0e\ufe0f":
            continue
        wide += 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
    return wide


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Pad text to a number of terminal columns, or cut it with an ellipsis where it is longer.

    Examples
    --------
    >>> fit("Ye 2022", 9), fit("Moussallem 2016", 9), fit("漢字漢字漢字", 6)
    ('Ye 2022  ', 'Moussall…', '漢字… ')
    """
    if columns(text) > width:
        room = width - columns(ellipsis)
        kept = ""
        for piece in _pieces(text):
            if columns(kept + piece) > room:
                break
            kept += piece
        text = kept + ellipsis if room >= 0 else ""
    return text + " " * (width - columns(text))
