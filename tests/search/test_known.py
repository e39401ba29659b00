"""Known publications: found, missed and by which line, not in PubMed at all; and lists of PMIDs as people have them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from synth.errors import ProblemsError, ServiceError
from synth.search.known import Known, check_known, found_in
from synth.search.known_list import read_known
from synth.search.strategy.model import Strategy, parse_strategy, read_strategy
from tests.conftest import ROOT
from tests.eutils import Scripted
from tests.search.conftest import Eutils

from .searching import MIS, client, furnish


def of(text: str) -> Strategy:
    """Read a strategy."""
    return parse_strategy(f"schema = 1\ntitle = 'x'\n{text}".encode(), "demo", "queries/demo.toml")


def test_every_known_publication_of_the_shipped_strategy(eutils: Eutils) -> None:
    """A publication that the search finds is called missed, or a DOI leads to another record."""
    furnish(eutils)
    strategy = read_strategy(ROOT / "queries" / f"{MIS}.toml")
    check = check_known(strategy, strategy.known, client(eutils))
    assert [item.status for item in check.items] == ["found"] * 9
    assert check.recall == 1
    assert dict(check.lines)["intervention"] == 9
    assert next(item.pmid for item in check.items if item.doi == "10.1016/j.jocn.2016.01.020") == 26803911
    assert check.to_read == check.total / 9


def test_the_line_that_loses_each(eutils: Eutils) -> None:
    """A missed publication is laid at another line's door than the one that loses it."""
    for pmid, title in {
        11: "alpha beta gamma", 12: "alpha gamma", 13: "alpha beta", 14: "alpha beta gamma delta", 15: "beta gamma",
        16: "gamma", 17: "alpha beta gamma epsilon",
    }.items():  # fmt: skip
        eutils.corpus.add(pmid, title=title, language="fre" if pmid == 17 else "eng")
    strategy = of(
        "search = 'one AND (#2) AND three NOT four'\n"
        "[concepts]\none = 'alpha[ti]'\nthree = '#3'\nfour = 'delta[ti]'\n"
        "[lines]\n2 = 'beta[ti] OR zeta[ti]'\n3 = 'gamma[ti]'\n"
        "[limits]\nlanguage = 'English'\n"
    )
    known = [Known(str(pmid), pmid) for pmid in (11, 12, 13, 14, 15, 16, 17, 99)]
    check = check_known(strategy, known, client(eutils))
    lost = {item.label: [(loss.line, loss.how) for loss in item.lost_by] for item in check.items}
    assert {item.label: item.status for item in check.items} == {
        "11": "found", "12": "missed", "13": "missed", "14": "missed", "15": "missed", "16": "missed", "17": "missed",
        "99": "not in PubMed",
    }  # fmt: skip
    assert lost["11"] == []
    assert lost["12"] == [("2", "does not find it")]
    assert lost["13"] == [("3", "does not find it")]
    assert lost["14"] == [("four", "takes it away")]
    assert lost["15"] == [("one", "does not find it")]
    assert lost["16"] == [("one", "does not find it"), ("2", "does not find it")]
    assert lost["17"] == [("limit-language", "does not find it")]
    assert next(item.title for item in check.items if item.label == "13") == "alpha beta"


def test_a_limit_that_loses_and_one_that_excludes(eutils: Eutils) -> None:
    """A publication that only a limit keeps out is said to be missed by the search itself."""
    eutils.corpus.add(21, title="alpha", language="fre")
    eutils.corpus.add(22, title="alpha", types=("Editorial",))
    eutils.corpus.add(23, title="alpha")
    strategy = of(
        "[lines]\n1 = 'alpha[ti]'\n[limits]\nlanguage = 'eng'\nnot_publication_types = 'Editorial'\n"
    )
    check = check_known(strategy, [Known("a", 21), Known("b", 22), Known("c", 23)], client(eutils))
    assert [[(loss.line, loss.how) for loss in item.lost_by] for item in check.items] == [
        [("limit-language", "does not find it")],
        [("limit-not-publication-types", "takes it away")],
        [],
    ]


def test_a_doi_that_pubmed_does_not_know_is_nobody(eutils: Eutils) -> None:
    """PubMed takes an unknown DOI apart, and whatever has its pieces is taken for the publication."""
    eutils.corpus.add(31, title="alpha 10.1000/xyz", doi="10.1000/abc")
    check = check_known(of("[lines]\n1 = 'alpha[ti]'\n"), [Known("x", None, "10.1000/xyz")], client(eutils))
    assert [(item.status, item.pmid) for item in check.items] == [("not in PubMed", None)]
    assert check.recall is None
    assert check.to_json()["recall_reason"]


def test_a_doi_that_pubmed_searched_otherwise_is_nobody(eutils: Eutils) -> None:
    """PubMed ignores a part of the DOI and lists some record, and that is taken for the publication."""
    eutils.corpus.add(32, title="alpha")
    for term in ('"10.1000/xyz"[aid]', "10.1000/xyz[aid]"):
        eutils.corpus.script(term, Scripted(ids=(32,), phrases=("10.1000/xyz",)))
    check = check_known(of("[lines]\n1 = 'alpha[ti]'\n"), [Known("x", None, "10.1000/xyz")], client(eutils))
    assert [item.status for item in check.items] == ["not in PubMed"]


def test_a_doi_that_is_in_no_phrase_index_is_found_all_the_same(eutils: Eutils) -> None:
    """A publication that PubMed has is called missing because its DOI was asked for in one way only."""
    eutils.corpus.add(33, title="alpha", doi="10.1000/xyz")
    eutils.corpus.script('"10.1000/xyz"[aid]', Scripted(ids=(), quoted=('"10.1000/xyz"[aid]',)))
    check = check_known(of("[lines]\n1 = 'alpha[ti]'\n"), [Known("x", None, "10.1000/xyz")], client(eutils))
    assert [(item.status, item.pmid) for item in check.items] == [("found", 33)]


def test_a_failing_service_is_no_missed_publication(eutils: Eutils) -> None:
    """The service fails, and the check says that everything is missed."""
    eutils.corpus.add(41, title="alpha")
    eutils.faults.add(when={"endpoint": "esearch"}, status=500)
    with pytest.raises(ServiceError):
        check_known(of("[lines]\n1 = 'alpha[ti]'\n"), [Known("a", 41)], client(eutils))


def test_long_lists_are_asked_in_few_polite_requests(eutils: Eutils) -> None:
    """A thousand PMIDs are asked one by one, or by GET, which the service refuses."""
    bulk = eutils.corpus.add_bulk(1200)
    known = [Known(str(pmid), pmid) for pmid in bulk.pmids[:1000]]
    check = check_known(of("[lines]\n1 = '\"bulk cohort\"[ti]'\n"), known, client(eutils))
    assert len(check.of("found")) == 1000
    assert check.recall == 1
    assert len([entry for entry in eutils.log if entry.endpoint == "esearch"]) <= 8


def test_recall_of_a_real_set(eutils: Eutils, shared: Path) -> None:
    """The included papers of a real review are not read from its file, or found and missed are confused."""
    text = (shared / "screening_ids/Muthu_2021_ids.csv").read_text("utf-8")
    known, notes = read_known(text, "Muthu_2021_ids.csv")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["label_included"] == "1"]
    assert len([row for row in rows if row["pmid"]]) == 328
    assert len(known) == len({row["pmid"] for row in rows if row["pmid"]}) == 313
    assert len(notes) == 2
    for number, each in enumerate(known):
        eutils.corpus.add(each.pmid or 0, title="spine trial" if number % 4 else "another")
    check = check_known(of("[lines]\n1 = 'spine[ti]'\n"), known, client(eutils), notes=notes)
    assert len(check.of("found")) == 234
    assert len(check.of("missed")) == 79
    assert check.recall == 234 / 313
    assert json.dumps(check.to_json())


def test_among_stored_records_without_asking() -> None:
    """The report says of a publication that is stored that it was not found, or the other way round."""
    items = found_in([Known("a", 1), Known("b", 2), Known("a again", 1), Known("d", None, "10.1/x")], [1, 3])
    assert [(item.label, item.status) for item in items] == [("a", "found"), ("b", "missed"), ("d", "missed")]


@pytest.mark.parametrize(
    ("text", "pmids", "labels"),
    [
        ("37268432\n36434588\n", (37268432, 36434588), ("37268432", "36434588")),
        ("PMID: 37268432\tWänman\n\n# no\npmid 5", (37268432, 5), ("Wänman", "5")),
        ("https://pubmed.ncbi.nlm.nih.gov/37268432/\n5,A title, with a comma\n5\n", (37268432, 5),
         ("37268432", "A title, with a comma")),
        ("study,PMID\nA,7\nB,8\n", (7, 8), ("A", "B")),
        ("\ufefftitle;PubMed ID\nA;7\n", (7,), ("A",)),
        ("pmid,label_included,title\n7,1,A\n8,0,B\n,1,C\n", (7,), ("A",)),
        ("PMID- 12345\nOWN - NLM\n\nPMID- 678\n", (12345, 678), ("12345", "678")),
    ],
)  # fmt: skip
def test_lists_as_people_have_them(text: str, pmids: tuple[int, ...], labels: tuple[str, ...]) -> None:
    """A list of PMIDs in a usual form is not read, or read as other PMIDs."""
    known, _ = read_known(text, "list.csv")
    assert tuple(each.pmid for each in known) == pmids
    assert tuple(each.label for each in known) == labels


def test_what_is_no_pmid_is_said_line_by_line() -> None:
    """A wrong file gives an empty list, and so a recall of nothing."""
    with pytest.raises(ProblemsError) as caught:
        read_known("7\nten\n10.1000/x\n\x1b[31m\n", "list.txt")
    assert [problem.row for problem in caught.value.problems] == [2, 3, 4]
    assert "\x1b" not in str(caught.value)
    with pytest.raises(ProblemsError, match="there is no PMID in it"):
        read_known("# nothing\n", "list.txt")
    with pytest.raises(ProblemsError, match=r"80 more lines are no PMID"):
        read_known("x\n" * 100, "list.txt")
