"""The document inside its page: no browser takes it for markup, and it comes back whole."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from synth.report.outcome.embedded import ID, embed, extract

from .factory import HOSTILE, document


class Elements(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a start tag."""
        self.found.append((tag, dict(attrs)))


def test_comes_back_as_it_was() -> None:
    """A page alone gives other numbers, other names or another order than its JSON file."""
    doc = document([(3, 20), (0, 9)], [HOSTILE[0], HOSTILE[11]])
    doc["estimate"] = 0.1 + 0.2
    doc["tiny"] = 5e-324
    page = f"<!doctype html><title>x</title>{embed(doc)}<p>after</p>"
    found = extract(page)
    assert found == doc
    assert json.dumps(found) == json.dumps(doc)


@pytest.mark.parametrize("text", [*HOSTILE, "<!--", "]]>", "a\u2028b\u2029c", "&amp;&lt;", "\\u003c", "</SCRIPT >"])
def test_hostile_text_stays_inside(text: str) -> None:
    """A cell of a sheet ends the element and writes markup of its own into the page."""
    made = embed({"study": text, text: 1})
    inside = made.removeprefix(f'<script type="application/json" id="{ID}">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029\u202e\x7f") & set(inside)
    parser = Elements()
    parser.feed(f"<p>{made}</p>")
    assert [tag for tag, _ in parser.found] == ["p", "script"]
    assert parser.found[1][1] == {"type": "application/json", "id": ID}
    assert extract(made) == {"study": text, text: 1}
    made.encode("utf-8")


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("", "holds no document"),
        ("<script>synth-document</script>", "holds no document"),
        (embed({"a": 1}) + embed({"a": 2}), "more than one"),
        (embed({"a": 1})[:-9], "cut off"),
        (embed({"a": 1}).replace("1", "NaN"), "NaN is no number"),
        (embed({"a": 1}).replace("}", ""), "is no JSON"),
        (embed([1]), "no JSON object"),  # type: ignore[arg-type]
        (embed({"a": 1}).replace("1", "[" * 100_000), "is no JSON"),
    ],
)
def test_what_cannot_be_read_back_is_said(page: str, why: str) -> None:
    """A page that is damaged, or none of synth's, ends in a traceback or in half a document."""
    with pytest.raises(ValueError, match=why):
        extract(page)


def test_no_number_that_is_none() -> None:
    """A page embeds NaN, which no reader of JSON takes."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        embed({"estimate": float("nan")})


def test_same_bytes_and_no_more_than_needed() -> None:
    """The same document gives other bytes, or the page holds it with line breaks."""
    doc = document([(3, 20), (1, 9)])
    assert embed(doc) == embed(json.loads(json.dumps(doc)))
    assert "\n" not in embed(doc)
    assert len(embed(doc)) < len(json.dumps(doc)) + 80


@pytest.mark.parametrize("asked", [{}, {"what_if": None}, {"what_if": {"rows": "abc"}}])
def test_a_deflated_document_is_the_same(asked: dict[str, object]) -> None:
    """The page of a large review gives other numbers back, in another order, or hides the answers from its script."""
    document = {"k": 2, **asked, "studies": [{"study": "</script>\u202e", "k": i} for i in range(50)]}
    made = embed(document, small=True)
    assert len(made) < len(embed(document)) / 2
    assert json.dumps(extract(made)) == json.dumps(document)
    inside = json.loads(made.partition(">")[2].removesuffix("</script>"))
    assert inside["what_if"] == asked.get("what_if")


@pytest.mark.parametrize("held", ["", "!!", 7, "eJyrVg==", "eJwDAAAAAAE="])
def test_a_damaged_deflated_document_is_refused(held: object) -> None:
    """A broken page ends in a traceback."""
    page = f'<script type="application/json" id="{ID}">{json.dumps({"@deflated": held})}</script>'
    with pytest.raises(ValueError, match="its document is"):
        extract(page)
