"""Sections on single series and on small ones: influence with Baujat's plot, small-study tests with a funnel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..figures.charts_bias import baujat, funnel
from ..figures.figure import Figure as Drawn
from ..figures.figure import Reason
from ..words import plain, quantity, rounding
from ..words.names import ci_name
from ..words.phrases import some
from ..words.quantity import Quantity
from ..words.reading import Document, get, items, level, text
from .model import Figure, Row, Section, Table, heads, left_out, reason

TAU_SIDES = {"left": "on the left", "right": "on the right"}


def influence(document: Document, found: Any) -> Section:
    """Return the section on what each series does to the answer."""
    rows = items(found, "rows")
    apart = "It asks what a series does to the answer, not how far it lies from the others or what it does to τ²."
    rule = f"The rule: {plain.clause(get(found, 'rule'))}." if text(found, "rule") else ""
    ruled = [part for part in (rule, apart if rows and rule else "") if part]
    parts = (_singled_out(rows), ruled, [*outliers(rows), *most_moved(document, rows)])
    said = [*reason(found), *(" ".join(part) for part in parts if part)]
    said += left_out(items(found, "excluded"))
    table = tuple(
        Row(
            (
                text(row, "study") or "(no label)",
                *(
                    rounding.number(get(row, key))
                    for key in ("rstudent", "dffits", "cooks_distance", "covariance_ratio")
                ),
                rounding.variance(get(row, "tau2_deleted")),
                rounding.number(get(row, "q_deleted")),
                rounding.percent(get(row, "hat")),
                "yes" if get(row, "flagged") else "no",
            ),
            reason(row),
        )
        for row in rows
    )
    head = heads(
        "Series", "Deleted residual", "DFFITS", "Cook’s distance", "Covariance ratio", "τ² without", "Q without", "Hat",
        words=("Singled out",),
    )  # fmt: skip
    tables: tuple[Table, ...] = (Table("What changes without each series", head, table),) if table else ()
    points = [p for p in items(found, "baujat") if None not in (get(p, "contribution"), get(p, "influence"))]
    figures: tuple[Figure, ...] = ()
    if points:
        figures = tuple(_figure("Baujat plot", baujat(document)))
        listed = tuple(
            Row((text(p, "study"), rounding.number(get(p, "contribution")), rounding.number(get(p, "influence"))))
            for p in points
        )
        named = heads("Series", "Share in the spread", "Influence on the answer")
        tables += (Table("The points of Baujat’s plot", named, listed, "Every point of the figure"),)
    return Section("influence", "What each series does to the answer", "Influence", tuple(said), figures, tables)


def _singled_out(rows: list[Any]) -> list[str]:
    """Name the series that the rule singles out, and apart those without which there is no answer to compare with."""
    flagged = [row for row in rows if get(row, "flagged")]
    # A series without which the model has no finite answer is no matter of a rule's bounds.
    lost = [text(row, "study") or "(no label)" for row in flagged if text(row, "reason")]
    ruled = [text(row, "study") or "(no label)" for row in flagged if not text(row, "reason")]
    said = []
    if lost:
        said.append(f"Singled out because without {'it' if len(lost) == 1 else 'each'} the model has no finite answer: "
                    f"{some(lost)}.")  # fmt: skip
    if ruled:
        said.append(f"Singled out by metafor’s rule of thumb: {some(ruled)}.")
    elif rows:
        said.append(f"No {'other ' if lost else ''}series is singled out by metafor’s rule of thumb.")
    if flagged:
        said.append("To be singled out is a reason to look at a series again, not to leave it out.")
    return said


def outliers(rows: list[Any]) -> tuple[str, ...]:
    """Name the series whose deleted residual is large, and say how many chance alone would make so.

    Parameters
    ----------
    rows : list of mapping
        The series of the analysis of influence; ``rstudent`` is the externally studentised residual, which is about
        standard normal where the model holds (Viechtbauer and Cheung 2010, Res Synth Methods 1:112).

    Returns
    -------
    tuple of str
        One sentence or two; none where no series has a deleted residual.

    Examples
    --------
    >>> outliers([{"study": "A", "rstudent": 5.11}, {"study": "B", "rstudent": -0.4}])[0]
    'Deleted (externally studentised) residuals beyond ±1.96: A (5.11); by chance about 5% would be (0.1 of 2).'
    >>> outliers([{"study": "A", "rstudent": 5.11}, {"study": "B", "rstudent": -0.4}])[1]
    'Beyond ±3, which chance alone makes of 0.3% only: A (5.11).'
    >>> outliers([{"study": "A", "rstudent": None}])
    ()
    """
    known = [(text(row, "study") or "(no label)", get(row, "rstudent")) for row in rows]
    known = sorted((one for one in known if one[1] is not None), key=lambda one: -abs(one[1]))
    if not known:
        return ()
    far, very = (
        [f"{name} ({rounding.number(value)})" for name, value in known if abs(value) > limit] for limit in (1.96, 3.0)
    )
    chance = f"about 5% would be ({rounding.tick(round(0.05 * len(known), 2))} of {rounding.count(len(known))})"
    if not far:
        return (f"No deleted (externally studentised) residual is beyond ±1.96; by chance {chance}.",)
    said = f"Deleted (externally studentised) residuals beyond ±1.96: {some(far)}; by chance {chance}."
    if not very:
        return (said, "None is beyond ±3.")
    return (said, f"Beyond ±3, which chance alone makes of 0.3% only: {some(very, len(very))}.")


def most_moved(document: Document, rows: list[Any]) -> tuple[str, ...]:
    """Name the series without which τ² changes most, with both values; nothing where the model has no τ².

    Examples
    --------
    >>> rows = [{"study": "A", "tau2_deleted": 0.059}, {"study": "B", "tau2_deleted": 0.21}]
    >>> most_moved({"tau2": {"value": 0.198}}, rows)
    ('τ² changes most without A: from 0.198 to 0.0590.',)
    >>> most_moved({"tau2": {"value": 0.0}}, [{"study": "A", "tau2_deleted": 0.0}])
    ('τ² stays 0 whichever series is left out.',)
    """
    whole = get(document, "tau2", "value")
    known = [row for row in rows if get(row, "tau2_deleted") is not None]
    if whole is None or not known:
        return ()
    first = max(known, key=lambda row: abs(get(row, "tau2_deleted") - whole))
    was, now = rounding.variance(whole), rounding.variance(get(first, "tau2_deleted"))
    if was == now:
        every = "whichever series is left out" if len(known) == len(rows) else "wherever an answer is left"
        return (f"τ² stays {was} {every}.",)
    return (f"τ² changes most without {text(first, 'study') or '(no label)'}: from {was} to {now}.",)


_PAPERS = (
    ("Arcsine", "Rücker 2008, Stat Med 27:746"),
    ("Peters", "Peters 2006, JAMA 295:676"),
    ("Harbord", "Harbord 2006, Stat Med 25:3443"),
    ("Macaskill", "Macaskill 2001, Stat Med 20:641"),
    ("Deeks", "Deeks 2005, J Clin Epidemiol 58:882"),
    ("Thompson", "Thompson and Sharp 1999, Stat Med 18:2693"),
    ("Begg", "Begg and Mazumdar 1994, Biometrics 50:1088"),
    ("Egger", "Egger 1997, BMJ 315:629"),
    ("Pustejovsky", "Pustejovsky and Rodgers 2019, Res Synth Methods 10:57"),
)


def paper(name: str) -> str:
    """Give the paper that a test comes from, with a space before; on the arcsine scale that is Rücker's.

    Examples
    --------
    >>> paper("Peters"), paper("Arcsine, 1/n: Egger"), paper("another")
    (' (Peters 2006, JAMA 295:676)', ' (Rücker 2008, Stat Med 27:746)', '')
    """
    return next((f" ({where})" for word, where in _PAPERS if word in name), "")


def bias(document: Document, found: Any) -> Section:
    """Return the section on small series: the tests that apply, the funnel, trim and fill, or why there are none."""
    shown = quantity.of(document)
    tests = items(found, "tests")
    said = [*reason(found)]
    if tests:
        said.append(
            "The tests ask whether small series differ from large ones. Series that were never published are one cause "
            "of that among several; a large p-value does not mean that nothing is missing."
        )
    lfk = get(found, "lfk")
    if get(lfk, "value") is not None:
        reading = plain.clause(get(lfk, "reading"))
        said.append(
            f"LFK index {rounding.number(get(lfk, 'value'))}{f': {reading}' if reading else ''}. It describes the "
            "funnel and is no test."
        )
    said += reason(lfk)
    tables: tuple[Table, ...] = ()
    if tests:
        rows = tuple(
            Row(
                (
                    text(test, "name"),
                    rounding.number(get(test, "statistic")),
                    rounding.ABSENT if get(test, "df") is None else rounding.tick(round(get(test, "df"), 2)),
                    rounding.p_value(get(test, "p_value")),
                    plain.sentence(get(test, "what")) + paper(text(test, "name")),
                ),
                reason(test),
            )
            for test in tests
        )
        head = heads("Test", "Statistic", "df", "p", words=("What it looks at",))
        tables = (Table("Tests for small-study effects", head, rows),)
    filled = [one for one in (get(found, "trim_and_fill"), *items(found, "trim_and_fill_others")) if one]
    if filled:
        tables += (_filled(document, filled, shown),)
    figures = tuple(_figure("Funnel plot", funnel(document))) if items(found, "funnel", "points") else ()
    if figures:
        points = tuple(
            Row(
                (text(p, "study"), rounding.number(get(p, "x")), rounding.number(get(p, "se")),
                 rounding.number(get(p, "size")))
            )
            for p in items(found, "funnel", "points")
        )  # fmt: skip
        scale = text(found, "funnel", "scale") or "analysis scale"
        named = heads("Series", f"Estimate ({scale})", "Standard error", "Size")
        tables += (Table("The points of the funnel", named, points, "Every point of the figure"),)
    said += left_out(items(found, "excluded"))
    if not said and not tables:
        said = ["Nothing could be tested."]
    return Section("bias", "Do small series differ from large ones?", "Small series", tuple(said), figures, tables)


def _filled(document: Document, filled: list[Any], shown: Quantity) -> Table:
    rows = tuple(
        Row(
            (
                f"Estimator {text(one, 'estimator')}",
                rounding.count(get(one, "filled")),
                shown.text(get(one, "estimate")),
                shown.interval(get(one, "ci_low"), get(one, "ci_high")),
                TAU_SIDES.get(text(one, "side"), text(one, "side") or rounding.ABSENT),
                ci_name(get(one, "ci_method")),
            ),
            reason(one),
        )
        for one in filled
    )
    head = heads("Trim and fill", "Series filled in", shown.heading, f"{level(document)} CI",
                 words=("Where", "Interval by"))  # fmt: skip
    title = "The answer with mirror images of outlying series, by inverse variance: a what-if, no correction"
    return Table(title, head, rows)


def _figure(label: str, drawn: Drawn | Reason) -> Iterator[Figure]:
    if isinstance(drawn, Drawn):
        yield Figure(label, (drawn.svg,), "", drawn.caption)
