"""Judgements of a review: read, put together, and set beside the studies so that a pool can group by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from synth.errors import Problem, ProblemsError
from synth.workspace import Review

from .contract.figures import BiasRow, StudyArm
from .contract.names import Names
from .contract.sheets import BIAS
from .forms.common import Given, Sheet
from .forms.rows import identity
from .forms.studies import read_bias
from .instruments import FOLDER, Appraisal, Instrument, appraise, in_own_words, instruments_in
from .reading.tables import Table

VARIABLE = "risk_of_bias"
"""What a pool calls the overall level of a study: ``--by risk_of_bias``."""


def read_appraisals(
    tables: Sequence[Table], review: Review, folder: Path
) -> tuple[tuple[Appraisal, ...], list[Problem]]:
    """Read the sheets of judgements of a review.

    Parameters
    ----------
    tables : sequence of Table
        With the columns of the sheet of bias.
    review : Review
        Its arms.
    folder : Path
        ``extracted``: instruments of the review's own lie below it.

    Returns
    -------
    appraisals : tuple of Appraisal
    problems : list of Problem
        Of the sheets and of the instruments' files.
    """
    if not tables:
        return (), []
    problems: list[Problem] = []
    known: Mapping[str, Instrument] = {}
    try:
        known = instruments_in(folder / FOLDER)
    except ProblemsError as error:
        return (), list(error.problems)
    names, rows = Names(review), []
    for table in tables:
        sheet = Sheet(table, names, Given(), BIAS)
        rows += read_bias(sheet)
        problems += sheet.problems.all()
    made, found = appraise(rows, known)
    return made, [*problems, *found]


def judged(
    rows: Sequence[BiasRow], folder: Path, beside: Sequence[Appraisal] = ()
) -> tuple[tuple[BiasRow, ...], list[Problem]]:
    """Check the judgements of a sheet before they are kept, each at its own place in that sheet.

    Parameters
    ----------
    rows : sequence of BiasRow
        Of the sheet.
    folder : Path
        ``extracted``.
    beside : sequence of Appraisal
        What the review has already: a study of the sheet may have been judged in part there.

    Returns
    -------
    rows : tuple of BiasRow
        With the names of the definitions.
    problems : list of Problem
        What the instruments do not have, and a warning of each study that is not judged completely.
    """
    if not rows:
        return (), []
    try:
        known = instruments_in(folder / FOLDER)
    except ProblemsError as error:
        return tuple(rows), list(error.problems)
    made, _ = in_own_words(rows, known)
    concerned = {(identity(row.study), row.arm, row.instrument) for row in made}
    own = {(identity(row.study), row.arm, row.instrument, row.item) for row in made}
    before = [
        BiasRow(each.study, each.arm, each.instrument.id, item, word)
        for each in beside
        if (identity(each.study), each.arm, each.instrument.id) in concerned
        for item, word in each.words.items()
        if (identity(each.study), each.arm, each.instrument.id, item) not in own
    ]
    # As they were typed: a problem shows what stands in the cell.
    _, problems = appraise([*rows, *before], known)
    return made, list(problems)


def with_appraisals(studies: Iterable[StudyArm], appraisals: Sequence[Appraisal]) -> list[StudyArm]:
    """Set the overall level, or the score, of each study beside what else is known of it.

    Where several instruments were used, the first one with an overall level gives ``risk_of_bias``; every one gives
    ``bias_INSTRUMENT``.

    Examples
    --------
    >>> from .contract.figures import BiasRow
    >>> from .instruments import shipped
    >>> rows = [BiasRow("A", instrument="robins-i", item="overall", judgement="serious")]
    >>> made, _ = appraise(rows, {"robins-i": shipped("robins-i")})
    >>> with_appraisals([StudyArm("A", "mis"), StudyArm("B", "mis")], made)[0].more
    (('risk_of_bias', 'high'), ('bias_robins-i', 'high'))
    """
    described = []
    for study in studies:
        label = identity(study.study)
        mine = [each for each in appraisals if identity(each.study) == label and each.arm in ("", study.arm)]
        first = next((each.overall for each in mine if each.overall is not None), None)
        more = [(VARIABLE, first)] if first is not None else []
        for each in mine:
            text = each.overall if each.score is None else str(each.score)
            if text is not None:
                more.append((f"bias_{each.instrument.id}", text))
        taken = {name for name, _ in study.more}
        described.append(replace(study, more=(*study.more, *(pair for pair in more if pair[0] not in taken))))
    return described
