"""One study under two labels: labels that differ in nothing that tells studies apart, and the very same figures twice.

Only warnings: a centre may well have 0 of 20 as another one has, and the person who read the papers knows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain

from synth.errors import Problem
from synth.workspace import visible

from ..contract.figures import Figure, StudyArm, place_of, problem_of
from ..forms.rows import identity

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_MOST = 3000  # studies; beyond it the same counts come up by chance everywhere
_MOST_TOLD = 200
_NUMBERS = ("events", "total", "mean", "sd", "median", "q1", "q3", "min", "max", "time")


def label_key(label: str) -> str:
    """Return what is left of a label without case, accents, punctuation and spaces.

    Examples
    --------
    >>> label_key("Wänman, 2023"), label_key("wanman 2023"), label_key("Smith 2010a") == label_key("Smith 2010b")
    ('wanman2023', 'wanman2023', False)
    """
    plain = unicodedata.normalize("NFKD", label.casefold()).translate(_LETTERS)
    # Marks of Latin, Greek and Cyrillic letters alone: in other scripts they tell words apart.
    return "".join(c for c in plain if not "\u0300" <= c <= "\u036f" and unicodedata.category(c)[0] in "LNM")


def check_twins(figures: Sequence[Figure], studies: Sequence[StudyArm]) -> list[Problem]:
    """Warn of labels that are one but for their spelling, and of studies with the very same figures.

    Parameters
    ----------
    figures, studies : sequence
        All of a review, or of a sheet with those of the review. What ``overlaps`` joins already is not warned of.

    Returns
    -------
    list of Problem
        Warnings, each with the places of both rows.

    Examples
    --------
    >>> rows = [Figure(label, "mis", "fusion", 3, 20, file="a.csv", row=row)
    ...         for row, label in ((2, "Smith, 2010"), (3, "smith 2010"))]
    >>> print(check_twins(rows, [])[0].message)
    is the label "Smith, 2010" (row 2) but for case, accents, spaces or punctuation.
    """
    told: set[tuple[str, str]] = set()
    problems = [*_labels(figures, studies, told), *_figures(figures, studies, told)]
    return problems[:_MOST_TOLD]


def _labels(
    figures: Sequence[Figure], studies: Sequence[StudyArm], told: set[tuple[str, str]]
) -> Iterable[Problem]:
    first: dict[str, Figure | StudyArm] = {}
    seen: set[str] = set()
    rows: Iterable[Figure | StudyArm] = chain(figures, studies)
    for row in rows:
        if row.study in seen:
            continue
        seen.add(row.study)
        key = label_key(row.study)
        before = first.setdefault(key, row) if key else row
        if before is row or _plain(before.study) == _plain(row.study):
            continue
        told.add((identity(before.study), identity(row.study)))
        yield problem_of(
            row, "study",
            f'is the label "{visible(before.study, 60)}" ({place_of(before, row)}) but for case, accents, spaces or '
            "punctuation.",
            "Type one label in all rows of the study; two studies need labels that differ in a letter: 2010a, 2010b.",
            value=row.study, severity="warning",
        )  # fmt: skip


def _plain(label: str) -> str:
    return unicodedata.normalize("NFC", " ".join(label.split()))


def _figures(
    figures: Sequence[Figure], studies: Sequence[StudyArm], told: set[tuple[str, str]]
) -> Iterable[Problem]:
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        if not figure.exclude:
            groups.setdefault(identity(figure.study), []).append(figure)
    if len(groups) > _MOST:
        return
    joined = {(identity(study.study), identity(study.overlaps)) for study in studies if study.overlaps}
    first: dict[frozenset[tuple[object, ...]], Figure] = {}
    for label, group in groups.items():
        said = frozenset(_numbers(figure) for figure in group if _tells(figure))
        if not said:
            continue
        before = first.setdefault(said, group[0])
        pair = (identity(before.study), label)
        if pair[0] == label or pair in told or pair in joined or pair[::-1] in joined:
            continue
        figure = group[0]
        yield problem_of(
            figure, "study",
            f'has the very same figures as "{visible(before.study, 60)}" ({place_of(before, figure)}).',
            "If it is the same study, keep one; if its patients are among the other's, say so in the column overlaps.",
            value=figure.study, severity="warning",
        )  # fmt: skip


def _numbers(figure: Figure) -> tuple[object, ...]:
    return (figure.arm, figure.outcome, figure.unit, *(getattr(figure, name) for name in _NUMBERS))


def _tells(figure: Figure) -> bool:
    """Whether a figure is one that another study hardly has by chance: neither nobody nor everybody of a few."""
    if figure.mean is not None or figure.median is not None:
        return True
    return bool(figure.events and figure.total and figure.events < figure.total and figure.total >= 10)
