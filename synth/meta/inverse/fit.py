"""Inverse-variance pooling: the mask kernel.

Studies stand on the last axis and everything broadcasts over the others, so that leave-one-out is ``~eye(k)``, a
cumulative analysis is ``tril``, a subgroup is a row of booleans and a bootstrap is a matrix of integer multiplicities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.inverse.heterogeneity import i2_from_tau2, typical_variance
from synth.meta.inverse.tau2 import check_method, tau2_of, tau2_standard_error
from synth.meta.numeric.distributions import Floats, chi2_tail, t_two_sided, t_upper
from synth.meta.sensitivity.rows import Rows, Sums, log_likelihoods, make_rows, sums

EFFECTS: Final = ("random", "common")
CI_METHODS: Final = ("wald", "t", "hksj", "hksj-adhoc")
PREDICTIONS: Final = ("t", "hts", "normal")


Compute = Callable[["InverseFit"], Floats]


class _derived:
    """A field that is worked out when it is first asked for, without warnings, in the leading shape.

    What functools.cached_property does, less its lock: a pool of ten studies is asked for twenty of these.
    """

    def __init__(self, compute: Compute) -> None:
        self.compute, self.name, self.__doc__ = compute, compute.__name__, compute.__doc__

    @overload
    def __get__(self, fit: None, owner: type | None = None) -> _derived: ...
    @overload
    def __get__(self, fit: InverseFit, owner: type | None = None) -> Floats: ...
    def __get__(self, fit: InverseFit | None, owner: type | None = None) -> Floats | _derived:
        if fit is None:
            return self
        value = self.make(fit).reshape(fit._rows.lead)
        fit.__dict__[self.name] = value  # found before this descriptor from now on
        return value

    def make(self, fit: InverseFit) -> Floats:
        """Compute it, flat or not."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return self.compute(fit)


class _calm(_derived):
    """The same of what warns of nothing where every row has two studies or more: silence costs as much as the sum."""

    def make(self, fit: InverseFit) -> Floats:
        """Compute it, flat or not."""
        return self.compute(fit) if fit._ordinary else super().make(fit)


@dataclass(frozen=True, eq=False)
class InverseFit:
    """A pooled result for each row of the mask; every array has the leading shape.

    What is not defined is nan here, inside arrays: everything where no study counts; I2, H2, the standard error of tau2
    and the prediction interval where a single one does. tau2 and the sums are there at once; what follows from them is
    worked out when it is first asked for.

    Attributes
    ----------
    effects, tau2_method, ci_method, prediction : str
        The definitions that made the numbers; `tau2_method` is "" in a common-effect model.
    level : float
        Confidence of all the intervals.
    """

    effects: str
    tau2_method: str
    ci_method: str
    prediction: str
    level: float
    _rows: Rows = field(repr=False)
    _whole: bool = field(repr=False)
    _tau2: Floats = field(repr=False)
    _at_zero: Sums = field(repr=False)
    _sums: Sums = field(repr=False)

    @cached_property
    def k(self) -> NDArray[np.int64] | Floats:
        """Number of studies that count: whole, or a float where a multiplicity is not whole."""
        k = self._rows.k.reshape(self._rows.lead)
        return k.astype(np.int64) if self._whole else k

    def _where(self, defined: NDArray[np.bool_], value: Floats, otherwise: float = np.nan) -> Floats:
        """np.where, but free where every row has studies enough, which is nearly always."""
        return value if self._ordinary else np.where(defined, value, otherwise)

    @property
    def _ordinary(self) -> bool:
        return self._rows.several

    @cached_property
    def _several(self) -> NDArray[np.bool_]:
        return self._rows.k > 1

    @cached_property
    def _some(self) -> NDArray[np.bool_]:
        return self._rows.k > 0

    @_calm
    def estimate(self) -> Floats:
        """Pooled estimate, analysis scale."""
        return self._rows.origin + self._sums.mean

    @_calm
    def hksj_scale(self) -> Floats:
        """Weighted mean square of the residuals, before any floor: se of "hksj" is its root times the Wald one."""
        scale = self._sums.q / self._rows.df
        return scale if self._ordinary else np.where(self._several, scale, np.nan)

    @_calm
    def se(self) -> Floats:
        """Standard error of the estimate by `ci_method`."""
        wald = np.sqrt(1.0 / self._sums.s1)
        if self.ci_method in ("wald", "t"):
            return wald
        scale = self.hksj_scale.reshape(-1)
        if self.ci_method == "hksj-adhoc":
            scale = np.maximum(scale, 1.0)
        # a single study has no residuals to scale by
        return wald * np.sqrt(scale if self._ordinary else np.where(np.isnan(scale), 1.0, scale))

    @_calm
    def df(self) -> Floats:
        """Degrees of freedom, infinite: normal. One study has its own normal interval under every `ci_method`."""
        if self._ordinary and self.ci_method != "wald":
            return self._rows.df
        if self.ci_method == "wald":
            return self._where(self._some, np.full(len(self._rows.k), np.inf))
        return self._where(self._some, self._where(self._several, self._rows.df, np.inf))

    @_derived
    def statistic(self) -> Floats:
        """Estimate over standard error."""
        return self.estimate / self.se

    @_derived
    def p_value(self) -> Floats:
        """Its two-sided p."""
        return t_two_sided(self.statistic, self.df)

    @_derived
    def _quantile(self) -> Floats:
        return t_upper(0.5 * (1.0 - self.level), self.df)

    @_calm
    def ci_low(self) -> Floats:
        """Lower limit of the estimate, analysis scale."""
        return self.estimate - self._quantile * self.se

    @_calm
    def ci_high(self) -> Floats:
        """Upper limit of the estimate, analysis scale."""
        return self.estimate + self._quantile * self.se

    @_calm
    def tau2(self) -> Floats:
        """Between-study variance, 0 in a common-effect model."""
        return self._tau2

    @_derived
    def se_tau2(self) -> Floats:
        """Standard error of tau2; nan in a common-effect model."""
        if not self.tau2_method:
            return np.full(len(self._rows.k), np.nan)
        return tau2_standard_error(self._rows, self._tau2, self.tau2_method)

    @_calm
    def q(self) -> Floats:
        """Cochran's Q."""
        return self._where(self._some, self._at_zero.q)

    @_derived
    def q_df(self) -> Floats:
        """Its degrees of freedom."""
        return self._where(self._some, self._rows.df)

    @_derived
    def q_p(self) -> Floats:
        """Its p."""
        return chi2_tail(self.q, self.q_df)

    @_derived
    def i2_q(self) -> Floats:
        """I2 from Q: max(0, 1 - df/Q), a fraction."""
        return self._where(self._several, np.maximum(0.0, 1.0 - self._rows.df / self._at_zero.q))

    @_derived
    def h2_q(self) -> Floats:
        """H2 from Q: Q/df."""
        return self._where(self._several, self._at_zero.q / self._rows.df)

    @cached_property
    def _typical(self) -> Floats:
        return typical_variance(self._rows, self._at_zero)

    @_derived
    def i2(self) -> Floats:
        """I2 from tau2 and the typical variance (random), from Q (common): a fraction, not below 0."""
        return i2_from_tau2(self._tau2, self._typical) if self.tau2_method else self.i2_q

    @_derived
    def h2(self) -> Floats:
        """H2 from tau2 and the typical variance (random), from Q (common)."""
        return 1.0 + self._tau2 / self._typical if self.tau2_method else self.h2_q

    @cached_property
    def weights(self) -> Floats:
        """Fractions that add to 1, shape (..., k), in the order given; a study counted twice has twice its weight."""
        rows, s = self._rows, self._sums
        w = s.u if rows.m is None else s.u * rows.m
        with np.errstate(invalid="ignore"):
            w = rows.in_order(w / s.s1[:, None])
        return w.reshape(*rows.lead, w.shape[1])

    @_derived
    def _reach(self) -> Floats:
        """Half the width of the prediction interval."""
        if self.effects == "common":
            return np.full(len(self._rows.k), np.nan)
        if self._ordinary and self.ci_method != "wald" and self.prediction == "t":
            quantile = self._quantile
        else:
            df = self._rows.df
            df = {"t": df, "hts": df - 1.0, "normal": np.full(len(df), np.inf)}[self.prediction]
            defined = self._several & (df > 0)
            quantile = t_upper(0.5 * (1.0 - self.level), np.where(defined, df, np.nan)).reshape(self._rows.lead)
        return quantile * np.sqrt(self.tau2 + self.se * self.se)

    @_derived
    def prediction_low(self) -> Floats:
        """Lower limit of where a new study's true value lies."""
        return self.estimate - self._reach

    @_derived
    def prediction_high(self) -> Floats:
        """Upper limit of where a new study's true value lies."""
        return self.estimate + self._reach

    @cached_property
    def _log_likelihoods(self) -> tuple[Floats, Floats]:
        return log_likelihoods(self._rows, self._tau2, self._sums)

    @_derived
    def log_likelihood_ml(self) -> Floats:
        """Full log-likelihood at the estimates."""
        return self._log_likelihoods[0]

    @_derived
    def log_likelihood_reml(self) -> Floats:
        """Restricted log-likelihood at the estimates."""
        return self._log_likelihoods[1]


def _check(effects: str, tau2_method: str, ci_method: str, prediction: str, level: float) -> None:
    for name, value, known in (
        ("effects", effects, EFFECTS),
        ("ci_method", ci_method, CI_METHODS),
        ("prediction", prediction, PREDICTIONS),
    ):
        if value not in known:
            raise SettingsError(f'There is no {name} "{value}". There are: {", ".join(known)}.')
    check_method(tau2_method)
    if not 0 < level < 1:
        raise SettingsError(f"A confidence level lies between 0 and 1; {level} does not. Did you mean 0.95?")


def pool_inverse(
    y: ArrayLike,
    v: ArrayLike,
    include: ArrayLike | None = None,
    *,
    effects: str = "random",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    prediction: str = "t",
) -> InverseFit:
    """Pool estimates with weights 1 / (v + tau2), for every row of a mask at once.

    Parameters
    ----------
    y, v : array_like, shape (..., k)
        Estimates and their sampling variances, on the analysis scale. What does not count may be anything, even nan.
    include : array_like of bool, int or float, shape (..., k), optional
        Which studies count, or how often each does. A study of infinite variance counts nowhere.
    effects : {"random", "common"}
        With tau2, or with tau2 = 0.
    tau2_method : str
        One of :data:`synth.meta.inverse.tau2.METHODS`.
    ci_method : {"wald", "t", "hksj", "hksj-adhoc"}
        Normal; t with k - 1 degrees of freedom; Hartung-Knapp-Sidik-Jonkman; the same with a scale of at least 1.
    level : float
        Confidence, in (0, 1).
    prediction : {"t", "hts", "normal"}
        Quantile with k - 1 (Veroniki et al. 2019), k - 2 (Higgins, Thompson and Spiegelhalter 2009) or infinitely many
        degrees of freedom, at sqrt(tau2 + se^2) with the se of `ci_method`.

    Returns
    -------
    InverseFit
        Arrays of the leading shape.

    Raises
    ------
    SettingsError
        An option that is not there.
    NoAnswer
        An iteration did not settle.
    ValueError
        A counted estimate is not finite, a counted variance is not above 0, a multiplicity is negative.

    Notes
    -----
    DerSimonian and Laird (1986); Hartung and Knapp (2001), Stat Med 20:3875-3889; Sidik and Jonkman (2002); Higgins and
    Thompson (2002), Stat Med 21:1539-1558, for I2 and H2; Higgins, Thompson and Spiegelhalter (2009), J R Stat Soc A
    172:137-159.

    Examples
    --------
    >>> y, v = [0.10, 0.30, 0.35, 0.65], [0.03, 0.05, 0.01, 0.05]
    >>> fit = pool_inverse(y, v, tau2_method="DL", ci_method="wald")
    >>> print(fit.estimate.round(4), fit.tau2.round(4), fit.weights.round(3))
    0.3305 0.0083 [0.227 0.149 0.475 0.149]
    >>> pool_inverse(y, v, ~np.eye(4, dtype=bool), tau2_method="DL").estimate.round(3)
    array([0.386, 0.341, 0.328, 0.289])
    """
    _check(effects, tau2_method, ci_method, prediction, level)
    rows = make_rows(y, v, include)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        zero = np.zeros(len(rows.k))
        s0 = sums(rows, zero)
        if effects == "random":
            tau2 = tau2_of(rows, tau2_method, s0)
            s = sums(rows, tau2, first=True)
        else:
            tau2, s = zero if rows.k.all() else np.where(rows.k > 0, zero, np.nan), s0
    whole = include is None or np.asarray(include).dtype.kind in "biu" or bool((rows.k == np.rint(rows.k)).all())
    return InverseFit(
        effects=effects,
        tau2_method=tau2_method if effects == "random" else "",
        ci_method=ci_method,
        prediction=prediction,
        level=level,
        _rows=rows,
        _whole=whole,
        _tau2=tau2,
        _at_zero=s0,
        _sums=s,
    )
