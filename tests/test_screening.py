"""The section [screening] of review.toml: what it holds, and every way of writing it wrongly."""

from __future__ import annotations

import pytest

from synth.errors import ProblemsError
from synth.review import parse_review
from synth.workspace import Review

HEAD = """
schema = 1
title = "Hips"
primary_arm = "new"
question.text = "How many fall?"
arms.new.label = "New"
outcomes.fall.label = "Fall"
"""
WHOLE = """
[screening]
duplicates = 31
automation = 0
other_removals = 2
screened = 210
excluded = 180
sought = 30
not_retrieved = 2
assessed = 28
included_studies = 17
included_reports = 19
[screening.databases]
Embase = 240
"<b>CENTRAL</b>" = 7
[screening.registers]
"ClinicalTrials.gov" = 12
[screening.reasons]
"Wrong population" = 9
[screening.other]
sought = 4
not_retrieved = 0
assessed = 4
[screening.other.sources]
"Lists of references" = 14
[screening.other.reasons]
"""


def read(text: str) -> Review:
    """Read a review with this section."""
    return parse_review((HEAD + text).encode())


def test_everything_is_read() -> None:
    """A count that somebody wrote does not reach the flow diagram."""
    found = read(WHOLE).screening
    assert found is not None
    assert (found.duplicates, found.automation, found.other_removals) == (31, 0, 2)
    assert (found.screened, found.excluded, found.sought, found.not_retrieved) == (210, 180, 30, 2)
    assert (found.assessed, found.included_studies, found.included_reports) == (28, 17, 19)
    assert found.databases == (("Embase", 240), ("<b>CENTRAL</b>", 7))
    assert found.registers == (("ClinicalTrials.gov", 12),)
    assert found.reasons == (("Wrong population", 9),)
    assert found.other is not None
    assert found.other.sources == (("Lists of references", 14),)
    assert (found.other.sought, found.other.not_retrieved, found.other.assessed) == (4, 0, 4)


def test_nothing_is_not_zero() -> None:
    """A count that nobody gave is taken for zero, or an empty list of reasons for one that is missing."""
    assert read("").screening is None
    found = read("[screening]\nscreened = 0\n[screening.other.reasons]\n").screening
    assert found is not None
    assert (found.screened, found.excluded, found.reasons) == (0, None, None)
    assert found.other is not None
    assert (found.other.reasons, found.other.sought) == ((), None)


def test_all_problems_at_once() -> None:
    """Only the first slip is said, or it is not said where it stands and what to type."""
    with pytest.raises(ProblemsError) as caught:
        read(
            "[screening]\nscreend = 3\nscreened = -1\nexcluded = 2.0\nsought = true\nassessed = 'four'\n"
            "not_retrieved = 99999999999\n[screening.databases]\nEmbase = 'many'\n' ' = 3\n"
            "[screening.other]\nreason = 3\n"
        )
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 9
    assert 'Did you mean "screened"?' in said[0]
    for key in ("screened is -1", "excluded is 2.0", "sought is True", "assessed is four", '"Embase" is many'):
        assert any(key in text for text in said), key
    assert any("count without a name" in text for text in said)
    assert any("[screening.other]" in text and 'Did you mean "reasons"?' in text for text in said)
    assert sum("Write a whole number" in text for text in said) == 6


@pytest.mark.parametrize("text", ["screening = 3", "[screening]\nreasons = 4", "[screening]\nother = []"])
def test_what_is_no_section(text: str) -> None:
    """A number where a section belongs ends in a traceback."""
    with pytest.raises(ProblemsError, match="is not a section"):
        parse_review((text + HEAD if text.startswith("screening") else HEAD + text).encode())
