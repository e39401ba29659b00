"""Reading strategies: lines, concepts, references, limits, filters and known items, and every defect at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import ProblemsError, WorkspaceError
from synth.search.lint.every import lint
from synth.search.strategy.filters import PUBLISHED
from synth.search.strategy.model import LONGEST_TERM, Strategy, parse_strategy, read_strategy
from synth.search.strategy.places import Places
from tests.conftest import ROOT

TOP = 'schema = 1\ntitle = "A title"\n'


def of(text: str, top: str = TOP) -> Strategy:
    """Read a strategy that has a title."""
    return parse_strategy((top + text).encode(), "demo", "queries/demo.toml")


def problems(text: str, top: str = TOP) -> list[str]:
    """List what is wrong with a strategy."""
    with pytest.raises(ProblemsError) as caught:
        of(text, top)
    return [str(problem) for problem in caught.value.problems]


def test_numbered_lines_end_in_the_last() -> None:
    """Numbered lines are not put together by their references, or another line than the last is searched for."""
    strategy = of("[lines]\n1 = 'a[ti] OR b[ti]'\n2 = 'c[ti]'\n3 = '#1 AND #2'\n10 = '#3 NOT d[ti]'\n")
    assert strategy.term == "((a[ti] OR b[ti]) AND c[ti]) NOT d[ti]"
    assert [line.id for line in strategy.lines] == ["1", "2", "3", "10"]
    assert strategy.query.term == strategy.term
    assert strategy.query.lines[2].expanded == "(a[ti] OR b[ti]) AND c[ti]"
    assert strategy.query.lines[2].text == "#1 AND #2"


def test_concepts_by_name_in_any_order() -> None:
    """Concepts are not found by name, with or without #, before they are written."""
    strategy = of("[concepts]\nboth = 'one AND #two'\none = 'a[ti]'\ntwo = ['b[ti]', 'c[ti] AND d[ti]']\n",
                  TOP + "search = 'both AND NOT_IT'\n".replace(" AND NOT_IT", ""))  # fmt: skip
    assert strategy.term == "a[ti] AND (b[ti] OR (c[ti] AND d[ti]))"


def test_a_name_inside_the_search_is_a_name_beside_tagged_terms_too() -> None:
    """``search = "population AND humans[mh]"`` looks for the word population instead of the concept."""
    strategy = of("[concepts]\npopulation = 'a[ti] OR b[ti]'\n", TOP + "search = 'population AND humans[mh]'\n")
    assert strategy.term == "(a[ti] OR b[ti]) AND humans[mh]"


def test_a_search_that_names_one_line_is_that_line() -> None:
    """A search that only names a line is counted as a line of its own, and the table shows it twice."""
    strategy = of("[lines]\n1 = 'a[ti]'\n2 = 'b[ti]'\n", TOP + "search = '#1'\n")
    assert strategy.term == "a[ti]"
    assert [line.id for line in strategy.lines] == ["1", "2"]
    assert [problem.code for problem in lint(strategy)] == ["unused-line"]


def test_limits_and_filters_follow_one_another() -> None:
    """A limit or filter does not narrow what the lines before it leave, or excluded records are kept."""
    strategy = of(
        "[lines]\n1 = 'a[ti] OR b[ti]'\n"
        "[filters.trials]\npublished = 'cochrane-rct-sensitive-2008'\n"
        "[limits]\nlanguage = ['English', 'French']\nspecies = 'humans'\n"
        "published = { from = 1990-01-01, reason = 'CT' }\n"
        "not_publication_types = ['Case Reports']\nabstract = true\n"
    )
    ids = [line.id for line in strategy.lines]
    assert ids == ["1", "filter-trials", "limit-language", "limit-species", "limit-published",
                   "limit-not-publication-types", "limit-abstract"]  # fmt: skip
    texts = {line.id: line.text for line in strategy.lines}
    assert texts["limit-language"] == "#filter-trials AND (English[la] OR French[la])"
    assert texts["limit-species"] == "#limit-language NOT (animals[mh] NOT humans[mh])"
    assert texts["limit-published"] == "#limit-species AND 1990/01/01:3000[dp]"
    assert texts["limit-not-publication-types"] == '#limit-published NOT "Case Reports"[pt]'
    assert texts["limit-abstract"] == "#limit-not-publication-types AND hasabstract"
    assert strategy.limits[2].reason == "CT"
    assert strategy.filters[0].citation == PUBLISHED["cochrane-rct-sensitive-2008"].citation
    assert PUBLISHED["cochrane-rct-sensitive-2008"].text in strategy.term


def test_published_filters_read_without_an_error() -> None:
    """A filter that synth carries has a slip in its own wording."""
    for name in PUBLISHED:
        strategy = of(f"[lines]\n1 = 'a[tiab]'\n[filters.f]\npublished = '{name}'\n")
        assert lint(strategy) == ()


def test_known_items_by_pmid_and_doi() -> None:
    """A PMID or DOI among the known items is dropped or read as something else."""
    known = of('[lines]\n1 = "a[ti]"\n[known]\n37268432 = "Wänman 2023"\n"https://doi.org/10.14444/3023" = ""\n').known
    assert [(each.pmid, each.doi, each.label) for each in known] == [
        (37268432, "", "Wänman 2023"),
        (None, "10.14444/3023", "https://doi.org/10.14444/3023"),
    ]


def test_everything_wrong_is_said_at_once() -> None:
    """Only the first defect of a file is shown, or without its line and key."""
    found = problems(
        "[lines]\n1 = '#2 AND #7'\n2 = '#1'\n01 = 'a[ti]'\n3 = ''\n4 = 5\n[limits]\nlanguge = 'English'\n"
        "published = '2020-01-01'\nspecies = 'dogs'\n[filters.x]\ntext = 'a[ti]'\n"
        "[known]\n0 = 'x'\n'10.1' = 'y'\n[extra]\n",
        "schema = 2\n",
    )
    text = "\n".join(found)
    for said in (
        "demo.toml, line 1, schema: schema is missing, or not one",
        "title: title is missing.",
        "line 3, lines.1: #7 is no line of this strategy.",
        "lines.1: the lines refer to each other in a circle: #1 -> #2 -> #1.",
        'line 5, lines.01: "01" cannot name a line',
        "line 6, lines.3: there is an empty text.",
        "line 7, lines.4: this is no text.",
        'line 9, limits.languge: there is no key "languge". Did you mean "language"?',
        "line 10, limits.published: 2020-01-01 is no date as PubMed reads it.",
        "line 11, limits.species:",
        "filters.x.name: name is missing",
        "filters.x.citation: citation is missing",
        'line 15, known.0: "0" is neither a PMID nor a DOI.',
        'line 16, known.10.1: "10.1" is neither',
        'line 17, extra: there is no key "extra".',
    ):
        assert said in text, said
    assert len(found) == 15


@pytest.mark.parametrize(
    ("text", "top", "said"),
    [
        ("", TOP, "there is nothing to search for. Write [lines]"),
        ("[concepts]\na = 'x[ti]'\nb = 'y[ti]'\n", TOP, 'Write at the top: search = "a AND b"'),
        ("[concepts]\npopulation = 'x[ti]'\n", TOP + "search = 'populaton'\n", "Did you mean #population?"),
        ("[concepts]\nor = 'x[ti]'\n", TOP + "search = 'or'\n", '"or" cannot name a line of [concepts].'),
        ("[lines]\n1 = { text = 'x[ti]', any = ['y[ti]'] }\n", TOP, "a line has either text or any."),
        ("[lines]\n1 = 'x\u00a0y[ti]'\n", TOP, "there are invisible characters (no-break space)"),
        ("[lines]\n1 = 'x[ti]'\n1 = 'y[ti]'\n", TOP, "a key or section stands here twice"),
        ("[lines]\n1 = \"\"x\"[ti]\"\n", TOP, "this is not valid TOML"),
        ("[lines]\n1 = 'x[ti]'\n[filters.f]\npublished = 'hedges'\n", TOP, "is no filter that synth carries"),
        ("[lines]\n1 = 'x[ti]'\n[filters.f]\npublished = 'cochrane-rct-precise-2008'\ntext = 'trial[ti]'\n", TOP,
         'Say what was changed: changes = "..."'),
        ("[lines]\n1 = 'x[ti]'\n", TOP + "database = 'embase'\n", '"embase" is not searched by synth.'),
        ("[limits]\npublished = '2020:2010'\n[lines]\n1 = 'x[ti]'\n", TOP, "2020:2010 runs backwards"),
        ("lines = 3\n", TOP, "lines is not a section."),
    ],
)  # fmt: skip
def test_what_each_defect_says(text: str, top: str, said: str) -> None:
    """A defect is passed over, or the message does not tell what to write."""
    assert said in "\n".join(problems(text, top))


def test_not_utf8_and_not_there(tmp_path: Path) -> None:
    """A file in another encoding, a folder or no file at all ends in a traceback."""
    with pytest.raises(ProblemsError, match=r"line 2: this is not UTF-8 text"):
        parse_strategy(b'title = "x"\nnotes = "\xe4"', "demo")
    with pytest.raises(WorkspaceError, match="There is no strategy"):
        read_strategy(tmp_path / "none.toml")
    with pytest.raises(WorkspaceError, match="Cannot read"):
        read_strategy(tmp_path)
    (tmp_path / "big.toml").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(WorkspaceError, match="larger than 1 MB"):
        read_strategy(tmp_path / "big.toml")


def test_lines_that_double_each_other_end_in_a_message() -> None:
    """A small file whose lines double one another fills the memory."""
    doubling = "1 = 'abcdefgh[ti]'\n" + "".join(f"{n} = '#{n - 1} OR #{n - 1}'\n" for n in range(2, 60))
    found = problems(f"[lines]\n{doubling}")
    assert len(found) == 1
    assert "grow without end" in found[0]
    assert LONGEST_TERM < 2**20


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    """A file saved on Windows is read otherwise, or its lines are counted otherwise."""
    text = TOP + "[lines]\n1 = '''\na[ti]\nOR b[tii]'''\n"
    plain, windows = of(text, ""), parse_strategy(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "demo")
    assert plain.term == windows.term == "a[ti] OR b[tii]"
    assert [problem.row for problem in lint(plain)] == [problem.row for problem in lint(windows)] == [6]
    assert plain.query.sha256 == windows.query.sha256


def test_the_digest_follows_what_is_sent_only() -> None:
    """A comment stops an interrupted run from being continued, or a changed term does not."""
    one, two = of("[lines]\n1 = 'a[ti]'\n"), of("# a comment\n[lines]\n1 = 'a[ti]'\n")
    three = of("[lines]\n1 = 'b[ti]'\n")
    assert one.query.digest == two.query.digest != three.query.digest
    assert one.sha256 != two.sha256


keys = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
letters = st.characters(codec="utf-8", exclude_characters="'\r\x7f", exclude_categories=("Cc", "Cs"))
values = st.text(letters, max_size=30)


@given(st.dictionaries(keys, values, min_size=1, max_size=6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_places_point_at_the_key(table: dict[str, str], long: bool) -> None:
    """A message points at another line than the one that the key stands in."""
    mark = "'''" if long else "'"
    lines = [f"{key} = {mark}{value}{mark} # {key} = 1\n" for key, value in table.items()]
    text = "[part] # a 'comment'\n" + "".join(lines)
    assert tomllib.loads(text)["part"] == table
    places = Places(text)
    for number, key in enumerate(table, 2):
        assert places.row(("part", key)) == number


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_strategy_or_problems(text: str) -> None:
    """Some text in a strategy ends in a traceback instead of a message."""
    for wrapped in (text, TOP + "[lines]\n1 = '''" + text.replace("'", "") + "'''\n"):
        try:
            strategy = parse_strategy(wrapped.encode("utf-8", "replace"), "demo")
        except ProblemsError:
            continue
        assert all(str(problem) for problem in lint(strategy))


@pytest.mark.parametrize("name", ["as-spine-fracture-mis", "as-spine-fracture-open"])
def test_the_shipped_strategies_are_clean(name: str) -> None:
    """A strategy that the repository ships has a defect, or a slip that lint would point out."""
    path = ROOT / "queries" / f"{name}.toml"
    if not path.exists():
        pytest.fail(f"{path} is not there")
    strategy = read_strategy(path)
    assert [str(problem) for problem in lint(strategy) if problem.severity != "note"] == []
    assert strategy.known
    assert strategy.question
