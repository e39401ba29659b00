"""Pool single-arm proportions: the entry that checks what is asked, chooses the model and gives back a full result."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import NothingToPool, Problem, ProblemsError, SettingsError
from .measures import measure as find_measure
from .proportions_glmm import pool_glmm
from .proportions_inverse import pool_by_inverse_variance
from .results import PoolResult, Settings, Study, number
from .study_intervals import METHODS as STUDY_INTERVALS
from .study_intervals import study_interval
from .tau2 import METHODS as TAU2_METHODS

MODELS = ("glmm", "inverse")
EFFECTS = ("random", "common")
CI_METHODS = {"glmm": ("auto", "t", "profile", "wald"), "inverse": ("auto", "hksj-adhoc", "hksj", "t", "wald")}
PREDICTIONS = ("t", "hts", "normal", "none")


def pool_proportions(
    events: Sequence[Any],
    total: Sequence[Any],
    studies: Sequence[str] | None = None,
    *,
    measure: str = "PLOGIT",
    model: str = "glmm",
    effects: str = "random",
    tau2_method: str | None = None,
    ci_method: str = "auto",
    prediction: str = "t",
    level: float = 0.95,
    study_ci: str = "clopper-pearson",
    leave_one_out: bool = True,
) -> PoolResult:
    """Pool proportions from single arms.

    Parameters
    ----------
    events, total : sequence of int, length k
        Patients with the event, and patients assessed for it.
    studies : sequence of str, optional
        Labels, unique. Default: "Study 1" and so on.
    measure : {"PLOGIT", "PLN", "PRAW", "PAS", "PFT"}
        Analysis scale. The binomial-normal model works on the logit only.
    model : {"glmm", "inverse"}
        Binomial-normal by maximum likelihood (Stijnen et al. 2010), or inverse variance.
    effects : {"random", "common"}
        With variance between studies, or without.
    tau2_method : str, optional
        ``"ML"`` for ``glmm``; for ``inverse`` one of ``REML`` (default) ``ML DL PM EB SJ HS HE``.
    ci_method : str
        ``glmm``: ``auto`` (exact for one study and at 0 or 1, profile likelihood for two, t from three), ``t``,
        ``profile``, ``wald``. ``inverse``: ``auto`` (= ``hksj-adhoc``; ``wald`` for a common effect), ``hksj-adhoc``,
        ``hksj``, ``t``, ``wald``.
    prediction : {"t", "hts", "normal", "none"}
        k - 1 degrees of freedom (Veroniki et al. 2019), k - 2 (Higgins et al. 2009), normal, or none.
    level : float
        Confidence, in (0, 1).
    study_ci : str
        Interval for each study: a key of :data:`synth.meta.study_intervals.METHODS`.
    leave_one_out : bool
        Also pool without each study in turn.

    Returns
    -------
    PoolResult

    Raises
    ------
    NothingToPool
        No study at all.
    ProblemsError
        Counts that no study can have; all of them are listed.
    SettingsError
        Words that are not known or do not go together, with the nearest that do.
    NoAnswer
        Data on which the model has no answer.

    Examples
    --------
    >>> r = pool_proportions([7, 3, 1, 0, 5], [43, 38, 26, 17, 30])
    >>> round(r.pooled.reporting.estimate, 4), r.pooled.ci_method, round(r.tau2.value, 4)
    (0.099, 't', 0.0775)
    >>> pool_proportions([0, 0], [20, 30]).pooled.reporting.ci_high.__round__(4)
    0.0711
    """
    settings = _settings(measure, model, effects, tau2_method, ci_method, prediction, level, study_ci)
    x, n, labels = _counts(events, total, studies)
    low, high = study_interval(x, n, method=study_ci, level=level)
    rows = tuple(_study(labels[i], x[i], n[i], low[i], high[i]) for i in range(x.size))
    pool = pool_glmm if settings.model == "glmm" else pool_by_inverse_variance
    return pool(x, n, rows, settings, leave_one_out)


def _study(label: str, x: float, n: float, low: float, high: float) -> Study:
    inside = 0 < x < n
    return Study(
        study=label, events=int(x), total=int(n), estimate=float(x / n), ci_low=float(low), ci_high=float(high),
        weight=None, shrunken=None,
        analysis_estimate=number(math.log(x / (n - x))) if inside else None,
        analysis_se=number(math.sqrt(1.0 / x + 1.0 / (n - x))) if inside else None,
        analysis_reason=None if inside else "no events or only events: the logit is infinite",
    )  # fmt: skip


def _known(kind: str, value: str, known: Sequence[str]) -> str:
    for word in known:
        if value.lower() == word.lower():
            return word
    near = difflib.get_close_matches(value.lower(), [w.lower() for w in known], n=1)
    hint = f' Did you mean "{next(w for w in known if w.lower() == near[0])}"?' if near else ""
    raise SettingsError(f'There is no {kind} "{value}".{hint} There are: {", ".join(known)}.')


def _settings(
    measure: str, model: str, effects: str, tau2_method: str | None, ci_method: str, prediction: str, level: float,
    study_ci: str,
) -> Settings:  # fmt: skip
    model = _known("model", model, MODELS)
    effects = _known("effects", effects, EFFECTS)
    prediction = _known("prediction interval", prediction, PREDICTIONS)
    study_ci = _known("study interval", study_ci, tuple(STUDY_INTERVALS))
    scale = find_measure(measure)
    if scale.kind != "proportion":
        raise SettingsError(
            f"{scale.name} is a {scale.label}, not made from the events and the total of one arm. Use "
            "PLOGIT, PLN, PRAW, PAS or PFT."
        )
    name = scale.name
    if not 0.0 < level < 1.0:
        raise SettingsError(f"A confidence level lies between 0 and 1, and {level} does not. Did you mean 0.95?")
    if model == "glmm" and name != "PLOGIT":
        raise SettingsError(
            f"The binomial-normal model (glmm) works on the logit, not with {name}. "
            f"Use --measure PLOGIT, or --model inverse --measure {name}."
        )
    if tau2_method is not None:
        tau2_method = _known("tau2 method", tau2_method, tuple(TAU2_METHODS))
    if effects == "common" and tau2_method is not None:
        raise SettingsError(
            f"A common effect has no tau2, so {tau2_method} has nothing to estimate. Leave --tau2 out, or use "
            "--effects random."
        )
    if model == "glmm" and tau2_method not in (None, "ML"):
        raise SettingsError(
            f"The binomial-normal model (glmm) is fitted by maximum likelihood, not with {tau2_method}. "
            f"Use --tau2 ML, or --model inverse --tau2 {tau2_method}."
        )
    if effects == "random":
        tau2_method = tau2_method or ("ML" if model == "glmm" else "REML")
    every = sorted({word for words in CI_METHODS.values() for word in words})
    ci_method = _known("interval (--ci)", ci_method, every)
    if ci_method not in CI_METHODS[model]:
        nearest = "t" if model == "glmm" else "hksj-adhoc"
        raise SettingsError(
            f"The {ci_method} interval does not go with --model {model}. Use --ci {nearest} (possible: "
            f"{', '.join(CI_METHODS[model])}), or --model {'inverse' if model == 'glmm' else 'glmm'}."
        )
    if effects == "common" and ci_method in ("profile", "hksj", "hksj-adhoc"):
        raise SettingsError(f"The {ci_method} interval belongs to random effects. Use --ci wald, or --effects random.")
    return Settings(name, model, effects, tau2_method, ci_method, ci_method, prediction, study_ci, level)


def _counts(
    events: Sequence[Any], total: Sequence[Any], studies: Sequence[str] | None
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]], list[str]]:
    """Check all counts at once; a position is 1 for the first study."""
    if len(events) != len(total) or (studies is not None and len(studies) != len(events)):
        raise SettingsError(
            f"events, total and studies go together, one for each study: there are {len(events)} events, {len(total)} "
            f"totals" + ("." if studies is None else f" and {len(studies)} labels.")
        )
    if len(events) == 0:
        raise NothingToPool("There is no study to pool: events and total are empty.")
    problems: list[Problem] = []
    values: dict[str, list[float]] = {"events": [], "total": []}
    for column, given in (("events", events), ("total", total)):
        for i, value in enumerate(given, start=1):
            whole = _whole(value)
            if whole is None or whole < (0 if column == "events" else 1):
                least = "0 or more" if column == "events" else "1 or more"
                problems.append(Problem("data", f"this is not a whole number of {least}.", "Give a count of patients.",
                                        row=i, column=column, value=str(value)))  # fmt: skip
            values[column].append(math.nan if whole is None else whole)
    x, n = np.array(values["events"]), np.array(values["total"])
    with np.errstate(invalid="ignore"):
        for i in np.flatnonzero(x > n).tolist():
            problems.append(Problem("data", f"events exceed total ({x[i]:.0f} > {n[i]:.0f}).", "Correct one of them.",
                                    row=i + 1, column="events", value=f"{x[i]:.0f}"))  # fmt: skip
    labels = [f"Study {i}" for i in range(1, len(x) + 1)] if studies is None else [str(s) for s in studies]
    seen: dict[str, int] = {}
    for at, label in enumerate(labels, start=1):
        if label in seen:
            problems.append(Problem("data", f"this label stands at {seen[label]} too.", "Give each its own label.",
                                    row=at, column="studies", value=label))  # fmt: skip
        seen.setdefault(label, at)
    if problems:
        raise ProblemsError(problems)
    return x, n, labels


def _whole(value: Any) -> float | None:
    try:
        number_ = float(value)
    except (TypeError, ValueError):
        return None
    return number_ if math.isfinite(number_) and number_ == int(number_) else None
