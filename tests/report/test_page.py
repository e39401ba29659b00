"""The page: true to its document, closed to attacks and to the network, the same every time."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from jinja2 import UndefinedError

from synth.meta.inverse.tau2 import METHODS as TAU2_METHODS
from synth.report.methods import references
from synth.report.outcome import page, view, view_text
from synth.report.outcome.embedded import extract
from synth.report.words import rounding

from . import factory

DOCUMENTS = factory.every()
FORBIDDEN = re.compile(r"\b(nan|NaN|None|null|undefined|inf|Infinity|True|False)\b")


class Reader(HTMLParser):
    """Collects what a browser would see: tags with attributes, text outside style, and nesting faults."""

    VOID = frozenset({"meta", "col", "line", "circle", "polygon", "br"})

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Note a close that fits nothing open."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep what is to be read."""
        if not {"style", "script", "pre"} & set(self.open):  # code for R and BibTeX has words of its own
            self.words.append(data)

    @property
    def text(self) -> str:
        """All that is to be read, with single spaces."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each document in turn."""
    made: dict[str, Any] = DOCUMENTS[request.param]
    return made


def test_is_whole_and_nested(document: dict[str, Any]) -> None:
    """A tag is left open, and the rest of the page falls into it."""
    reader = Reader(page.render(document))
    assert reader.faults == []
    assert reader.open == []


def test_has_no_word_of_the_programming_language(document: dict[str, Any]) -> None:
    """An undefined number reached the page as NaN or None."""
    # "None of 51 patients" is English; a series may be called None (another test holds that), so it is renamed here.
    renamed = json.loads(json.dumps(document).replace('"None"', '"Nobody"'))
    text = Reader(page.render(renamed)).text.replace("None of ", "")
    assert FORBIDDEN.search(text) is None


def test_fetches_nothing(document: dict[str, Any]) -> None:
    """Opening the page tells somebody, or it is broken without a network."""
    source = page.render(document)
    reader = Reader(source)
    assert "default-src 'none'" in source
    fetching = {"img", "link", "iframe", "object", "embed", "base", "form", "use"}
    assert not {tag for tag, _ in reader.tags} & fetching
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "src" not in attributes
        if "href" in attributes:
            assert tag == "a"
            address = attributes["href"] or ""
            if address.startswith("data:"):
                assert address.startswith("data:text/csv;")
                assert (attributes["download"] or "").endswith(".csv")
            else:
                assert re.match(r"(https?://|#)", address), address
    assert not re.search(r"@import|url\(|expression\(", source.split("</style>")[0])


def test_only_the_script_that_the_policy_names_can_run(document: dict[str, Any]) -> None:
    """A script runs that nobody looked at, or the policy forbids the page's own."""
    source = page.render(document)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', source)
    assert policy is not None
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", source, re.S)
    runs = [body for attributes, body in scripts if "application/json" not in attributes]
    digests = [b64encode(sha256(body.encode()).digest()).decode() for body in runs]
    assert re.findall(r"'sha256-([^']+)'", policy[1]) == digests
    assert ("script-src" in policy[1]) is bool(runs)
    assert "unsafe-inline" not in policy[1].replace("style-src 'unsafe-inline'", "")


def test_the_document_can_be_taken_out_of_its_page(document: dict[str, Any]) -> None:
    """Somebody who has only the HTML has lost the numbers."""
    assert extract(page.render(document)) == json.loads(json.dumps(document))


def test_ids_are_unique_and_every_reference_inside_is_met(document: dict[str, Any]) -> None:
    """A link on the page leads nowhere, or a screen reader takes one figure's title for another's."""
    reader = Reader(page.render(document))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in reader.tags:
        for name in ("aria-labelledby",):
            assert set((attributes.get(name) or "").split()) <= set(ids)
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids


def test_headings_go_down_one_step_at_a_time(document: dict[str, Any]) -> None:
    """A screen reader's outline of the page has holes."""
    levels = [int(tag[1]) for tag, _ in Reader(page.render(document)).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_tables_are_labelled(document: dict[str, Any]) -> None:
    """A table cannot be read without seeing it."""
    reader = Reader(page.render(document))
    names = [tag for tag, _ in reader.tags]
    assert names.count("table") == names.count("caption")
    assert all("scope" in attributes for tag, attributes in reader.tags if tag == "th")


def test_same_document_gives_the_same_bytes(document: dict[str, Any]) -> None:
    """The page depends on the clock, on the order of a set or on the machine."""
    assert page.render(document) == page.render(document)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_is_small(name: str) -> None:
    """The page is too heavy to be sent by mail."""
    size = len(page.render(DOCUMENTS[name]).encode("utf-8"))
    # A hundred and fifty series are also in the page as numbers, for whoever has nothing but the page.
    assert size < (900_000 if name == "hundred-fifty" else 200_000)


def test_every_number_is_the_documents_own() -> None:
    """A number on the page is not the number of the JSON."""
    document = DOCUMENTS["five"]
    text = Reader(page.render(document)).text
    expected = []
    for study in [*document["studies"], *document["comparators"][0]["studies"]]:
        expected += [f"{study['events']}/{study['total']}", rounding.percent(study["estimate"])]
        expected += [rounding.interval(study["ci_low"], study["ci_high"]), rounding.percent(study["weight"])]
    for block in (document["pooled"], document["comparators"][0]["pooled"]):
        reporting = block["reporting"]
        expected += [rounding.percent(reporting["estimate"])]
        expected += [rounding.interval(reporting["ci_low"], reporting["ci_high"])]
    for row in [*document["leave_one_out"], document["sensitivity"][0]["reporting"]]:
        expected += [rounding.percent(row["estimate"]), rounding.interval(row["ci_low"], row["ci_high"])]
    prediction = document["prediction"]["reporting"]
    expected += [rounding.interval(prediction["ci_low"], prediction["ci_high"])]
    expected += [f"τ² = {rounding.variance(document['tau2']['value'])}", "0 to 3.20", "p = 0.137"]
    expected += ["I² = 46.1%", "0% to 87.0%", "H² = 1.86", "Q = 7.42", "4 degrees of freedom", "p = 0.115"]
    missing = [value for value in expected if value not in text]
    assert missing == []


def test_a_figure_can_be_followed_to_its_source() -> None:
    """A reader cannot find where the 97% of Wänman 2023 comes from."""
    source = page.render(DOCUMENTS["five"])
    row = source.split('<tr role="row"><th scope="row" role="rowheader"><span class="study-name"><bdi>Wänman 2023')[1]
    row = row.split("</tr>")[0]
    for told in ("29/30", "96.7%", "reported as 97%", "abstract, results", "printed in the source"):
        assert told in row
    assert 'href="https://example.org/paper"' in row
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/12345678/"' in row
    assert 'href="https://doi.org/10.1000/xyz"' in row
    assert "extracted/results.csv, row 2" in row


def test_doubtful_figures_are_marked_and_said() -> None:
    """A derived denominator passes for a printed one."""
    text = Reader(page.render(DOCUMENTS["five"])).text
    assert "Study C †" in text
    assert "worked out, not printed" in text
    assert "upper bound: the true figure may be lower" in text
    assert "Wänman 2023 †" not in text


def test_what_was_left_out_is_listed_with_its_reason(document: dict[str, Any]) -> None:
    """A row on file vanishes without a word."""
    text = Reader(page.render(document)).text
    for row in document.get("excluded") or []:
        assert row["study"] in text
        assert row["reason"][1:] in text
        assert row.get("percent_reported", "") in text
        assert row.get("note", "") in text


def test_one_series_is_not_called_pooled() -> None:
    """A single series' figure is presented as if it were a synthesis."""
    model = view.page(DOCUMENTS["one"])
    assert "nothing was pooled" in model.answer
    assert "exact 95% confidence interval 6.8% to 30.7%" in model.answer
    assert "The diamond" not in page.render(DOCUMENTS["one"])


def test_boundaries_are_said_as_counts() -> None:
    """No event in any series is reported as "about 0 of 100" instead of what was seen."""
    assert view.page(DOCUMENTS["all-zero"]).answer.startswith("None of 51 patients in 3 series died")
    assert view.page(DOCUMENTS["all-events"]).answer.startswith("All 42 patients in 2 series died")


def test_hostile_names_stay_text() -> None:
    """A name in a sheet runs as code, or is not shown as it was written."""
    source = page.render(DOCUMENTS["hostile"])
    assert set(re.findall("<script([^>]*)>", source)) == {' type="application/json" id="synth-document"', ""}
    assert "<img" not in source
    assert "javascript:alert(1)" in source
    assert 'href="javascript' not in source
    assert all(address.startswith("text/csv") for address in re.findall('href="data:([^"]*)', source))
    for name in ("<script>alert(1)</script>", "<bdi>None</bdi>", "He said \"no\" & 'yes' <b>", "{{ 7*7 }} {% raw %}"):
        assert name in html.unescape(source)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", source)


def test_a_misspelt_name_in_a_template_is_an_error() -> None:
    """A field that does not exist is printed as nothing."""
    with pytest.raises(UndefinedError):
        page.environment().from_string("{{ page.estimat }}").render(page=view.page(DOCUMENTS["one"]))


def test_numbers_that_are_none_are_refused() -> None:
    """NaN in a document becomes a page instead of an error."""
    document = factory.five()
    document["pooled"]["reporting"]["estimate"] = float("nan")
    with pytest.raises(ValueError, match="not a number"):
        page.render(document)


@pytest.mark.parametrize("measure", ["PLOGIT", "PLN", "PRAW", "PAS", "PFT"])
@pytest.mark.parametrize("tau2", list(TAU2_METHODS))
@pytest.mark.parametrize("interval", ["t", "wald", "hksj", "hksj-adhoc", "profile", "exact"])
def test_every_setting_has_its_sentence_and_its_references(measure: str, tau2: str, interval: str) -> None:
    """A choice of method is not named on the page, or cites a paper that is not there."""
    document = factory.five()
    document["settings"].update(measure=measure, model="inverse", tau2_method=tau2, ci_method=interval)
    document["tau2"]["method"], document["pooled"]["ci_method"] = tau2, interval
    text = view_text.written(document)
    sentences = [sentence for paragraph in (*text.methods, *text.results) for sentence in paragraph.sentences]
    said = " ".join(sentence.text for sentence in sentences)
    assert "inverse variance" in said or "inverse-variance" in said
    assert tau2 not in said.split()
    numbers = [number for sentence in sentences for _, number in sentence.numbers]
    listed = [reference.number for reference in text.references]
    assert set(numbers) <= set(listed)
    assert listed == list(range(1, len(listed) + 1))


def test_every_reference_is_complete() -> None:
    """A citation lacks its year or ends without a full stop."""
    for key, reference in references.REFERENCES.items():
        assert reference.key == key
        assert re.search(r"(18|19|20)\d\d", reference.text)
        assert re.sub(r"\D", "", key)[-4:] in reference.text
        assert reference.text.endswith(".")
        assert reference.doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", reference.doi)


def test_the_whole_source_address_is_on_paper() -> None:
    """The printed page names a source by a part of its address, and nobody can look it up."""
    document = factory.five()
    address = "https://example.org/a/very/long/path/that/does/not/fit/on/one/line?of=the&table=1"
    document["studies"][0]["provenance"]["source"] = address
    source = page.render(document)
    (link,) = [a for tag, a in Reader(source).tags if tag == "a" and a.get("href") == address]
    assert link["class"] == "cut"
    paper = source.split("@media print{")[1]
    assert "a.cut::after{content:attr(href)}" in paper
    assert "a.cut span{display:none}" in paper


def test_long_rows_may_break_across_pages() -> None:
    """A row of a whole screen goes to the next sheet and leaves the rest of this one blank."""
    paper = page.render(factory.five()).split("@media print{")[1]
    assert "table.stack tr{break-inside:auto}" in paper


@pytest.mark.parametrize("name", ["five", "two-arms", "one"])
def test_a_narrow_screen_gets_every_figure_of_the_forest(name: str) -> None:
    """On a telephone the numbers of the forest lie outside the screen."""
    source = page.render(DOCUMENTS[name])
    assert re.search(r"@media screen and \(max-width:35rem\)\{\s*\.wide-screen\{display:none\}", source)
    narrow = source.split('<div class="narrow-screen">')[1].split("</div>")[0]
    text = Reader(narrow).text
    blocks = [DOCUMENTS[name], *DOCUMENTS[name]["comparators"]]
    for study in [study for block in blocks for study in block["studies"]]:
        limits = rounding.interval(study["ci_low"], study["ci_high"])
        assert study["study"] in text
        assert f"{study['events']}/{study['total']} · {rounding.percent(study['estimate'])} ({limits})" in text


def test_rows_left_out_can_be_read_on_a_telephone() -> None:
    """The reason why a row was left out is a column one word wide."""
    source = page.render(DOCUMENTS["five"])
    table = source.split("Rows on file that do not enter the answer</caption>")[0].rsplit("<table", 1)[1]
    assert 'class="stack out"' in table
    assert 'data-label="Why"' in source
