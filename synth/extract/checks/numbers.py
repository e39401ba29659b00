"""What the numbers of one figure can be: in order, in range, of a spread that fits, and of whole values where they are.

Something that no patients can give is an error; what a source may well print although it is odd is a warning. A row
that is excluded has been judged already.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

from synth.errors import Problem
from synth.workspace import Outcome, Review, visible

from ..contract.figures import Figure, problem_of
from ..forms.granularity import (
    counts_of,
    mean_possible,
    nearest_counts,
    nearest_means,
    percent_of,
    printed,
    sd_possible,
)

_ORDER = ("min", "q1", "median", "q3", "max")
_LOOK = "Look at the source again."
_FEWEST = 4  # studies, before one deviation is held against the others


def check_numbers(figures: Sequence[Figure], review: Review) -> list[Problem]:
    """Check each figure by itself, and the deviations of an outcome against each other.

    Parameters
    ----------
    figures : sequence of Figure
        Of any outcome.
    review : Review
        Says what kind each outcome is, and what one patient's value can be.

    Returns
    -------
    list of Problem
        Errors and warnings.
    """
    outcomes = {outcome.id: outcome for outcome in review.outcomes}
    problems: list[Problem] = []
    for figure in figures:
        outcome = outcomes.get(figure.outcome)
        if figure.exclude or outcome is None:
            continue
        if outcome.kind == "continuous":
            problems += _order(figure)
            problems += _range(figure, outcome)
            problems += _spread(figure, outcome)
            problems += _whole(figure, outcome)
        else:
            problems += _percent(figure)
            problems += _rate(figure, outcome)
    problems += _errors_for_deviations([f for f in figures if not f.exclude and f.sd and f.total])
    return problems


@lru_cache(maxsize=65536)
def _half(value: float) -> float:
    return float(printed(value)[1])


def _order(figure: Figure) -> Iterator[Problem]:
    there = [(name, value) for name in _ORDER if (value := figure.number(name)) is not None]
    for (low_name, low), (name, value) in itertools.pairwise(there):
        if value < low:
            yield problem_of(
                figure, name, f"{name} lies below {low_name} ({value:g} < {low:g}).", "Correct one of them.",
                value=f"{value:g}",
            )  # fmt: skip
    low_end, high_end = figure.min, figure.max
    if figure.mean is not None and (
        (low_end is not None and figure.mean < low_end) or (high_end is not None and figure.mean > high_end)
    ):
        yield problem_of(
            figure, "mean", f"lies outside of the range {_range_text(figure)}.", "Correct one of them.",
            value=f"{figure.mean:g}",
        )  # fmt: skip


def _range_text(figure: Figure) -> str:
    low, high = ("?" if value is None else f"{value:g}" for value in (figure.min, figure.max))
    return f"{low} to {high}"


def _range(figure: Figure, outcome: Outcome) -> Iterator[Problem]:
    """What one patient's value cannot be, neither a mean nor a quantile can."""
    for name in ("mean", *_ORDER):
        value = figure.number(name)
        if value is None:
            continue
        for limit, beyond, word in (
            (outcome.lowest, outcome.lowest is not None and value < outcome.lowest, "below"),
            (outcome.highest, outcome.highest is not None and value > outcome.highest, "above"),
        ):
            if beyond and limit is not None:
                yield problem_of(
                    figure, name, f"lies {word} {limit:g}, and no value of {outcome.id} does.",
                    "Correct it, or the limits in review.toml.", value=f"{value:g}",
                )  # fmt: skip


def _spread(figure: Figure, outcome: Outcome) -> Iterator[Problem]:
    """Hold a standard deviation against the range, against the limits of a value, and against mean and median."""
    sd, n, mean = figure.sd, figure.total, figure.mean
    if sd is None or n is None or n < 2:
        return

    def odd(message: str) -> Problem:
        return problem_of(
            figure, "sd", message, "Is it a standard error or half of an interval? Look at the source again.",
            value=f"{sd:g}", severity="warning",
        )  # fmt: skip

    least = max(0.0, sd - _half(sd))
    if sd == 0:
        yield odd("is 0, as if every patient had the same value.")
        return
    if figure.min is not None and figure.max is not None and figure.max > figure.min:
        span = figure.max - figure.min
        slack = _half(figure.max) + _half(figure.min)
        most = 0.5 * (span + slack) * math.sqrt(n / (n - 1))
        fewest = (span - slack) / math.sqrt(2 * (n - 1))
        if least > most:
            yield odd(f"is larger than values from {_range_text(figure)} can have (at most {most:.4g}).")
        elif sd + _half(sd) < fewest:
            yield odd(f"is smaller than {n} values from {_range_text(figure)} can have (at least {fewest:.4g}).")
    if mean is not None and outcome.lowest is not None and mean >= outcome.lowest:
        above = mean + _half(mean) - outcome.lowest
        if outcome.highest is not None and mean <= outcome.highest:
            below = outcome.highest - mean + _half(mean)
            most = math.sqrt(above * below * n / (n - 1))
        else:
            most = above * math.sqrt(n)
        if least > most:
            yield odd(f"is larger than {n} values with a mean of {mean:g} can have (at most {most:.4g}).")
    if mean is not None and figure.median is not None:
        most = (sd + _half(sd)) * math.sqrt((n - 1) / n) + _half(mean) + _half(figure.median)
        if abs(mean - figure.median) > most:
            yield odd(f"is smaller than the distance of mean {mean:g} and median {figure.median:g}, which cannot be.")


def _whole(figure: Figure, outcome: Outcome) -> Iterator[Problem]:
    """Test means and deviations of values that are multiples of a step: GRIM and GRIMMER."""
    n, step = figure.total, outcome.step
    if step is None or not n:
        return
    mean = figure.mean
    if mean is not None and not mean_possible(mean, n, step):
        low, high = nearest_means(mean, n, step)
        yield problem_of(
            figure, "mean", f"is no mean of {n} values that are multiples of {step:g}; {low} and {high} are.",
            f"{_LOOK} Perhaps not all {n} patients were measured.", value=f"{mean:g}", severity="warning",
        )  # fmt: skip
    elif mean is not None and figure.sd is not None and not sd_possible(mean, figure.sd, n, step):
        yield problem_of(
            figure, "sd", f"is no standard deviation of {n} values that are multiples of {step:g} with mean {mean:g}.",
            f"{_LOOK} Perhaps not all {n} patients were measured.", value=f"{figure.sd:g}", severity="warning",
        )  # fmt: skip
    for name, part in (("min", 1), ("max", 1), ("median", 2)):
        value = figure.number(name)
        if value is not None and value != 0 and (printed(value)[0] * part / printed(step)[0]).denominator != 1:
            yield problem_of(
                figure, name, f"is no {name} of values that are multiples of {step:g}.", _LOOK, value=f"{value:g}",
                severity="warning",
            )  # fmt: skip


def _percent(figure: Figure) -> Iterator[Problem]:
    """A percentage without a count: does any number of patients give it?"""
    text, total = figure.percent_reported, figure.total
    if figure.events is not None or not total or not text.endswith("%") or figure.unit != "patients":
        return
    if percent_of(text) is None or len(counts_of(text, total)):
        return
    nearest = " and ".join(f"{count} ({share})" for count, share in nearest_counts(text, total))
    yield problem_of(
        figure, "percent_reported", f"is no percentage that a whole number of {total} patients gives.",
        f"The nearest are {nearest}: correct the percentage or the total.", value=visible(text), severity="warning",
    )  # fmt: skip


def _rate(figure: Figure, outcome: Outcome) -> Iterator[Problem]:
    if outcome.kind == "rate" and figure.time == 0 and figure.events:
        yield problem_of(
            figure, "time", f"is 0, and there are {figure.events} events.", "Type the person-time at risk.", value="0"
        )


def _errors_for_deviations(figures: Sequence[Figure]) -> Iterator[Problem]:
    """Warn of a deviation far smaller than those of other studies, which as a standard error would be one of them."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.outcome, []).append(figure)
    for group in groups.values():
        if len(group) < _FEWEST:
            continue
        ranked = sorted(figure.sd or 0.0 for figure in group)
        middle = ranked[len(ranked) // 2]
        for figure in group:
            sd, n = figure.sd or 0.0, figure.total or 0
            blown = sd * math.sqrt(n)
            if n > 9 and sd * 4 < middle and 0.5 * middle < blown < 2 * middle:
                yield problem_of(
                    figure, "sd",
                    f"is far smaller than in the other studies (about {middle:.3g}), and times the root of {n} it is "
                    f"{blown:.3g}: it may be a standard error.",
                    _LOOK, value=f"{sd:g}", severity="warning",
                )  # fmt: skip
