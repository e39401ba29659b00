"""What a person asks of a pool: the method, and the analyses beside it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

_FLAGS = {
    "tau2_method": "--tau2",
    "ci_method": "--ci",
    "study_ci": "--study-ci",
    "zero_cells": "--zero-cells",
    "i2_method": "--i2",
    "moderators": "--moderator",
    "compare_presets": "--compare-presets",
}
_METHOD = (
    "measure", "model", "effects", "tau2_method", "ci_method", "prediction", "study_ci", "zero_cells", "i2_method",
)  # fmt: skip


@dataclass(frozen=True)
class PoolOptions:
    """How to pool, and what else to make of the same studies.

    Parameters
    ----------
    measure, model, effects, tau2_method, ci_method, prediction, study_ci, zero_cells, i2_method : str, optional
        As in :func:`synth.meta.pool`; its defaults (or the preset's) where left out.
    level : float
        Of every interval.
    preset : str, optional
        Settings of another program, with one's own on top: a key of :data:`synth.meta.choices.presets.PRESETS`.
    by : str, optional
        Variable of subgroups.
    moderators : tuple of str
        Variables of a meta-regression.
    cumulative : str, optional
        Variable in whose order studies are added; also ``size``, ``total`` or ``precision``.
    exclude : tuple of str
        Studies to leave out.
    bias, influence, compare_presets, multiverse : bool
        Whether to make that analysis.

    Examples
    --------
    >>> PoolOptions(ci_method="profile", moderators=("year", "n"), bias=True).flags()
    ['--ci', 'profile', '--moderator', 'year', '--moderator', 'n', '--bias']
    >>> PoolOptions(preset="revman5", ci_method="t").method("proportion")["ci_method"]
    't'
    """

    measure: str | None = None
    model: str | None = None
    effects: str | None = None
    tau2_method: str | None = None
    ci_method: str | None = None
    prediction: str | None = None
    level: float = 0.95
    study_ci: str | None = None
    zero_cells: str | None = None
    i2_method: str | None = None
    preset: str | None = None
    by: str | None = None
    moderators: tuple[str, ...] = ()
    cumulative: str | None = None
    exclude: tuple[str, ...] = ()
    bias: bool = False
    influence: bool = False
    compare_presets: bool = False
    multiverse: bool = False

    def method(self, kind: str) -> dict[str, Any]:
        """Give the keywords of :func:`synth.meta.pool` for a kind of data ("proportion", "two means", ...).

        Raises
        ------
        SettingsError
            No such preset, or not for this kind.
        """
        own = {name: value for name in _METHOD if (value := getattr(self, name)) is not None}
        if self.preset is not None:
            from ..meta.choices.presets import preset_settings

            own = preset_settings(self.preset, kind, **own)
        return {**own, "level": self.level}

    def flags(self) -> list[str]:
        """Give the options of ``synth pool`` that are not at their defaults."""
        words: list[str] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            flag = _FLAGS.get(field.name, f"--{field.name}")
            for each in value if isinstance(value, tuple) else (value,):
                words += [flag] if each is True else [flag, str(each)]
        return words
