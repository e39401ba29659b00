"""What a person asks of a pool: the method, and the analyses beside it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ..errors import SettingsError

# The short names of the command line where they are not the keyword with hyphens, which is an option as well.
_FLAGS = {
    "tau2_method": "--tau2",
    "ci_method": "--ci",
    "i2_method": "--i2",
    "moderators": "--moderator",
}
_METHOD = (
    "measure", "model", "effects", "tau2_method", "ci_method", "prediction", "study_ci", "zero_cells", "i2_method",
    "tau2_ci",
)  # fmt: skip


@dataclass(frozen=True)
class PoolOptions:
    """How to pool, and what else to make of the same studies.

    Parameters
    ----------
    measure, model, effects, tau2_method, ci_method, prediction, study_ci, zero_cells, i2_method, tau2_ci
        Words of :func:`synth.meta.pool`; its defaults (or the preset's) where left out.
    level : float
        Of every interval.
    seed : int
        Of everything that is drawn at random: the bootstrap, permutations, subsets.
    leave_one_out : bool, optional
        Whether to pool again without each study in turn; where it takes no more than a moment, if left out.
    preset : str, optional
        Settings of another program, with one's own on top: a key of :data:`synth.meta.choices.presets.PRESETS`.
    by : str, optional
        Variable of subgroups; those that the review names for the outcome, if left out.
    by_tau2 : {"separate", "common"}, optional
        Whether each subgroup has a tau2 of its own (as it has if left out), or all one.
    moderators : tuple of str
        Variables of a meta-regression.
    permutations : int, optional
        Also test subgroups and moderators in so many arrangements of the studies.
    cumulative : str, optional
        Variable in whose order studies are added; also ``size``, ``total`` or ``precision``. By year, where the sheets
        have it, if left out.
    exclude : tuple of str
        Studies to leave out.
    risk_of_bias : tuple of str
        Levels of risk of bias to keep to ("low", "moderate", "unclear", "high", "critical"); all studies if left out.
    medians : {"luo", "lognormal", "mcgrath", "leave-out"}
        What becomes of studies that print a median with quartiles or range in place of mean and standard deviation;
        see :func:`synth.steps.medians.with_estimates`.
    bias, influence, multiverse : bool, optional
        Whether to make that analysis; if left out, as :mod:`synth.steps.unasked` says.
    gosh, compare_presets : bool
        Whether to make that analysis.
    bias_force : bool
        Look for small-study effects under ten studies too.
    gosh_subsets : int, optional
        Up to how many subsets all are pooled, and how many are drawn otherwise.
    second_opinions : bool
        Also by the beta-binomial and the Bayesian model where there are many studies; they come by themselves where
        there are few.

    Examples
    --------
    >>> PoolOptions(ci_method="profile", moderators=("year", "n"), bias=True).flags()
    ['--ci', 'profile', '--moderator', 'year', '--moderator', 'n', '--bias']
    >>> PoolOptions(leave_one_out=False, gosh=True, gosh_subsets=500, seed=7).flags()
    ['--seed', '7', '--no-leave-one-out', '--gosh', '--gosh-subsets', '500']
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
    tau2_ci: str | None = None
    seed: int = 1
    leave_one_out: bool | None = None
    preset: str | None = None
    by: str | None = None
    by_tau2: str | None = None
    moderators: tuple[str, ...] = ()
    permutations: int | None = None
    cumulative: str | None = None
    exclude: tuple[str, ...] = ()
    risk_of_bias: tuple[str, ...] = ()
    medians: str = "luo"
    bias: bool | None = None
    bias_force: bool = False
    influence: bool | None = None
    gosh: bool = False
    gosh_subsets: int | None = None
    second_opinions: bool = False
    compare_presets: bool = False
    multiverse: bool | None = None
    quick: bool = False

    def __post_init__(self) -> None:
        """Refuse what would be passed over in silence."""
        if self.by_tau2 is not None and self.by is None:
            raise SettingsError(
                f"--by-tau2 {self.by_tau2} is of subgroups, and none were asked for. Add --by VARIABLE."
            )
        if self.permutations is not None and self.by is None and not self.moderators:
            raise SettingsError(
                "--permutations tests subgroups or moderators, and none were asked for. Add --by VARIABLE or "
                "--moderator VARIABLE."
            )

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
        return {**own, "level": self.level, "seed": self.seed}

    @property
    def asked(self) -> frozenset[str]:
        """Name the analyses that were asked for, as the document calls them.

        Examples
        --------
        >>> sorted(PoolOptions(by="country", bias_force=True).asked)
        ['bias', 'subgroups']
        """
        wanted = {
            "subgroups": self.by is not None,
            "regression": bool(self.moderators),
            "cumulative": self.cumulative is not None,
            "influence": self.influence,
            "gosh": self.gosh or self.gosh_subsets is not None,
            "bias": self.bias or self.bias_force,
            "second_opinions": self.second_opinions,
            "presets": self.compare_presets,
            "multiverse": self.multiverse,
        }
        return frozenset(name for name, is_wanted in wanted.items() if is_wanted)

    def flags(self) -> list[str]:
        """Give the options of ``synth pool`` that are not at their defaults."""
        words: list[str] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            flag = _FLAGS.get(field.name, f"--{field.name.replace('_', '-')}")
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, bool):
                    words.append(flag if each else f"--no-{flag[2:]}")
                else:
                    words += [flag, str(each)]
        return words
