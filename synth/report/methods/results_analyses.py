"""The results of what was looked at beside the pool, for a manuscript: each number as the document holds it."""

from __future__ import annotations

from typing import Any

from ..words import plain, quantity, rounding
from ..words.phrases import T_FAMILY, joined
from ..words.reading import Document, get, items, level, text, whole
from .analyses_text import fillings, variable
from .draft import Said
from .results_text import MOST_NAMED, capital, counted, figure, names, opening

MOST_GROUPS = 12


def subgroups(document: Document) -> list[Said]:
    """Give each group's figure, and the test between them."""
    found = get(document, "analyses", "subgroups")
    groups = items(found, "groups")
    if len(groups) < 2:
        return []
    by = variable(text(found, "variable"))
    given = [one for one in groups if get(one, "estimate") is not None]
    said = []
    if given and len(given) <= MOST_GROUPS:
        each = "; ".join(
            f"{text(one, 'name') or '(empty)'}, "
            f"{figure(document, *(get(one, key) for key in ('estimate', 'ci_low', 'ci_high')))}, "
            f"from {counted(get(one, 'k') or 0)}"
            for one in given
        )
        said.append(Said(f"By {by}, the {quantity.of(document).name} was: {each}."))
    elif given:
        said.append(Said(f"By {by} there were {counted(len(groups), ('group', 'groups'))}; the table gives each."))
    p, q, df = (get(found, key) for key in ("p_value", "q_between", "df"))
    if p is not None:
        statistic = f"Q {_is(rounding.number(q))}" if q is not None else ""
        on = _degrees(df)
        inside = ", ".join(part for part in (f"{statistic}{on}", rounding.equals("p", rounding.p_value(p))) if part)
        said.append(Said(f"The test of differences between groups gave {inside}."))
    return [*said, *_permuted(get(found, "permutation_p"))]


def _is(said: str) -> str:
    return f"{said[0]} {said[1:]}" if said[:1] in "<>" else f"= {said}"


def _degrees(df: Any) -> str:
    number = whole(df)
    return "" if number is None else f" on {number} degree{'' if number == 1 else 's'} of freedom"


def _permuted(p: Any) -> list[Said]:
    return [] if p is None else [Said(f"By permutation the test gave {rounding.equals('p', rounding.p_value(p))}.")]


def regression(document: Document) -> list[Said]:
    """Give each moderator's coefficient, and the test of them together."""
    found = get(document, "analyses", "regression")
    rows = [row for row in items(found, "coefficients") if get(row, "estimate") is not None]
    said = []
    for row in rows:
        if text(row, "name") == "intercept":
            continue
        limits = _limits(get(row, "ci_low"), get(row, "ci_high"))
        inside = "" if limits == rounding.ABSENT else f"{level(document)} CI {limits}"
        p = get(row, "p_value")
        tested = "" if p is None else rounding.equals("p", rounding.p_value(p))
        around = "; ".join(part for part in (inside, tested) if part)
        scale = text(found, "scale")
        on = f" on the {scale} scale" if scale else ""
        said.append(
            Said(
                f"The regression coefficient of {variable(text(row, 'name'))}{on} was "
                f"{rounding.number(get(row, 'estimate'))}{f' ({around})' if around else ''}."
            )
        )
    moderators = [row for row in rows if text(row, "name") != "intercept"]
    p = get(found, "qm_p")
    if len(moderators) > 1 and p is not None:
        how = plain.clause(get(found, "qm_test"))
        which = f" ({how})" if how else ""
        said.append(
            Said(f"The test of all moderators together{which} gave {rounding.equals('p', rounding.p_value(p))}.")
        )
    if moderators and get(found, "r2") is not None:
        said.append(Said(f"The moderators accounted for {rounding.percent(get(found, 'r2'))} of τ² (R²)."))
    return [*said, *(_permuted(get(found, "qm_permutation_p")) if moderators else [])]


def _limits(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return rounding.ABSENT
    if high is None:
        return f"from {rounding.number(low)}"
    return f"up to {rounding.number(high)}" if low is None else f"{rounding.number(low)} to {rounding.number(high)}"


def sensitivity(document: Document) -> list[Said]:
    """Say how far the result moves without single studies and under other choices."""
    return [
        *_leave_one_out(document),
        *_sets(document),
        *_cumulative(document),
        *_influence(document),
        *_gosh(document),
        *_opinions(document),
        *_presets(document),
        *_multiverse(document),
    ]


def _leave_one_out(document: Document) -> list[Said]:
    rows = [row for row in items(document, "leave_one_out") if get(row, "estimate") is not None]
    if not rows:
        return []
    shown = quantity.of(document)
    least, most = (choose(rows, key=lambda row: row["estimate"]) for choose in (min, max))
    low, high = shown.text(least["estimate"]), shown.text(most["estimate"])
    if low == high:
        said = f"Without any one study the {shown.name} stayed at {shown.with_unit(low)}"
    else:
        said = (
            f"Without one study at a time the {shown.name} ranged from {low} (without {text(least, 'omitted')}) to "
            f"{shown.with_unit(high)} (without {text(most, 'omitted')})"
        )
    return [Said(f"{said}.")]


_SETS = {
    "stated_denominators": "studies whose denominator was worked out",
    "no_bounds": "studies whose figure is only an upper or lower bound",
    "printed_means": "studies whose mean was estimated from a median",
    "no_high_risk_of_bias": "studies at a high or critical risk of bias",
    "low_risk_of_bias": "studies judged to be at more than a low risk of bias",
}


def _sets(document: Document) -> list[Said]:
    said = []
    for row in items(document, "sensitivity"):
        k, reporting = get(row, "k") or 0, get(row, "reporting")
        estimate = get(reporting, "estimate")
        omitted = [plain.visible(name) for name in items(row, "omitted")]
        if not omitted:
            continue
        who = joined(omitted) if len(omitted) <= MOST_NAMED else counted(len(omitted))
        what = _SETS.get(text(row, "id"))
        without = f"{what} ({who})" if what else who
        if not k:
            if (get(document, "k") or 0) > 1:
                said.append(Said(f"Without {without} no study is left."))
            continue
        if estimate is None:
            continue
        value = figure(document, estimate, get(reporting, "ci_low"), get(reporting, "ci_high"))
        of = "one study was left, with" if k == 1 else f"the {quantity.of(document).name} was"
        end = "" if k == 1 else f", from {counted(k)}"
        said.append(Said(f"Without {without} {of} {value}{end}."))
    return said


def _cumulative(document: Document) -> list[Said]:
    rows = [row for row in items(document, "analyses", "cumulative", "rows") if get(row, "estimate") is not None]
    if len(rows) < 2:
        return []
    shown = quantity.of(document)
    first, last = rows[0], rows[-1]
    if shown.text(first["estimate"]) == shown.text(last["estimate"]):
        same = shown.with_unit(shown.text(last["estimate"]))
        return [Said(f"Cumulatively, the {shown.name} was {same} with the first study and with all.")]
    return [
        Said(
            f"Cumulatively, the {shown.name} moved from {shown.text(first['estimate'])} with "
            f"{counted(get(first, 'k') or 0)} to {shown.with_unit(shown.text(last['estimate']))} with "
            f"{counted(get(last, 'k') or 0)}."
        )
    ]


def _influence(document: Document) -> list[Said]:
    rows = items(document, "analyses", "influence", "rows")
    if not rows:
        return []
    flagged = [row for row in rows if get(row, "flagged")]
    if not flagged:
        return [Said("No study was singled out by the deletion diagnostics.")]
    verb = "was" if len(flagged) == 1 else "were"
    return [Said(f"{names(flagged, 'study')} {verb} singled out by the deletion diagnostics.")]


def _gosh(document: Document) -> list[Said]:
    found, shown = get(document, "analyses", "gosh", "estimate"), quantity.of(document)
    low, q1, middle, q3, high = (get(found, key) for key in ("low", "q1", "median", "q3", "high"))
    if middle is None:
        return []
    return [
        Said(
            f"Over the subsets of studies the {shown.name} had a median of {shown.with_unit(shown.text(middle))} "
            f"(quartiles {shown.text(q1)} and {shown.text(q3)}; range {shown.text(low)} to {shown.text(high)})."
        )
    ]


def _opinions(document: Document) -> list[Said]:
    named = {"beta-binomial": "beta-binomial model", "bayes": "Bayesian model"}
    said = []
    for one in items(document, "analyses", "second_opinions"):
        model, estimate = text(one, "model"), get(one, "estimate")
        if model not in named or estimate is None:
            continue
        kind = "credible interval" if model == "bayes" else "CI"
        value = figure(document, estimate, get(one, "ci_low"), get(one, "ci_high"), kind)
        said.append(f"the {named[model]} gave {value}")
    return [Said(f"{capital(joined(said))}.")] if said else []


def _presets(document: Document) -> list[Said]:
    rows = [row for row in items(document, "analyses", "presets") if get(row, "estimate") is not None]
    if len(rows) < 2:
        return []
    if len({text(row, "measure") in {"OR", "PETO"} for row in rows}) > 1:
        return []
    shown = quantity.of(document)
    low, high = (choose(row["estimate"] for row in rows) for choose in (min, max))
    said = f"from {shown.text(low)} to {shown.with_unit(shown.text(high))}"
    if shown.text(low) == shown.text(high):
        said = f"at {shown.with_unit(shown.text(low))}"
    return [Said(f"Under the settings of other programs the {shown.name} lay {said}.")]


def _multiverse(document: Document) -> list[Said]:
    found, shown = get(document, "analyses", "multiverse"), quantity.of(document)
    low, high = get(found, "estimate_low"), get(found, "estimate_high")
    if low is None or high is None:
        return []
    own = text(document, "settings", "reporting") or "proportion"
    if text(found, "reporting") not in {"", own}:
        return []
    said = [
        f"Over {counted(get(found, 'defined') or 0, ('combination', 'combinations'))} of methods the {shown.name} lay "
        f"between {shown.text(low)} and {shown.with_unit(shown.text(high))}"
    ]
    stretched = get(document, "k") == 2
    ends = (get(found, "ci_low_low"), get(found, "ci_high_high"))
    if stretched:
        # With two studies t has one degree of freedom: its outermost limits are figures without a meaning.
        plainly = [one for one in items(found, "universes") if text(one, "ci_method") not in T_FAMILY]
        lows, highs = ([get(one, key) for one in plainly] for key in ("ci_low", "ci_high"))
        low_ends, high_ends = ([one for one in each if one is not None] for each in (lows, highs))
        ends = (min(low_ends, default=None), max(high_ends, default=None))
    outer = shown.interval(*ends)
    if outer != rounding.ABSENT:
        which = "all confidence limits that are not by the t distribution" if stretched else "all confidence limits"
        said.append(f", and {which} within {shown.with_unit(outer)}")
    out = [Said(f"{''.join(said)}.")]
    if stretched:
        out.append(
            Said(
                "Limits by the t distribution are left out here: with two studies it has one degree of freedom, and "
                "its limits say hardly anything."
            )
        )
    if get(found, "excludes_null") is not None:
        number = get(found, "excludes_null")
        out.append(
            Said(f"{opening(number, ('interval', 'intervals'))} did not include the value of no effect.")
            if number
            else Said("Every interval included the value of no effect.")
        )
    return out


def bias(document: Document) -> list[Said]:
    """Give the tests for small-study effects, trim and fill and the LFK index."""
    found = get(document, "analyses", "bias")
    tests = [one for one in items(found, "tests") if get(one, "p_value") is not None]
    if not tests:
        return []
    each = "; ".join(
        f"{text(one, 'name')}, {rounding.equals('p', rounding.p_value(get(one, 'p_value')))}" for one in tests
    )
    said = [Said(f"{'Test' if len(tests) == 1 else 'Tests'} for small-study effects: {each}.")]
    added = []
    for filled in fillings(found):
        if get(filled, "estimate") is None:
            continue
        count = get(filled, "filled") or 0
        value = figure(document, get(filled, "estimate"), get(filled, "ci_low"), get(filled, "ci_high"))
        added.append(
            f"{counted(count)} with {text(filled, 'estimator')}, which gave {value}"
            if count
            else f"no study with {text(filled, 'estimator')}"
        )
    if added:
        said.append(Said(f"Trim and fill, by inverse variance, added {'; '.join(added)}."))
    lfk = get(found, "lfk", "value")
    if lfk is not None:
        reading = plain.clause(get(found, "lfk", "reading"))
        said.append(Said(f"The LFK index was {rounding.number(lfk)}{f' ({reading})' if reading else ''}."))
    return said
