"""The risk of bias of each row: set beside its figures, so that a pool can keep to some levels or leave others out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import SettingsError, UnknownName
from ..extract import Extracted, Figure
from ..extract.appraised import VARIABLE
from ..extract.contract.sheets import fold
from ..extract.forms.rows import identity
from ..extract.instruments import LEVELS
from ..workspace import visible


def level_of(figure: Figure) -> str:
    """Give the level that :func:`with_levels` set beside a row, "" where nobody has judged it.

    Examples
    --------
    >>> level_of(Figure("A", "mis", "fusion", 7, 9, more=(("Risk of bias", "High"),)))
    'high'
    """
    return next((text.casefold() for name, text in figure.more if fold(name) == fold(VARIABLE)), "")


def with_levels(extracted: Extracted, keep: Sequence[str]) -> Extracted:
    """Set the overall risk of bias beside each row, and mark the rows of other levels than are wanted as excluded.

    Parameters
    ----------
    extracted : Extracted
        The sheets. A column ``risk_of_bias`` of the studies, or of the rows themselves, goes before the judgements.
    keep : sequence of str
        Levels to pool; every level, judged or not, where there is none.

    Returns
    -------
    Extracted
        With the level among the further cells of each row.

    Raises
    ------
    SettingsError
        Levels are wanted, and nothing has one.
    UnknownName
        There is no such level.

    Examples
    --------
    >>> rows = [Figure(name, "mis", "fusion", 7, 9, more=((VARIABLE, level),)) for name, level in
    ...         (("A", "low"), ("B", "high"), ("C", ""))]
    >>> for figure in with_levels(Extracted(tuple(rows), (), (), ()), ["low"]).figures:
    ...     print(figure.study, figure.exclude or "pooled")
    A pooled
    B risk of bias high, and only low is pooled (--risk-of-bias)
    C risk of bias not judged, and only low is pooled (--risk-of-bias)
    """
    known: dict[tuple[str, str], str] = {}
    for each in extracted.appraisals:
        if each.overall is not None:
            known.setdefault((identity(each.study), each.arm), each.overall)
    for study in extracted.studies:
        if own := next((text for name, text in study.more if fold(name) == fold(VARIABLE)), ""):
            known[identity(study.study), study.arm] = own
    figures = [_with_level(figure, known) for figure in extracted.figures]
    if keep:
        there = {level for figure in figures if (level := level_of(figure))}
        if not there:
            raise SettingsError(
                "--risk-of-bias keeps to studies by their risk of bias, and none has been judged. Fill in the sheet "
                "bias (synth template has one) and take it in with synth import, or leave --risk-of-bias out."
            )
        wanted = [level.strip().casefold() for level in keep]
        for level in wanted:
            if level not in there and level not in LEVELS:
                raise UnknownName("level of risk of bias", visible(level), [*LEVELS, *sorted(there - {*LEVELS})])
        figures = [_kept(figure, wanted) for figure in figures]
    return replace(extracted, figures=tuple(figures))


def _with_level(figure: Figure, known: dict[tuple[str, str], str]) -> Figure:
    if any(fold(name) == fold(VARIABLE) for name, _ in figure.more):
        return figure
    study = identity(figure.study)
    level = known.get((study, figure.arm)) or known.get((study, ""))
    return replace(figure, more=(*figure.more, (VARIABLE, level))) if level else figure


def _kept(figure: Figure, wanted: Sequence[str]) -> Figure:
    level = level_of(figure)
    if figure.exclude or level in wanted:
        return figure
    are = "is" if len(wanted) == 1 else "are"
    said = f"risk of bias {level or 'not judged'}, and only {_listed(wanted)} {are} pooled (--risk-of-bias)"
    return replace(figure, exclude=said)


def risk_note(keep: Sequence[str]) -> list[str]:
    """Say that not every study was pooled.

    Examples
    --------
    >>> risk_note(["low", "moderate"])
    ['Only studies whose risk of bias was judged low or moderate were pooled; the others are listed with their level.']
    """
    if not keep:
        return []
    words = _listed([level.strip().casefold() for level in keep], "or")
    return [f"Only studies whose risk of bias was judged {words} were pooled; the others are listed with their level."]


def _listed(words: Sequence[str], joint: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"
