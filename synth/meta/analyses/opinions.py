"""Second opinions on a handful of proportions: models that do not lean on large numbers of studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...errors import NoAnswer
from ..pool import pool
from .prepare import prepare

# Up to here the estimate of tau2 is little more than a guess, and another model's answer stands beside it.
MOST: Final = 5
_LABELS: Final = {
    "beta-binomial": "Beta-binomial model, maximum likelihood",
    "bayes": "Bayesian binomial-normal model, half-normal prior on tau",
}


@dataclass(frozen=True)
class Opinion:
    """What another model says of the same studies, as proportions."""

    model: str
    label: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    prediction_low: float | None
    prediction_high: float | None
    note: str
    reason: str | None


def second_opinions(
    data: Mapping[str, Sequence[Any]], studies: Sequence[str] | None = None, *, force: bool = False, **settings: Any
) -> tuple[Opinion, ...]:
    """Pool single-arm proportions by the beta-binomial and the Bayesian model, where they have something to add.

    Parameters
    ----------
    data, studies
        As for :func:`synth.meta.pool`.
    force : bool
        Also for more than five studies that have events and non-events.
    **settings
        As for :func:`synth.meta.pool`; the measure, the level and the prediction interval matter.

    Returns
    -------
    tuple of Opinion
        Empty where the data are not proportions, or are many and ordinary; without the model that was pooled by.

    Raises
    ------
    NothingToPool, ProblemsError, SettingsError, UnknownName
        As for :func:`synth.meta.pool`.

    Examples
    --------
    >>> for opinion in second_opinions({"events": [0, 0], "total": [20, 30]}):
    ...     print(opinion.model, round(opinion.estimate, 3), round(opinion.ci_high, 3))
    beta-binomial 0.0 0.071
    bayes 0.014 0.088
    """
    given = prepare(data, studies, {}, None, settings)
    if given.scale.kind != "proportion":
        return ()
    x, n = given.counts
    # No events, nothing else, or only studies of the one and of the other: the logit has no finite answer.
    separated = bool(((x == 0) | (x == n)).all())
    if given.k > MOST and not separated and not force:
        return ()
    counts = {"events": x.tolist(), "total": n.tolist()}
    # The models' own prediction intervals; the bootstrap is made from estimates, and these models have none.
    prediction = given.settings.prediction_method
    words = {"level": given.settings.level, "prediction": "t" if prediction == "bootstrap" else prediction}
    return tuple(_opinion(model, counts, words) for model in _LABELS if model != given.settings.model)


def _opinion(model: str, counts: dict[str, list[float]], words: dict[str, Any]) -> Opinion:
    try:
        result = pool(counts, measure="PLOGIT", model=model, leave_one_out=False, **words)
    except NoAnswer as error:
        return Opinion(model, _LABELS[model], None, None, None, None, None, "", str(error))
    shown, new = result.pooled.reporting, result.prediction
    notes = [note for note in result.notes if "share" not in note]
    if new.reason:
        notes.append(f"Prediction interval: {new.reason}.")
    return Opinion(
        model, _LABELS[model], shown.estimate, shown.ci_low, shown.ci_high, new.reporting.ci_low,
        new.reporting.ci_high, " ".join(notes), result.pooled.reason,
    )  # fmt: skip
