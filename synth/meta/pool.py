"""Pool studies of any kind: the one entry that checks what is asked, chooses the model and gives back a full answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Final

from ..errors import NothingToPool, SettingsError
from .answers.inputs import check_data, default_measure
from .answers.studies import make_studies
from .measures.effects import measure as find_measure
from .results import PoolResult, Settings
from .settings import is_glmm, make_settings

# Where each model's answer is made: imported when it is first asked for, because most pools need one of them only.
_ANSWERS: Final = {
    "glmm": ("glmm", "answer_glmm"),
    "inverse": ("inverse", "answer_inverse"),
    "mh": ("others", "answer_tables"),
    "peto": ("others", "answer_tables"),
    "beta-binomial": ("others", "answer_beta_binomial"),
    "bayes": ("others", "answer_bayes"),
}
# Leave-one-out is a pool for each study: above so many studies it takes more than a moment, and has to be asked for.
LEAVE_ONE_OUT_MOST: Final = {
    "glmm": 300, "glmm-um-fs": 200, "glmm-cm-el": 100, "glmm-cm-al": 300, "inverse": 2000, "mh": 2000, "peto": 2000,
    "beta-binomial": 12, "bayes": 12,
}  # fmt: skip
# With random levels and random effects each fit is an integral in two dimensions.
_TWO_EFFECTS_MOST: Final = 60


def pool(
    data: Mapping[str, Sequence[Any]],
    studies: Sequence[str] | None = None,
    *,
    measure: str | None = None,
    model: str | None = None,
    effects: str | None = None,
    tau2_method: str | None = None,
    ci_method: str | None = None,
    prediction: str | None = None,
    level: float = 0.95,
    study_ci: str | None = None,
    zero_cells: str | None = None,
    i2_method: str | None = None,
    tau2_ci: str | None = None,
    preset: str | None = None,
    seed: int = 1,
    leave_one_out: bool | None = None,
) -> PoolResult:
    """Pool one outcome over studies.

    Parameters
    ----------
    data : mapping of sequences, length k
        What the measure is made from: ``events, total``; ``events, time``; ``events_1, total_1, events_2, total_2``;
        ``events_1, time_1, events_2, time_2``; ``mean, sd, n``; ``mean_1, sd_1, n_1, mean_2, sd_2, n_2``; ``r, n``; or
        ``estimate, se``. Arm 1 is the one whose effect is looked for.
    studies : sequence of str, optional
        Labels, unique. Default: "Study 1" and so on.
    measure : str, optional
        A key of :data:`synth.meta.measures.effects.MEASURES`. Default: by the names in `data` PLOGIT, IRLN, OR, IRR,
        MN, MD, ZCOR or GEN.
    model : str, optional
        ``glmm``, ``glmm-um-fs``, ``glmm-cm-el``, ``glmm-cm-al``, ``inverse``, ``mh``, ``peto``, ``beta-binomial`` or
        ``bayes``. Default: ``glmm`` for PLOGIT, ``peto`` for PETO, ``inverse`` otherwise. ``glmm`` is for PLOGIT, OR,
        IRLN and IRR; of two arms it takes levels as random (UM.RS), and the next three are UM.FS, CM.EL and CM.AL.
    effects : {"random", "common"}, optional
        With variance between studies (default where the model has it), or without.
    tau2_method : str, optional
        ``ML`` for ``glmm``; for ``inverse`` one of :data:`synth.meta.inverse.tau2.METHODS`, ``REML`` by default.
    ci_method : str, optional
        ``auto`` (default): for ``glmm`` exact for one study and at 0 or 1, profile likelihood for two, t from three;
        for ``inverse`` ``hksj-adhoc`` (``wald`` for a common effect). Or a word of the model's own; ``profile`` under
        ``inverse`` is that of maximum likelihood, and makes ``ML`` the default for `tau2_method`.
    prediction : {"t", "hts", "normal", "bootstrap", "none"}, optional
        k - 1 degrees of freedom (Veroniki et al. 2019; default), k - 2 (Higgins et al. 2009), normal, bootstrap
        (Nagashima et al. 2019; ``inverse`` only), or none.
    level : float
        Confidence, in (0, 1).
    study_ci : str, optional
        Interval for each study's proportion: a key of :data:`synth.meta.measures.study_intervals.METHODS`.
    zero_cells : {"only0", "if0all", "all", "treatment-arm", "none"}, optional
        What is added to zero cells, where the measure and the model need it.
    i2_method : {"tau2", "q"}, optional
        Definition of I2 and H2: from tau2 (default) or from Q.
    tau2_ci : {"q-profile", "profile"}, optional
        Interval for tau2: Q-profile (default of ``inverse``), or profile likelihood (``glmm``, and ``inverse`` under
        ``REML`` or ``ML``).
    preset : str, optional
        Settings of another program or handbook, a key of :data:`synth.meta.choices.presets.PRESETS`; what is asked for
        besides goes before it.
    seed : int
        Where the bootstrap starts.
    leave_one_out : bool, optional
        Also pool without each study in turn. Default: where that takes no more than a moment, which the reason says.

    Returns
    -------
    PoolResult

    Raises
    ------
    NothingToPool
        No study at all, or none that says anything on the measure.
    ProblemsError
        Numbers that no study can have; all of them are listed.
    SettingsError, UnknownName
        Words that are not known or do not go together, with the nearest that do.
    NoAnswer
        Data on which the model has no answer.

    Examples
    --------
    >>> tables = {"events_1": [4, 6], "total_1": [123, 306], "events_2": [11, 29], "total_2": [139, 303]}
    >>> r = pool(tables)
    >>> r.settings.measure, round(r.pooled.reporting.estimate, 4)
    ('OR', 0.247)
    >>> round(pool(tables, model="glmm").pooled.reporting.estimate, 4), pool(tables, preset="revman5").pooled.ci_method
    (0.2399, 'wald')
    """
    asked = {
        "measure": measure, "model": model, "effects": effects, "tau2_method": tau2_method, "ci_method": ci_method,
        "prediction": prediction, "study_ci": study_ci, "zero_cells": zero_cells, "i2_method": i2_method,
        "tau2_ci": tau2_ci,
    }  # fmt: skip
    settings = settings_for(list(data), preset, level=level, seed=seed, **asked)
    arrays, labels = check_data(find_measure(settings.measure).columns, data, studies)
    rows, left, usable = make_studies(arrays, labels, settings)
    if not rows:
        why = "; ".join(sorted({each.reason for each in left}))
        raise NothingToPool(f"None of the {len(left)} studies can be pooled on {settings.measure}: {why}.")
    mixed = is_glmm(settings.model) and settings.measure != "PLOGIT"
    module, name = ("mixed", "answer_mixed") if mixed else _ANSWERS[settings.model]
    answer = getattr(import_module(f".answers.{module}", __package__), name)
    most = LEAVE_ONE_OUT_MOST[settings.model]
    if mixed and settings.model == "glmm" and settings.measure != "IRLN":
        most = _TWO_EFFECTS_MOST
    wanted = len(rows) <= most if leave_one_out is None else leave_one_out
    result: PoolResult = answer(usable, rows, settings, wanted)
    if not wanted and leave_one_out is None:
        why = (
            f"not made unasked for more than {most:,} studies by this model, because it is a pool for each of them: "
            "ask for it with --leave-one-out (leave_one_out=True)"
        )
        result = replace(result, leave_one_out_reason=why)
    return replace(result, left_out=left) if left else result


def settings_for(columns: Sequence[str], preset: str | None = None, **asked: Any) -> Settings:
    """Settings from what was asked for, with a preset's where nothing was.

    Parameters
    ----------
    columns : sequence of str
        Names of the data, from which the measure follows where none is asked for.
    preset : str, optional
    **asked
        Keywords of :func:`synth.meta.settings.make_settings`; ``None`` counts as not given.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError, UnknownName
        As for :func:`pool`.

    Examples
    --------
    >>> found = settings_for(["events", "total"], "revman5", ci_method="t")
    >>> found.model, found.tau2_method, found.ci_method
    ('inverse', 'DL', 't')
    """
    words = {name: word for name, word in asked.items() if word is not None}
    if preset is not None:
        from .choices.presets import preset_settings

        if not isinstance(preset, str):
            raise SettingsError(f"preset is a word, such as those listed in the documentation, and {preset!r} is none.")
        kind = find_measure(words["measure"] if "measure" in words else default_measure(columns)).kind
        words = preset_settings(preset, kind, **words)
    name = words.pop("measure", None)
    return make_settings(find_measure(default_measure(columns) if name is None else name).name, **words)
