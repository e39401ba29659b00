from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import Busy, IncompleteSearch, ProblemsError, ServiceError, SettingsError
from synth.search.client.entrez import Event
from synth.search.run.collect import Progress, count_lines
from synth.search.run.lock import held
from synth.search.run.store import Store
from synth.search.strategy.query import Line, Query
from tests.eutils import Scripted, made_article

from .collecting import QUERY, TERM, check, client, run, snapshot
from .conftest import Eutils


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few records make many batches, and let the clock of the logs stand still."""
    monkeypatch.setattr("synth.search.run.collect.PER_FETCH", 5)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1793000000")
    # Nothing here pulls the plug of the machine, and this is most of the time.
    monkeypatch.setattr("os.fsync", lambda handle: None)


def test_a_first_run(eutils: Eutils, tmp_path: Path) -> None:
    """A run leaves out a record, a count or a digest, or what it stored does not agree with itself."""
    done = run(eutils, tmp_path / "demo")
    check(tmp_path / "demo", done)
    log = done.log
    assert done.complete
    assert done.total == done.records == client(eutils).search(TERM).count > 20
    assert [(line["id"], line["count"]) for line in log["strategy"]["lines"]] == [
        (line.id, client(eutils).search(line.expanded).count) for line in QUERY.lines
    ]
    assert log["schema"] == "synth.search-run/1"
    assert log["strategy"]["text"] == QUERY.text
    assert log["strategy"]["sha256"] == QUERY.sha256
    assert log["query"] == TERM
    assert log["translation"]
    assert log["changes"] is None
    assert log["count_at_end"] == log["total"]
    assert (log["started"], log["finished"], log["resumed"]) == (*["2026-10-26T07:33:20+00:00"] * 2, [])
    assert done.name == "2026-10-26T073320Z"
    assert log["requests"]["sent"] == 2 + 1 + 1 + len(log["batches"]) + 1


def test_every_record_is_asked_for_once(eutils: Eutils, tmp_path: Path) -> None:
    """A run asks for a record twice, or for all of them by one request each."""
    done = run(eutils, tmp_path / "demo")
    asked = [pmid for entry in eutils.log if entry.endpoint == "efetch" for pmid in entry.ids]
    assert sorted(map(int, asked)) == list(done.log["ids"])
    assert [len(entry.ids) for entry in eutils.log if entry.endpoint == "efetch"][:-1] == [5] * (done.total // 5)


def test_the_same_search_gives_the_same_bytes(eutils: Eutils, tmp_path: Path) -> None:
    """Something in what is stored depends on the clock or on chance."""
    run(eutils, tmp_path / "a")
    eutils.faults.add(when={"every": 3}, status=503)
    run(eutils, tmp_path / "b")
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_no_hits(eutils: Eutils, tmp_path: Path) -> None:
    """A search that finds nothing ends in an error, or as one that was never run."""
    done = run(eutils, tmp_path / "demo", Query("demo", "90000001[UID] AND 90000002[UID]"), allow_warnings=True)
    assert (done.total, done.records, done.complete) == (0, 0, True)
    assert Store(tmp_path / "demo").records_file.read_bytes() == b""


def test_a_server_error_is_never_no_hits(eutils: Eutils, tmp_path: Path) -> None:
    """A service that is down makes a search without hits."""
    eutils.faults.add(when={"endpoint": "esearch"}, body="esearch_db_not_supported_200")
    with pytest.raises(ServiceError, match="Database is not supported"):
        run(eutils, tmp_path / "demo")
    assert Store(tmp_path / "demo").runs() == ()
    assert not Store(tmp_path / "demo").records_file.exists()


def test_what_pubmed_left_out_is_an_error(eutils: Eutils, tmp_path: Path) -> None:
    """A field tag or phrase that PubMed ignored passes, and the search is of another question."""
    lines = (Line("1", "a", "spine[nosuch]", "spine[nosuch]"), Line("2", "b", "zzzqqq", "zzzqqq"))
    query = Query("demo", "spine[nosuch] OR zzzqqq", lines, "", "queries/demo.toml")
    with pytest.raises(ProblemsError) as raised:
        run(eutils, tmp_path / "demo", query)
    places = {(problem.file, problem.column) for problem in raised.value.problems}
    assert places == {("queries/demo.toml", "#1"), ("queries/demo.toml", "#2")}
    assert "[nosuch]" in str(raised.value)
    assert "--allow-warnings" in str(raised.value)
    assert not Store(tmp_path / "demo").current.exists()
    done = run(eutils, tmp_path / "demo", query, allow_warnings=True)
    assert done.complete
    assert any("nosuch" in text for text in done.warnings)
    assert done.log["strategy"]["lines"][0]["not_found"]["fields"] == ["nosuch"]


def test_what_was_left_out_is_said_of_the_line_that_it_comes_from(eutils: Eutils, tmp_path: Path) -> None:
    """One wrong word is told again for each line that refers to its line, or a second line that has it is not told."""
    lines = (
        Line("words", "", "zzzqqq", "zzzqqq"),
        Line("again", "", "zzzqqq OR spine", "zzzqqq OR spine"),
        Line("both", "", "#words OR spine", "(zzzqqq) OR spine"),
    )
    with pytest.raises(ProblemsError) as raised:
        run(eutils, tmp_path / "demo", Query("demo", "(zzzqqq) OR spine", lines, "", "queries/demo.toml"))
    told = [str(problem) for problem in raised.value.problems]
    assert len(told) == 2
    assert told[0].startswith('queries/demo.toml, #words, at "zzzqqq": PubMed found')
    assert told[1].startswith("queries/demo.toml, #again, at ")


def test_records_that_somebody_changed_are_not_taken_for_a_change_of_pubmed(eutils: Eutils, tmp_path: Path) -> None:
    """A line that was lost from records.jsonl counts as a new record of PubMed, and nobody is told otherwise."""
    run(eutils, tmp_path / "demo")
    assert not any("somebody" in text for text in run(eutils, tmp_path / "demo").warnings)
    file = Store(tmp_path / "demo").records_file
    whole = file.read_bytes()
    file.write_bytes(whole[whole.index(b"\n") + 1 :])
    done = run(eutils, tmp_path / "demo")
    assert done.changes is not None
    assert len(done.changes["new"]) == 1
    assert [text for text in done.warnings if "records.jsonl is not as run" in text]
    assert file.read_bytes() == whole
    assert not any("somebody" in text for text in run(eutils, tmp_path / "demo").warnings)


def test_an_ignored_word_and_an_unknown_quoted_phrase_are_errors(eutils: Eutils, tmp_path: Path) -> None:
    """Only two of the four ways in which PubMed searches something else are told."""
    eutils.corpus.script("spine", Scripted((), ignored=("the",), quoted=('"a b"',)))
    with pytest.raises(ProblemsError) as raised:
        run(eutils, tmp_path / "demo", Query("demo", "spine", (), "", "x.toml"))
    assert len(raised.value.problems) == 2


def test_counting_asks_for_equal_lines_once(eutils: Eutils) -> None:
    """A line that is the whole search, or is said twice, costs a request each time."""
    lines = tuple(Line(str(n), "", "spine", "spine") for n in range(5))
    counts = count_lines(Query("demo", "spine", lines), client(eutils))
    assert len(eutils.log) == 1
    assert {line.count for line in counts.lines} == {counts.whole.count}
    assert counts.warnings == ()


def test_an_update_tells_what_changed(eutils: Eutils, tmp_path: Path) -> None:
    """The second run does not say what is new, gone, changed or retracted, or loses what is gone."""
    folder = tmp_path / "demo"
    first = run(eutils, folder)
    stored = {record.pmid: record for record in Store(folder).records()}
    gone, changed, retracted = first.log["ids"][0], first.log["ids"][3], first.log["ids"][7]
    eutils.corpus.delete(gone)
    eutils.corpus.add(changed, title="Another spine title")
    eutils.corpus.add(retracted, title="Spine, retracted", types=("Retracted Publication",))
    eutils.corpus.add(91000001, title="A new spine")
    second = run(eutils, folder)
    check(folder, second)
    assert second.name == f"{first.name}-2"
    assert second.log["previous_run"] == first.name
    changes = second.changes
    assert changes is not None
    assert (changes["new"], changes["gone"]) == ([91000001], [gone])
    assert changes["changed"] == sorted([changed, retracted])
    assert changes["changed_fields"]["title"] == 2
    assert [(record, since) for record, since in Store(folder).gone()] == [(stored[gone], second.name)]
    assert Store(folder).runs() == (first.name, second.name)
    assert Store(folder).raw_folder(first.name).is_dir()
    eutils.corpus.deleted.clear()
    eutils.corpus.changed()
    third = run(eutils, folder)
    assert third.changes is not None
    assert third.changes["new"] == third.changes["returned"] == [gone]
    assert list(Store(folder).gone()) == []
    fourth = run(eutils, folder)
    assert fourth.changes is not None
    assert not any(fourth.changes.values())


def test_everything_gone_is_kept_and_said(eutils: Eutils, tmp_path: Path) -> None:
    """A strategy that suddenly finds nothing throws away what was stored, or says nothing of it."""
    folder = tmp_path / "demo"
    first = run(eutils, folder)
    eutils.corpus.delete(*first.log["ids"])
    second = run(eutils, folder, allow_warnings=True)
    assert second.records == 0
    assert len(list(Store(folder).gone())) == first.records
    assert any("finds nothing at all" in text for text in second.warnings)


def test_undelivered_records_are_loud(eutils: Eutils, tmp_path: Path) -> None:
    """A record that PubMed finds and does not deliver vanishes, or is asked for over and over."""
    folder = tmp_path / "demo"
    expected = client(eutils).search(TERM, retmax=1000).ids
    hidden = sorted(expected)[4:6]
    eutils.corpus.hide(*hidden)
    with pytest.raises(IncompleteSearch) as raised:
        run(eutils, folder)
    error = raised.value
    assert error.exit_code == 4
    assert len(error.reasons) == 2
    assert all(f"PMID {pmid}: found by the search, but" in str(error) for pmid in hidden)
    store = Store(folder)
    log = store.last()
    assert log is not None
    assert log == error.run.log  # type: ignore[attr-defined]
    assert not log["complete"]
    assert log["missing_ids"] == hidden
    assert len(store.pmids()) == len(expected) - 2
    check(folder, error.run)  # type: ignore[arg-type]
    asked = [int(pmid) for entry in eutils.log if entry.endpoint == "efetch" for pmid in entry.ids]
    assert all(asked.count(pmid) == (2 if pmid in hidden else 1) for pmid in expected)
    eutils.corpus.unavailable.clear()
    done = run(eutils, folder)
    assert done.complete
    assert done.changes is not None
    assert done.changes["new"] == hidden


def test_a_stored_record_outlives_an_undelivered_one(eutils: Eutils, tmp_path: Path) -> None:
    """An update in which PubMed does not deliver a record drops the one that is stored, or calls it gone."""
    folder = tmp_path / "demo"
    first = run(eutils, folder)
    before = Store(folder).records_file.read_bytes()
    eutils.corpus.hide(first.log["ids"][2])
    with pytest.raises(IncompleteSearch):
        run(eutils, folder)
    assert Store(folder).records_file.read_bytes() == before
    log = Store(folder).last()
    assert log is not None
    assert log["changes"]["gone"] == log["changes"]["changed"] == []


@pytest.mark.parametrize("how", ["delete", "merge"])
def test_deleted_and_merged_during_a_run(eutils: Eutils, tmp_path: Path, how: str) -> None:
    """A PMID that is deleted or merged between listing and fetching makes a shorter set that looks whole."""
    expected = sorted(client(eutils).search(TERM, retmax=1000).ids)
    do = {"delete": [expected[1]]} if how == "delete" else {"merge": {expected[1]: expected[-1]}}
    eutils.faults.add(when={"endpoint": "efetch", "nth": 1}, **do)
    with pytest.raises(IncompleteSearch) as raised:
        run(eutils, tmp_path / "demo")
    assert "deleted it or merged it" in str(raised.value)
    assert (f"it sent PMID {expected[-1]} instead" in str(raised.value)) == (how == "merge")
    log = Store(tmp_path / "demo").last()
    assert log is not None
    assert log["missing_ids"] == [expected[1]]
    assert any("it changed meanwhile" in text for text in log["warnings"])
    assert run(eutils, tmp_path / "demo").complete


def test_many_undelivered_are_named_by_the_log(eutils: Eutils, tmp_path: Path) -> None:
    """A message about thousands of missing records fills the screen."""
    expected = sorted(client(eutils).search(TERM, retmax=1000).ids)
    eutils.corpus.hide(*expected[2:])
    with pytest.raises(IncompleteSearch) as raised:
        run(eutils, tmp_path / "demo")
    assert len(str(raised.value).splitlines()) == 22
    assert "more: runs/" in str(raised.value)
    assert len(Store(tmp_path / "demo").log("2026-10-26T073320Z")["missing"]) == len(expected) - 2


def test_one_batch_without_records_is_asked_again(eutils: Eutils, tmp_path: Path) -> None:
    """An empty set for many records is believed, and each of them is asked for apart."""
    eutils.faults.add(when={"endpoint": "efetch", "nth": 2}, body="efetch_empty_set")
    done = run(eutils, tmp_path / "demo")
    assert done.complete
    assert sum(entry.endpoint == "efetch" for entry in eutils.log) == len(done.log["batches"]) + 1


@pytest.mark.parametrize(
    "do",
    [
        {"duplicate": 2},
        {"reorder": True},
        {"foreign": made_article(91000009, title="Not asked for")},
        {"dtd": "270101"},
        {"bom": True},
    ],
    ids=lambda do: next(iter(do)),
)
def test_a_twisted_batch_changes_no_record(eutils: Eutils, tmp_path: Path, do: dict[str, object]) -> None:
    """Doubled, foreign or shuffled records of an answer change what is stored."""
    run(eutils, tmp_path / "a")
    eutils.faults.add(when={"endpoint": "efetch", "nth": 1}, **do)
    done = run(eutils, tmp_path / "b")
    assert done.complete
    for name in ("records.jsonl", "pmids.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    if "foreign" in do:
        assert done.log["batches"][0]["unexpected"]


def test_a_batch_that_lacks_a_record_once(eutils: Eutils, tmp_path: Path) -> None:
    """A record that is left out of one answer is lost, though asking again brings it."""
    run(eutils, tmp_path / "a")
    eutils.faults.add(when={"endpoint": "efetch", "nth": 2}, missing=2)
    done = run(eutils, tmp_path / "b")
    assert done.complete
    assert (tmp_path / "a" / "records.jsonl").read_bytes() == (tmp_path / "b" / "records.jsonl").read_bytes()
    assert [each["asked"] for each in done.log["batches"]][-2:] == [1, 1]


def test_a_limit_leaves_the_store_alone(eutils: Eutils, tmp_path: Path) -> None:
    """A look at a few records replaces the stored search, or passes for a complete one."""
    folder = tmp_path / "demo"
    first = run(eutils, folder)
    before = {name: data for name, data in snapshot(folder).items() if not name.startswith("raw")}
    look = run(eutils, folder, limit=7)
    assert not look.complete
    assert not look.log["installed"]
    assert look.log["asked"] == 7
    sample = [json.loads(line) for line in Store(folder).sample_file.read_text("utf-8").splitlines()]
    assert [record["pmid"] for record in sample] == first.log["ids"][-7:]
    after = snapshot(folder)
    assert all(after[name] == data for name, data in before.items())
    assert (Store(folder).last() or {})["run"] == first.name
    with pytest.raises(SettingsError):
        run(eutils, folder, limit=0)


def test_a_second_run_at_once(eutils: Eutils, tmp_path: Path) -> None:
    """Two runs on one search write over each other."""
    with held(tmp_path / "demo"), pytest.raises(Busy):
        run(eutils, tmp_path / "demo")
    assert len(eutils.log) == 0


def test_a_change_at_the_end_is_said(eutils: Eutils, tmp_path: Path) -> None:
    """PubMed changes while the records are fetched, and nobody hears of it."""
    eutils.faults.add(when={"endpoint": "efetch", "nth": 1}, drift={"add": [91000007]})
    eutils.corpus.add(91000007, title="A late spine")
    eutils.corpus.delete(91000007)
    done = run(eutils, tmp_path / "demo")
    assert done.log["count_at_end"] == done.total + 1
    assert any("it changed meanwhile" in text for text in done.warnings)


def test_a_damaged_store_stops_the_run_and_loses_nothing(eutils: Eutils, tmp_path: Path) -> None:
    """A file of records that was damaged by hand is overwritten, or makes an hour of fetching worthless."""
    folder = tmp_path / "demo"
    run(eutils, folder)
    good = Store(folder).records_file.read_bytes()
    Store(folder).records_file.write_bytes(good[:-1])
    fetches = sum(entry.endpoint == "efetch" for entry in eutils.log)
    with pytest.raises(ProblemsError, match=r"records\.jsonl"):
        run(eutils, folder)
    Store(folder).records_file.write_bytes(good)
    done = run(eutils, folder)
    assert done.complete
    assert sum(entry.endpoint == "efetch" for entry in eutils.log) == 2 * fetches


def test_another_version_of_synth_is_said(
    eutils: Eutils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that are only read otherwise count as changed at PubMed, without a word."""
    first = run(eutils, tmp_path / "demo")
    eutils.corpus.add(first.log["ids"][0], title="Another spine")
    monkeypatch.setattr("synth.search.run.collect.__version__", "99.0")
    assert any("read by synth" in text for text in run(eutils, tmp_path / "demo").warnings)


def test_progress_tells_stages_rate_and_time_left(eutils: Eutils, tmp_path: Path) -> None:
    """The progress leaves out a stage, goes backwards, or promises nonsense."""
    seen: list[Progress] = []
    done = run(eutils, tmp_path / "demo", progress=seen.append)
    assert list(dict.fromkeys(each.stage for each in seen)) == ["counts", "pmids", "records", "finish"]
    records = [each for each in seen if each.stage == "records"]
    assert [each.done for each in records] == [*range(5, done.total, 5), done.total]
    assert all(each.rate is None or 0 < each.rate < 20 for each in records)
    assert records[-1].left == 0
    assert (records[2].left or 0) > 0


def test_failed_tries_are_counted_and_told(eutils: Eutils, tmp_path: Path) -> None:
    """A run that went roughly looks in its log like one that went smoothly."""
    events: list[Event] = []
    eutils.faults.add(when={"every": 2, "times": 3}, status=502)
    done = run(eutils, tmp_path / "demo", client={"on_event": events.append})
    assert done.log["requests"]["repeated"] == len(events) == 3


def test_the_name_of_the_strategy_file_is_no_matter(eutils: Eutils, tmp_path: Path) -> None:
    """A comment in the strategy makes the search another one, which cannot be continued."""
    assert replace(QUERY, text="# other").digest == QUERY.digest
    assert replace(QUERY, term="other").digest != QUERY.digest
