"""What reviewers judge of certainty, as ``review.toml`` says it."""

from __future__ import annotations

import pytest

from synth.errors import ProblemsError
from synth.review import parse_review
from synth.review_certainty import DOMAINS
from synth.review_parts import CertaintyJudged, Judgement

HEAD = """
schema = 1
title = "T"
primary_arm = "mis"
[question]
text = "How many?"
[arms.mis]
label = "MIS"
[arms.open]
label = "Open"
[outcomes.death]
label = "Death"
"""


def read(text: str) -> CertaintyJudged | None:
    """Read a review with this section."""
    return parse_review((HEAD + text).encode()).outcome("death").certainty


def test_judgements_are_read_in_the_order_of_the_domains() -> None:
    """A judgement that somebody wrote does not reach the page."""
    found = read(
        "[outcomes.death.certainty]\n"
        'imprecision = { judgement = "Very  serious", reason = "seven deaths" }\n'
        'risk_of_bias = { judgement = "serious", reason = "no series says who was lost" }\n'
        'compared_with = "open"\n'
    )
    assert found is not None
    assert found.compared_with == "open"
    assert found.judgements == (
        ("risk_of_bias", Judgement("serious", "no series says who was lost")),
        ("imprecision", Judgement("very serious", "seven deaths")),
    )


def test_without_the_section_there_is_no_judgement() -> None:
    """An outcome that nobody rated looks as if somebody had."""
    assert read("") is None


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_word_of_every_domain(domain: str) -> None:
    """A word of GRADE is refused in the domain that it belongs to."""
    for word in DOMAINS[domain]:
        found = read(f'certainty.{domain} = {{ judgement = "{word}", reason = "why" }}\n')
        assert found is not None
        assert found.judgements == ((domain, Judgement(word, "why")),)


def test_all_problems_at_once() -> None:
    """Somebody corrects one mistake, runs again, and is told the next."""
    with pytest.raises(ProblemsError) as raised:
        read(
            "[outcomes.death.certainty]\n"
            'risk_of_bais = { judgement = "serious", reason = "r" }\n'
            'inconsistency = "serious"\n'
            'indirectness = { judgement = "a bit", reason = "r" }\n'
            'imprecision = { judgement = "serious" }\n'
            'publication_bias = { judgement = "serious", reason = "r", by = "us" }\n'
            "start = { reason = 3 }\n"
            'compared_with = "mis"\n'
        )
    said = str(raised.value)
    for part in (
        'there is no key "risk_of_bais"', 'Did you mean "risk_of_bias"',
        "certainty.inconsistency is no judgement with its reason",
        'certainty.indirectness.judgement is "a bit"', '"not serious", "serious", "very serious"',
        "certainty.imprecision.reason is missing",
        'there is no key "by"', '"undetected", "strongly suspected"',
        "certainty.start.reason is 3", "certainty.start.judgement is missing",
        'compared_with names "mis"', "There are: open",
    ):  # fmt: skip
        assert part in said, part


def test_a_section_that_is_none() -> None:
    """A text in place of the section ends in a traceback."""
    with pytest.raises(ProblemsError, match=r"certainty is not a section"):
        read('certainty = "low"\n')


def test_hidden_characters_do_not_reach_the_terminal() -> None:
    """A word in the file moves the cursor of whoever reads the message."""
    with pytest.raises(ProblemsError) as raised:
        read('certainty.start = { judgement = "\\u001b[31mlow", reason = "r" }\n')
    assert "\x1b" not in str(raised.value)
