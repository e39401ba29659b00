"""Citation searching: what is followed, what is a duplicate, what is new, and that the counts add up."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from synth.errors import IncompleteSearch, SettingsError, UnknownName
from synth.search.chase import chase
from synth.search.run.store import Store
from synth.steps.chase import chase_from, seeds_of
from synth.steps.search import run_search
from synth.steps.search_list import open_strategy
from synth.workspace import Workspace
from tests.search.conftest import Eutils

from .searching import MIS, client, furnish, review_in


@pytest.fixture
def linked(eutils: Eutils) -> Eutils:
    """Give two known publications references and citing articles, some of them of both."""
    furnish(eutils)
    corpus = eutils.corpus
    corpus.add(101, title="Cited by both")
    corpus.add(102, title="Cited in the list only")
    corpus.add(103, title="Cites one")
    corpus.add(37268432, title="Percutaneous fractures in ankylosing spondylitis", cites=[101, 102])
    corpus.link("pubmed_pubmed_refs", 37268432, [101, 36434588])
    corpus.link("pubmed_pubmed_refs", 36434588, [101])
    corpus.link("pubmed_pubmed_citedin", 37268432, [103, 90000032, 36434588])
    return eutils


def test_both_ways_and_the_lists_of_references(linked: Eutils) -> None:
    """A link is lost, a reference that stands in the record only is not followed, or the counts do not add up."""
    found = chase({37268432: "W", 36434588: "Y"}, client(linked), there=frozenset({90000032}))
    assert found.seeds[0].references == (101, 102, 36434588)
    assert found.seeds[0].citing == (103, 36434588, 90000032)
    assert found.seeds[1].references == (101,)
    assert found.seeds[1].citing == ()
    assert found.together == {101, 102, 103, 90000032}
    assert found.new == (101, 102, 103)
    counts = found.counts()
    assert counts["identified"] == counts["references"] + counts["citing"] == 7
    assert counts["identified"] == counts["duplicates"] + counts["already_there"] + counts["new"] == 3 + 1 + 3


def test_one_way_only(linked: Eutils) -> None:
    """A way that was not asked for is counted as none found."""
    found = chase({37268432: "W"}, client(linked), citing=False)
    assert found.seeds[0].citing is None
    assert found.seeds[0].to_json()["citing_reason"] == "not asked for"
    assert not [entry for entry in linked.log if "citedin" in str(entry.params)]


def test_a_seed_that_pubmed_does_not_have(linked: Eutils) -> None:
    """A mistyped PMID looks like a publication that nobody cites."""
    found = chase({1: "typo", 37268432: "W"}, client(linked))
    assert [seed.known for seed in found.seeds] == [False, True]
    assert found.counts()["seeds_not_in_pubmed"] == 1


def test_a_strategy_is_chased_and_stored(linked: Eutils, tmp_path: Path) -> None:
    """New records are not stored with their log and raw answers, or a second time counts them as new again."""
    workspace = Workspace.find(review_in(tmp_path))
    entrez = client(linked)
    run_search(workspace, open_strategy(workspace, MIS), entrez)
    seeds = seeds_of(workspace, [MIS], entrez)
    assert len(seeds.pmids) == 9
    assert seeds.pmids[37268432] == "Wänman 2023"
    done = chase_from(workspace, seeds, entrez)
    done.check()
    folder = workspace.queries / MIS / "chase"
    assert done.folder == f"queries/{MIS}/chase"
    assert Store(folder).pmids() == done.found.new
    assert {101, 102, 103} <= set(done.found.new)
    assert 90000032 not in done.found.new
    assert [record.pmid for record in Store(folder).records()] == list(done.found.new)
    log = json.loads((folder / f"{done.log['run']}.json").read_text("utf-8"))
    assert log == done.log
    raw = (folder / "raw" / log["run"] / log["batches"][0]["file"]).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == log["batches"][0]["sha256"]
    assert b"Cited by both" in gzip.decompress(raw)
    again = chase_from(workspace, seeds, entrez)
    assert again.found.new == ()
    assert again.log["run"] != done.log["run"]
    assert Store(folder).pmids() == done.found.new


def test_a_record_that_is_not_delivered_is_said(linked: Eutils, tmp_path: Path) -> None:
    """A record that a link leads to and PubMed does not deliver vanishes."""
    linked.corpus.hide(102)
    workspace = Workspace.find(review_in(tmp_path))
    entrez = client(linked)
    done = chase_from(workspace, seeds_of(workspace, ["37268432"], entrez), entrez)
    with pytest.raises(IncompleteSearch, match="PMID 102 was not delivered"):
        done.check()
    assert done.folder == "queries/chase"
    assert 102 not in Store(workspace.queries / "chase").pmids()
    assert done.log["not_delivered"] == [102]


def test_of_many_undelivered_records_the_first_are_shown(linked: Eutils, tmp_path: Path) -> None:
    """Thousands of lines hide what the command found."""
    linked.corpus.link("pubmed_pubmed_refs", 37268432, [*range(70_000_001, 70_000_051)])
    workspace = Workspace.find(review_in(tmp_path))
    entrez = client(linked)
    done = chase_from(workspace, seeds_of(workspace, ["37268432"], entrez), entrez, citing=False)
    assert len(done.log["not_delivered"]) == 50
    with pytest.raises(IncompleteSearch) as raised:
        done.check()
    lines = str(raised.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == f"  ... and 30 more: queries/chase/{done.log['run']}.json lists them."
    assert (workspace.queries / "chase" / f"{done.log['run']}.json").exists()


def test_outside_of_a_review_nothing_is_stored(linked: Eutils, tmp_path: Path) -> None:
    """PMIDs cannot be chased without a review, or files appear in the current folder."""
    entrez = client(linked)
    done = chase_from(None, seeds_of(None, ["37268432"], entrez), entrez)
    assert done.found.counts()["new"] == 5
    assert done.folder == ""
    assert list(tmp_path.iterdir()) == []


def test_words_that_are_neither(linked: Eutils, tmp_path: Path) -> None:
    """A mixture of names and PMIDs, or a name that is none, starts something all the same."""
    workspace = Workspace.find(review_in(tmp_path))
    entrez = client(linked)
    with pytest.raises(SettingsError, match="Give the name of one strategy, or PMIDs"):
        seeds_of(workspace, [MIS, "37268432"], entrez)
    with pytest.raises(UnknownName, match="Did you mean"):
        seeds_of(workspace, ["as-spine-fracture-mi"], entrez)
    with pytest.raises(SettingsError, match="no review here"):
        seeds_of(None, ["name"], entrez)
    with pytest.raises(SettingsError, match="has no stored records yet"):
        seeds_of(workspace, [MIS], entrez, every=True)
    with pytest.raises(SettingsError, match="--all goes with the name"):
        seeds_of(workspace, ["5"], entrez, every=True)
    (workspace.queries / "bare.toml").write_text("schema = 1\ntitle = 'x'\n[lines]\n1 = 'a[ti]'\n")
    with pytest.raises(SettingsError, match="names no known publications"):
        seeds_of(workspace, ["bare"], entrez)
