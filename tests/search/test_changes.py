from __future__ import annotations

import json
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from synth.search.records.record import Correction, PublicationType, Record, as_line
from synth.search.run.changes import Changes, compare

Lines = Iterable[tuple[int, str]]


def lines(*records: Record) -> list[tuple[int, str]]:
    """Give PMID and line of each record, ascending."""
    return [(each.pmid, as_line(each)) for each in sorted(records, key=lambda each: each.pmid)]


def differ(old: Lines, new: Lines, gone: Lines = ()) -> Changes:
    """Give what changed."""
    changes = Changes()
    for each in compare(old, new, gone):
        changes.count(each)
    return changes


def test_new_gone_changed() -> None:
    """A record that is new, gone or changed is not told, or one that stayed is."""
    old = lines(Record(1, title="a"), Record(2, title="b"), Record(3, title="c"))
    new = lines(Record(2, title="b"), Record(3, title="C", revised="2026-01-01"), Record(4))
    changes = differ(old, new)
    assert (changes.new, changes.gone, changes.changed) == ([4], [1], [3])
    assert (changes.retracted, changes.returned) == ([], [])
    assert changes.to_json()["changed_fields"] == {"revised": 1, "title": 1}


def test_retracted_since() -> None:
    """A study that was retracted after the last run goes unnoticed, or an erratum or concern counts as one."""
    flags = {
        1: {"publication_types": (PublicationType("Retracted Publication", "D016441"),)},
        2: {"corrections": (Correction("RetractionIn", "J. 2026", 9),)},
        3: {"corrections": (Correction("ErratumIn", "J. 2026", 9),)},
        4: {"corrections": (Correction("ExpressionOfConcernIn", "J. 2026", 9),)},
        5: {"corrections": (Correction("RetractionOf", "J. 2026", 9),)},
    }
    old = lines(*(Record(n, title="x") for n in flags))
    new = lines(*(Record(n, title="x", **parts) for n, parts in flags.items()))  # type: ignore[arg-type]
    assert differ(old, new).retracted == [1, 2]
    assert differ(old, new).changed == [1, 2, 3, 4, 5]
    assert differ(new, new).retracted == []
    assert differ([], new).retracted == []
    assert differ(new, old).retracted == []


def test_a_record_of_another_version_of_synth() -> None:
    """A stored record with a field that this version does not know stops the update, or hides a retraction."""
    before = json.dumps({"pmid": 1, "no_such_field": 1}) + "\n"
    after = as_line(Record(1, corrections=(Correction("RetractionIn", "J", 2),)))
    assert differ([(1, before)], [(1, after)]).retracted == [1]
    assert differ([(1, json.dumps({"pmid": 1, "corrections": 5}) + "\n")], [(1, after)]).retracted == [1]


def test_returned() -> None:
    """A record that was gone and is found again is not told apart from one never seen."""
    changes = differ(lines(Record(1)), lines(Record(1), Record(2), Record(3)), lines(Record(2)))
    assert (changes.new, changes.returned) == ([2, 3], [2])


def test_what_was_not_delivered_is_not_gone() -> None:
    """A record that the search still finds, but PubMed did not deliver, counts as gone."""
    changes = Changes()
    for each in compare(lines(Record(1), Record(2)), lines(Record(2))):
        changes.count(each, kept=each.pmid == 1)
    assert changes.gone == []


@given(*(st.dictionaries(st.integers(1, 40), st.sampled_from("abc"), max_size=30) for _ in range(3)))
def test_as_sets(old: dict[int, str], new: dict[int, str], gone: dict[int, str]) -> None:
    """The merge of sorted files is not the difference of sets for some files."""

    def sorted_lines(found: dict[int, str]) -> list[tuple[int, str]]:
        return [(pmid, json.dumps({"pmid": pmid, "title": found[pmid]}) + "\n") for pmid in sorted(found)]

    changes = differ(sorted_lines(old), sorted_lines(new), sorted_lines(gone))
    assert changes.new == sorted(new.keys() - old.keys())
    assert changes.gone == sorted(old.keys() - new.keys())
    assert changes.changed == sorted(pmid for pmid in old.keys() & new.keys() if old[pmid] != new[pmid])
    assert changes.returned == sorted((new.keys() - old.keys()) & gone.keys())
    seen = [each.pmid for each in compare(sorted_lines(old), sorted_lines(new), sorted_lines(gone))]
    assert seen == sorted(old.keys() | new.keys() | gone.keys())


def test_streams_are_read_once_and_in_step() -> None:
    """The difference of two large files takes the memory of one of them."""
    ahead: dict[str, int] = {"old": 0, "new": 0}

    def stream(name: str) -> Iterable[tuple[int, str]]:
        for pmid in range(1, 2000):
            ahead[name] += 1
            yield pmid, "{}"

    for each in compare(stream("old"), stream("new")):
        assert ahead["old"] <= each.pmid + 1
        assert ahead["new"] <= each.pmid + 1
