"""What the local server finds for a query, and what it says that it did not understand."""

from __future__ import annotations

import pytest

from tests.eutils import Clock, Corpus, Service
from tests.eutils.evaluate import Evaluation, Found
from tests.eutils.wire import Request


@pytest.fixture(scope="module")
def service() -> Service:
    """A service over a handful of records whose every word is known."""
    corpus = Corpus()
    place = "Made J Bones"
    spine, stiff = "Spinal Fractures", "Spondylitis, Ankylosing"
    corpus.add(
        1,
        title="Percutaneous screws in the stiff spine",
        mesh=[spine, stiff],
        authors=["Müller HJ"],
        entered=(2019, 5, 1),
        journal=place,
    )
    corpus.add(
        2,
        title="Open surgery of the spine",
        abstract="Screws were not percutaneous.",
        mesh=[spine],
        entered=(2020, 5, 1),
        journal=place,
    )
    corpus.add(
        3,
        title="Ribs and spines",
        mesh=["Fractures, Bone"],
        authors=["Muller H", "Ng A"],
        entered=(2021, 5, 1),
        journal=place,
    )
    corpus.add(
        4,
        title="Hip pain after a fall",
        abstract="Pain of the left hip.",
        mesh=["Hip Fractures"],
        entered=(2022, 5, 1),
        journal=place,
    )
    corpus.add(
        5, title="Wirbelsäule", language="ger", types=["Review"], entered=(2023, 5, 9), doi="10.1/x.5", journal=place
    )
    return Service(corpus, Clock())


def look(service: Service, term: str) -> Found:
    """Look a query up."""
    return Evaluation(service.index()).run(term)


@pytest.mark.parametrize(
    ("term", "ids"),
    [
        ("percutaneous[tiab]", {1, 2}),
        ("percutaneous[ti]", {1}),
        ("screw*[tiab]", {1, 2}),
        ('"open surgery"[ti]', {2}),
        ('"surgery open"[ti]', {2}),  # nobody has the phrase, so the words are looked for, and PubMed says so
        ("spinal fractures[mh]", {1, 2}),
        ('"fractures, bone"[mh]', {1, 2, 3, 4}),
        ('"fractures, bone"[mh:noexp]', {3}),
        ("ankylosing spondylitis[mh]", {1}),
        ("muller h[au]", {1, 3}),
        ('"muller h"[au]', {3}),
        ("muller[au]", {1, 3}),
        ("muller hj[1au]", {1}),
        ("ng[lastau]", {3}),
        ("german[la]", {5}),
        ("review[pt]", {5}),
        ("10.1/x.5[aid]", {5}),
        ("2[uid] OR 4[pmid]", {2, 4}),
        ("2:4[uid]", {2, 3, 4}),
        ("2020:2021[dp]", {2, 3}),
        ('"2020/05/01"[edat] : "2021/04/30"[edat]', {2}),
        ('"2022"[dp] : "3000"[dp]', {4, 5}),
        ("2023/05[crdt]", {5}),
        ("all[sb]", {1, 2, 3, 4, 5}),
        ("hasabstract[filter]", {2, 4}),
        ("wirbelsaule", {5}),
        ('"hip pain"[tiab:~0]', {4}),
        ('"pain left"[tiab:~1]', set()),
        ('"pain left"[tiab:~2]', {4}),
        ("spine AND NOT surgery", {1}),
        ("hip OR spine AND surgery", {2}),  # strictly left to right
        ("hip OR (spine AND surgery)", {2, 4}),
        ("spine NOT open", {1}),
        ("spine screws", {1, 2}),  # side by side is AND
        ("spine or screws", {1, 2}),  # a small operator is a word that is passed over
        ("((spine", {1, 2}),
    ],
)
def test_a_query_finds_what_pubmed_would(service: Service, term: str, ids: set[int]) -> None:
    """The local server reads PubMed's language otherwise than PubMed."""
    assert look(service, term).ids == ids


@pytest.mark.parametrize(
    ("term", "translation"),
    [
        ("hip", '"hip"[All Fields]'),
        ("spinal fractures", '"spinal fractures"[MeSH Terms] OR ("spinal"[All Fields] AND "fractures"[All Fields]) '
                             'OR "spinal fractures"[All Fields]'),
        ("hip[ti] AND (open[ti] OR ribs[ti])", '"hip"[Title] AND ("open"[Title] OR "ribs"[Title])'),
        ("hip[ti] OR open[ti] AND ribs[ti]", '("hip"[Title] OR "open"[Title]) AND "ribs"[Title]'),
        ("screw*[tiab]", '"screw*"[Title/Abstract]'),
        ("2:4[uid]", "2:4[UID]"),
        ("2020:2021[dp]", "2020/01/01:2021/12/31[Date - Publication]"),
        ('"hip pain"[tiab:~2]', '"hip pain"[Title/Abstract:~2]'),
        ("fractures, bone[mh:noexp]", '"fractures, bone"[MeSH Terms:noexp]'),
    ],
)  # fmt: skip
def test_a_query_is_translated_as_pubmed_would(service: Service, term: str, translation: str) -> None:
    """A run log would show another translation than the live service gives."""
    assert look(service, term).translation == translation


def test_an_unknown_tag_is_searched_without_it(service: Service) -> None:
    """The worst silence of the live service is not imitated: a wrong tag gives more hits, not none."""
    found = look(service, "percutaneous[tib]")
    assert found.fields == ["tib"]
    assert found.ids == look(service, "percutaneous").ids == {1, 2}


@pytest.mark.parametrize(
    ("term", "kind", "said"),
    [
        ("qwertz", "phrases", ["qwertz"]),
        ("qwertz[tiab]", "phrases", ["qwertz[tiab]"]),
        ('"left open hip"[tiab]', "quoted", ['"left open hip"[tiab]']),
        ('"no such heading"[mh]', "quoted", ['"no such heading"[mh]']),
        ("hi*[tiab]", "phrases", ["hi*[tiab]"]),
        ("(hip OR spine)[tiab]", "ignored", ["[tiab]"]),
        ("(hip OR spine", "ignored", ["("]),
        ("hip OR spine)", "ignored", [")"]),
        ("#3", "ignored", ["#3"]),
        ('"scr* spine"[tiab:~2]', "ignored", ["[Title/Abstract:~2]"]),
    ],
)
def test_what_is_not_understood_is_said(service: Service, term: str, kind: str, said: list[str]) -> None:
    """A query that PubMed warns of passes without a word here."""
    found = look(service, term)
    assert getattr(found, kind) == said


def test_spinal_fracture_exact_against_every_record() -> None:
    """The index and a plain reading of the records disagree on which of them hold a phrase."""
    service = Service(Corpus.made(), Clock())
    for phrase in ("ankylosing spondylitis", "spinal fractures", "percutaneous", "compression fractures"):
        plain = {
            n
            for n, a in service.corpus.articles.items()
            if any(f" {phrase} " in f" {' '.join(piece)} " for piece in a.texts["TIAB"])
        }
        assert look(service, f'"{phrase}"[tiab]').ids == plain
        assert plain


def test_a_bulk_counts_like_single_records() -> None:
    """The cheap bulk gives other counts than as many true records would."""
    corpus = Corpus()
    bulk = corpus.add_bulk(300, step=3, per_day=7)
    slow = Corpus()
    for pmid in bulk.pmids:
        slow.add_raw(bulk.raw(pmid))
    for term in (
        "bulk cohort",
        '"spinal fractures"[ti]',
        "50000001:50000200[uid]",
        "2019/01/02:2019/01/05[edat]",
        "2019/01/03[dp]",
    ):
        assert look(Service(corpus, Clock()), term).ids == look(Service(slow, Clock()), term).ids, term


def test_dates_of_the_request_narrow_a_search(service: Service) -> None:
    """mindate, maxdate and reldate are passed over, so an update by date looks complete."""

    def count(**params: str) -> str:
        answer = service.answer(Request("esearch", "GET", {"term": ["spine"], **{k: [v] for k, v in params.items()}}))
        return answer.body.decode().partition("<Count>")[2].partition("<")[0]

    assert count() == "2"
    assert count(mindate="2020", maxdate="2021", datetype="edat") == "1"
    assert count(mindate="2020") == "2"
    assert count(reldate="60", datetype="edat") == "0"
