"""Lint: each rule on the smallest example, no false alarm on real strategies, and no slip that stays unseen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.search.lint.every import lint, lint_term
from synth.search.strategy.field_tags import TAGS, find_tag
from synth.search.strategy.model import parse_strategy
from synth.search.strategy.syntax import parse
from tests.eutils.fields import FIELDS
from tests.eutils.fields import TAGS as SERVER_TAGS


def codes(term: str) -> list[tuple[str, str]]:
    """List severity and rule of everything that is said of a term."""
    return [(problem.severity, problem.code) for problem in lint_term(term)]


def test_a_good_strategy_is_left_alone() -> None:
    """A usual strategy is complained of."""
    assert codes(
        '("Spondylitis, Ankylosing"[mh] OR "ankylosing spondylitis"[tiab] OR bechterew*[tiab] OR "DISH"[ti]) AND '
        '("Spinal Fractures"[Mesh] OR (fractur*[tiab] AND (spine[tiab] OR spinal[tiab]))) AND '
        '1990/01/01:3000[dp] AND "hip pain"[tiab:~2] NOT (animals[mh] NOT humans[mh])'
    ) == []


@pytest.mark.parametrize(
    ("term", "severity", "code"),
    [
        ("(a[ti] OR b[ti]", "error", "unbalanced-bracket"),
        ("a[ti]) OR b[ti]", "error", "unbalanced-bracket"),
        ("a[ti OR b[ti]", "error", "unbalanced-bracket"),
        ("a ti] OR b[ti]", "error", "unbalanced-bracket"),
        ('"spinal fracture[ti]', "error", "unbalanced-quote"),
        ('""[ti] OR b[ti]', "error", "empty-phrase"),
        ("() OR a[ti]", "error", "empty-bracket"),
        ("a[ti] or b[ti]", "error", "lower-case-operator"),
        ("a[ti] And b[ti]", "error", "lower-case-operator"),
        ("wear and tear[tiab]", "error", "lower-case-operator"),
        ("(a[ti]) not (b[ti])", "error", "lower-case-operator"),
        ("(a OR b)[tiab]", "error", "tag-after-bracket"),
        ("a[ti] AND OR b[ti]", "error", "two-operators"),
        ("a[ti] OR", "error", "operator-without-term"),
        ("OR a[ti]", "error", "operator-without-term"),
        ("a[ti] AND [tiab]", "error", "tag-without-term"),
        ("a[ti][ab]", "error", "two-tags"),
        ("fra*[tiab]", "error", "truncation"),
        ("*itis[tiab]", "error", "truncation"),
        ("*", "error", "truncation"),
        ("spinal* fracture[tiab]", "error", "truncation"),
        ("colo*r[tiab]", "warning", "truncation"),
        ("type ii*[tiab]", "warning", "truncation"),
        ("a[tiabb] OR b[ti]", "error", "unknown-tag"),
        ("a[]", "error", "unknown-tag"),
        ("a[ab] OR b[ti]", "error", "unknown-tag"),
        ("a[tiab:noexp]", "error", "unknown-tag"),
        ("a[mh:exp]", "error", "unknown-tag"),
        ("10.1/x[doi]", "warning", "quiet-tag"),
        ("a[ti] OR b[ti] AND c[ti]", "warning", "mixed-operators"),
        ("a[ti] NOT b[ti] OR c[ti]", "warning", "mixed-operators"),
        ("a[ti] OR b[ti] c[ti]", "error", "missing-operator"),
        ("a[ti] b[ti]", "warning", "implied-and"),
        ("a[ti] & b[ti]", "warning", "sign-as-operator"),
        ("“spinal fracture”[ti]", "error", "curly-quotes"),
        ("bechterew’s[ti]", "warning", "curly-apostrophe"),
        ("x–ray[ti]", "warning", "odd-dash"),
        ('"a OR b"[ti]', "warning", "operator-in-quotes"),
        ('"spin* fracture"[tiab]', "error", "truncation"),
        ('"spinal fractur*"[tiab]', "note", "truncated-phrase"),
        ('"spine fractur*"[tiab:~3]', "error", "nearness"),
        ('"spine fracture"[mh:~3]', "error", "nearness"),
        ("spine[tiab:~3]", "error", "nearness"),
        ('"spine fracture"[tiab:~x]', "error", "nearness"),
        ("spondyl*[mh]", "warning", "truncated-heading"),
        ("2020-01-31[dp]", "error", "date"),
        ("2020/13[dp]", "error", "date"),
        ("2021/02/29:2022[edat]", "error", "date"),
        ("2020:2010[dp]", "error", "date"),
        ("2020:[dp]", "error", "date"),
        ('"2020"[dp] : "2010"[dp]', "error", "date"),
        ('"last 5 years"[dp]', "warning", "relative-date"),
        ("2020[dp]", "warning", "single-year"),
        ("PMC123[pmid]", "error", "pmid"),
        ("bamboo spine", "warning", "untagged"),
        ("bamboo[all]", "warning", "untagged"),
        ("a[ti] NOT b[ti]", "warning", "not"),
        ("a[ti] OR b[ti] OR A[title]", "warning", "duplicate-term"),
        ("fractur*[tiab] OR fracture[tiab]", "note", "redundant-term"),
        ('fracture[tiab] OR "spinal fracture"[tiab]', "note", "redundant-term"),
        ("a;b[ti]", "warning", "odd-character"),
        ("fracture.ti,ab. OR spine[ti]", "error", "foreign-syntax"),
        ("exp Spinal Fractures/", "error", "foreign-syntax"),
        ("spine adj3 fracture", "error", "foreign-syntax"),
        ("spine NEAR/3 fracture", "error", "foreign-syntax"),
        ("fractur$[ti]", "error", "foreign-syntax"),
        ("TI=fracture", "error", "foreign-syntax"),
        ("fracture:ti,ab", "error", "foreign-syntax"),
        ("'spine fracture'/exp", "error", "foreign-syntax"),
        ("or/1-4", "error", "foreign-syntax"),
        ("limit 5 to humans", "error", "foreign-syntax"),
        ("#x AND a[ti]", "error", "unknown-reference"),
    ],
)
def test_each_rule(term: str, severity: str, code: str) -> None:
    """A slip of this kind is sent to PubMed without a word, or stops a search that it should not."""
    if code == "unknown-reference":
        with pytest.raises(Exception, match="is no line of this strategy"):
            parse_strategy(f"schema = 1\ntitle = 'x'\n[lines]\n1 = '''{term}'''\n".encode())
        return
    assert (severity, code) in codes(term)


@pytest.mark.parametrize(
    "term",
    [
        "Wounds and Injuries[mh]",
        "J Bone Joint Surg Br[ta]",
        '"spinal fracture"[tiab] AND hasabstract',
        "2020:2020[dp] AND a[ti]",
        '("2000/01/01"[Date - Publication] : "3000"[Date - Publication]) AND a[ti]',
        "37268432[uid] OR 1:99[pmid]",
        "hypertension/therapy[mh:noexp]",
        "o'brien j[au]",
        '"hip pain"[Title/Abstract:~4]',
        "breast-feed*[tiab]",
        "medline[sb]",
        "1,2-dipalmitoylphosphatidylcholine[nm]",
        "therapy[sh:noexp] OR review[pt:noexp]",
        "neoplasms [mh] AND drug therapy [sh]",
        "(animals[mh] NOT (animals[mh] AND humans[mh])) OR a[ti]",
    ],
)
def test_no_false_alarm(term: str) -> None:
    """What the User Guide allows is called an error or a warning."""
    assert [code for severity, code in codes(term) if severity != "note"] == []


def test_the_remedy_names_the_near_tag() -> None:
    """The message for a mistyped tag does not say which one was meant."""
    (problem,) = (each for each in lint_term("a[tiabb] OR b[ti]") if each.code == "unknown-tag")
    assert problem.remedy == "Did you mean [tiab]?"
    assert "[tiab]" in next(each.remedy for each in lint_term("a[ab]") if each.code == "unknown-tag")


def test_line_and_key_of_each_slip() -> None:
    """The message leads to another line of the file than the slip stands in."""
    strategy = parse_strategy(
        b"""schema = 1
title = "x"
search = "one AND two AND 3 AND four"

[concepts]
one = '''
"a b"[ti] OR
c[tiabb] OR
d[ti]
'''
two = [
  'e[ti]',   # fine
  'fr*[ti]', # too short
  'g[ti] or h[ti]',
]
[lines]
3 = { text = 'i[ti] OR (j[ti]', label = "open" }
[concepts.four]
any = [
  'n[ti]',
  'o[tiabb]',
]
[limits]
text = "k(ti)"
[filters.f]
name = "n"
citation = "c"
text = '''l[ti] OR m[ti])'''
""",
        "demo",
        "queries/demo.toml",
    )
    found = {(problem.row, problem.column, problem.code) for problem in lint(strategy) if problem.severity == "error"}
    assert found == {
        (8, "concepts.one", "unknown-tag"),
        (13, "concepts.two", "truncation"),
        (14, "concepts.two", "lower-case-operator"),
        (17, "lines.3", "unbalanced-bracket"),
        (21, "concepts.four", "unknown-tag"),
        (28, "filters.f.text", "unbalanced-bracket"),
    }


def test_lines_are_judged_together() -> None:
    """A line that nobody uses, one that stands twice, or a concept's name used as a word stays unseen."""
    strategy = parse_strategy(
        b"schema = 1\ntitle = 'x'\nsearch = 'one AND two'\n[concepts]\none = 'a[ti]'\ntwo = 'A[ti]'\nthree = 'b[ti]'\n"
        b"four = 'one OR c[ti]'\n"
    )
    assert [(problem.column, problem.code) for problem in lint(strategy) if problem.code != "redundant-term"] == [
        ("concepts.two", "duplicate-line"),
        ("concepts.three", "unused-line"),
        ("concepts.four", "name-or-word"),
        ("concepts.four", "unused-line"),
    ]


def test_many_slips_of_a_kind_are_counted() -> None:
    """A list of two hundred slips of one kind hides all others."""
    term = " OR ".join(f"a{n}[tiabb]" for n in range(50))
    found = [problem for problem in lint_term(term) if problem.code == "unknown-tag"]
    assert len(found) == 4
    assert "(46 more of this kind in this line.)" in found[-1].remedy


def test_too_long_a_search_is_said() -> None:
    """A search longer than any that PubMed is known to have taken is sent without a word."""
    assert ("warning", "too-long") in codes(" OR ".join(f"word{n}[tiab]" for n in range(1500)))


def test_deep_brackets_do_not_end_in_a_traceback() -> None:
    """Brackets nested by the thousand break the reader."""
    assert ("error", "too-deep") in codes("(" * 5000 + "a[ti]" + ")" * 5000)


def test_the_tags_of_the_local_server_are_known() -> None:
    """A tag that PubMed lists is called unknown, or the table names a field that einfo does not have."""
    assert [tag for tag in SERVER_TAGS if find_tag(tag.partition(":")[0]) is None] == []
    assert {field.code for field in TAGS if field.code} - {"AUTH", "INVR"} <= {field.code for field in FIELDS}


def test_the_recorded_field_list_is_known(shared: Path) -> None:
    """A field of a real einfo answer has no place in the table of tags."""
    for name in ("biopython__biopython/Tests__Entrez__einfo2.xml", "Klortho__Eutils-JSON/samples__einfo.pubmed.xml"):
        text = (shared / "pubmed/eutils" / name).read_text(encoding="utf-8")
        fields = re.findall(r"<Field>\s*<Name>(\w+)</Name>", text)
        assert len(fields) > 40
        assert [field for field in fields if find_tag(field) is None] == []


def real_strategies(shared: Path) -> dict[str, str]:
    """Give the 27 live strategies of the Zheln overview by file name."""
    found = {}
    for path in sorted((shared / "pubmed/strategies").glob("*/zheln__ssb-replicated*")):
        text = path.read_text(encoding="utf-8")
        fenced = re.findall(r"```[a-z]*\n(.*?)```", text, re.S) or re.findall(r"`([^`]{3000,})`", text, re.S)
        found[path.name] = max(fenced, key=len) if fenced else text
    return found


def test_27_real_strategies_have_no_error(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A strategy of 15,000 characters that PubMed answered day by day is called wrong."""
    found = real_strategies(shared)
    assert len(found) == 27
    for name, text in found.items():
        assert len(text) > 14_000
        whole, broken = parse(text)
        assert broken == [], name
        assert len(list(whole.operands())) > 200
        with monkeypatch.context() as patch:
            if not name.endswith(("09-01.txt", "11-09.md")):  # they differ in dates: the second reader sees two of them
                patch.setattr("synth.search.lint.every.advise", lambda text, whole, broken: [])
            said = lint_term(text, name)
        assert {problem.code for problem in said} == {"not", "truncated-phrase"}


def test_real_queries_of_reviews_are_judged_in_time(shared: Path) -> None:
    """A published query of a review breaks the reader, or a real slip in one of them (a missing OR) is not seen."""
    missing = {}
    for line in (shared / "search_recall/ielab_overall_collection.jsonl").read_text("utf-8").splitlines():
        topic = json.loads(line)
        found = lint_term(topic["query"])
        assert all(str(problem) for problem in found)
        missing[topic["id"]] = [problem.value for problem in found if problem.code == "missing-operator"]
    assert len(missing) > 35
    assert {id: value for id, value in missing.items() if value} == {"39": ["Impaired[tiab]"]}


def test_ovid_strategies_are_told_apart(shared: Path) -> None:
    """A strategy in the language of Ovid is taken for one of PubMed's, and finds next to nothing."""
    for topic in ("CD000996", "CD001261", "CD004414"):
        text = (shared / "search_recall/clef2019_intervention_topics" / topic).read_text("utf-8")
        lines = text.split("Query:")[1].split("Pids:")[0].strip().splitlines()
        told = [line for line in lines if any(problem.code == "foreign-syntax" for problem in lint_term(line.strip()))]
        assert len(told) >= 5


@given(st.text(alphabet='ab*"()[]:~ ANDORt#2/', max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_lint(term: str) -> None:
    """Some text ends in a traceback, or a finding points outside of it."""
    for problem in lint_term(term):
        assert problem.severity in {"error", "warning", "note"}
        assert problem.message
        assert problem.remedy
