"""Text from sheets: made visible, measured and linked only where it is safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.report.words import plain

ANY_TEXT = st.text(alphabet=st.characters())


@given(ANY_TEXT)
def test_visible_text_can_be_written_and_has_no_controls(value: str) -> None:
    """A character of a sheet cannot be written to a file, or steers the terminal or the direction of the page."""
    text = plain.visible(value)
    text.encode("utf-8")
    assert not any(
        ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u202a\u202b\u202c\u202d\u202e" for char in text
    )
    assert plain.visible(text) == text


@given(ANY_TEXT, st.floats(min_value=20, max_value=400))
def test_wrapping_loses_nothing_and_keeps_the_width(value: str, width: float) -> None:
    """A letter of a long label is lost, or a line is wider than its column."""
    text = plain.visible(value)
    lines = plain.wrap(text, width, 13)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(plain.text_width(line, 13) <= width or len(plain._pieces(line)) == 1 for line in lines)


@given(ANY_TEXT, st.integers(min_value=1, max_value=60))
def test_fit_gives_exactly_the_columns_asked_for(value: str, width: int) -> None:
    """Columns of a table are not aligned."""
    assert plain.columns(plain.fit(plain.visible(value), width)) == width


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " data:text/html,x",
        "//example.org",
        "http://",
        "https:///path",
        "https://user:pw@example.org/",
        "https://example.org/a b",
        'https://example.org/"onclick="x',
        "https://example.org/\u202egnp",
        "http://[::1",
        "http://example.org:port/",
        "ftp://example.org/",
        "file:///etc/passwd",
        None,
        "",
        7,
    ],
)
def test_only_plain_web_addresses_become_links(value: object) -> None:
    """A cell of a sheet becomes a link that runs code, hides its host or leads into the machine."""
    assert plain.web_address(value) is None


@pytest.mark.parametrize("value", ["http://example.org/a?b=c&d=e#f", "HTTPS://example.org", "https://example.org/ä"])
def test_ordinary_addresses_are_kept_as_they_are(value: str) -> None:
    """A source that was given cannot be followed."""
    assert plain.web_address(value) == value


@pytest.mark.parametrize("value", ["10.1/x", "10.1000/", "see journal", "javascript:10.1000/x", None, "10.1000/a b"])
def test_what_is_no_doi_is_no_link(value: object) -> None:
    """Text in the DOI column becomes a broken or a hostile address."""
    assert plain.doi_address(value) is None


def test_doi_characters_are_quoted() -> None:
    """A DOI with angle brackets breaks its link."""
    assert plain.doi_address("10.1002/(SICI)1097<619::AID>3.0") == "https://doi.org/10.1002/(SICI)1097%3C619::AID%3E3.0"


@pytest.mark.parametrize("value", ["0", "-5", "12a", "1234567890", "", None])
def test_what_is_no_pmid_is_no_link(value: object) -> None:
    """Text in the PMID column becomes an address."""
    assert plain.pubmed_address(value) is None
