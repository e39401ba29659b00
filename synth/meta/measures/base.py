"""What an effect measure is: its data, its way to the analysis scale and back, and what it does about zero cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingsError
from synth.meta.measures.zero_cells import ADD, check_policy
from synth.meta.numeric.distributions import Floats

Mask = NDArray[np.bool_]
Forward = Callable[..., tuple[Floats, Floats]]


@dataclass(frozen=True)
class Inputs:
    """What a measure is made from, and how such data are checked and corrected.

    Attributes
    ----------
    kind : str
        "proportion", "rate", "two proportions", "two rates", "mean", "two means", "correlation", "generic".
    columns : tuple of str
        Names of the data, in order; arm 1 is the one whose effect is looked for, arm 2 the comparator.
    check : callable
        Raises ValueError for data that no study can have.
    correct : callable, optional
        Deals with zero cells under a policy.
    same : callable, optional
        Which studies say nothing about a ratio.
    """

    kind: str
    columns: tuple[str, ...]
    check: Callable[..., None] = field(repr=False)
    correct: Callable[..., tuple[tuple[Floats, ...], Mask]] | None = field(default=None, repr=False)
    same: Callable[..., Mask] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of every study, and what was done to get them.

    Attributes
    ----------
    measure : str
        Name of the measure.
    y, v : ndarray, shape (..., k)
        Estimates and sampling variances; nan where the study has none.
    zero_cells : str
        The policy; "none" where the measure needs none.
    add : float
        What it adds to a cell; 0 under "none".
    corrected : ndarray of bool, shape (..., k)
        The studies that something was added to.
    usable : ndarray of bool, shape (..., k)
        The studies that can be pooled: an estimate, and a variance above 0.
    undefined : str
        Why a study of this measure may have no estimate.
    """

    measure: str
    y: Floats
    v: Floats
    zero_cells: str
    add: float
    corrected: Mask
    usable: Mask
    undefined: str

    def reason(self, *index: int) -> str | None:
        """Return why the study at `index` cannot be pooled, or None.

        Examples
        --------
        >>> from synth.meta.measures.effects import measure
        >>> measure("RR").estimates([0], [30], [0], [28]).reason(0)
        'no events in both arms, or nothing but events in both: it says nothing about a ratio'
        """
        if self.usable[index]:
            return None
        return "its variance is 0, and its weight would be infinite" if self.v[index] == 0 else self.undefined


@dataclass(frozen=True)
class Measure:
    """An effect measure: what its inputs are called, and the way to the analysis scale and back.

    Attributes
    ----------
    name : str
        As on the command line, ``"PLOGIT"``.
    label : str
        For a sentence: "logit-transformed proportion".
    inputs : Inputs
        What it is made from.
    scale : str
        Name of the analysis scale: "logit".
    reporting : str
        Name of the reporting scale: "proportion".
    bounds : tuple of float
        Smallest and largest value on the reporting scale.
    corrected : bool
        Zero cells matter: a policy applies.
    policy : str
        The one that is used where none is named.
    relative : bool
        A ratio, about which a study without events in both arms says nothing: it is left out unless asked for.
    null : float, optional
        No effect, on the analysis scale; None for a single arm.
    sized : bool
        The way back depends on a study size, which `to_reporting` then requires.
    aliases : tuple of str
        What others call it.
    undefined : str
        Why a study may have no estimate.

    Examples
    --------
    >>> from synth.meta.measures.effects import measure
    >>> y, v = measure("PLOGIT").to_analysis([0, 16], [20, 17])
    >>> y.round(4), v.round(4)
    (array([-3.7136,  2.7726]), array([2.0488, 1.0625]))
    >>> float(measure("PLOGIT").to_reporting(0.0))
    0.5
    """

    name: str
    label: str
    inputs: Inputs
    scale: str
    reporting: str
    bounds: tuple[float, float]
    forward: Forward = field(repr=False)
    backward: Callable[..., Floats] = field(repr=False)
    corrected: bool = False
    policy: str = "only0"
    relative: bool = False
    null: float | None = None
    sized: bool = False
    aliases: tuple[str, ...] = ()
    undefined: str = "its data give no estimate on this scale"

    @property
    def kind(self) -> str:
        """What is measured: "proportion", "two rates", and so on."""
        return self.inputs.kind

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs of `to_analysis`, in order."""
        return self.inputs.columns

    def estimates(
        self,
        *data: ArrayLike,
        zero_cells: str | None = None,
        add: float = ADD,
        double_zero: str | None = None,
    ) -> Estimates:
        """Return estimates and sampling variances, and what was done to zero cells.

        Parameters
        ----------
        *data : array_like
            One for each of `columns`; they broadcast, studies last.
        zero_cells : {"only0", "if0all", "all", "treatment-arm", "none"}, optional
            See :mod:`synth.meta.measures.zero_cells`; the measure's own `policy` where absent.
        add : float
            What is added to a cell.
        double_zero : {"drop", "keep"}, optional
            Whether a study without events (or with nothing but events) in both arms has no estimate; "drop" for a
            `relative` measure where absent, "keep" for others.

        Returns
        -------
        Estimates

        Raises
        ------
        ValueError
            Too few or too many inputs, or values that no study can have.
        SettingsError
            A policy that is not there, or that this measure cannot follow.
        """
        if len(data) != len(self.columns):
            raise ValueError(f"{self.name} is made from {', '.join(self.columns)}; {len(data)} inputs were given")
        arrays: tuple[Floats, ...] = tuple(np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in data)))
        self.inputs.check(*arrays)
        policy, corrected = self.policy if zero_cells is None else zero_cells, np.zeros(arrays[0].shape, dtype=bool)
        if double_zero not in (None, "drop", "keep"):
            raise SettingsError(f'Studies without events in both arms can be "drop" or "keep", not "{double_zero}".')
        drop = self.inputs.same is not None and (self.relative if double_zero is None else double_zero == "drop")
        nothing = self.inputs.same(*arrays) if drop and self.inputs.same else corrected
        if not self.corrected or self.inputs.correct is None:
            check_policy(policy)
            policy = "none"
        else:
            arrays, corrected = self.inputs.correct(*arrays, policy, add)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            y, v = self.forward(*arrays)
        defined = np.isfinite(y) & np.isfinite(v) & ~nothing
        y, v = np.where(defined, y, np.nan), np.where(defined, v, np.nan)
        return Estimates(
            measure=self.name,
            y=y,
            v=v,
            zero_cells=policy,
            add=0.0 if policy == "none" else add,
            corrected=corrected & ~nothing,
            usable=defined & (v > 0),
            undefined=self.undefined,
        )

    def to_analysis(
        self, *data: ArrayLike, zero_cells: str | None = None, double_zero: str | None = None
    ) -> tuple[Floats, Floats]:
        """Return estimates and sampling variances alone; see `estimates`.

        Returns
        -------
        (y, v) : tuple of ndarray
            nan where a study has none.
        """
        e = self.estimates(*data, zero_cells=zero_cells, double_zero=double_zero)
        return e.y, e.v

    def to_reporting(self, value: ArrayLike, size: ArrayLike | None = None) -> Floats:
        """Return values of the analysis scale on the reporting scale, clipped to its bounds.

        Parameters
        ----------
        value : array_like
            Estimates or bounds; nan stays nan.
        size : array_like, optional
            Study size at which to go back, for a measure that is `sized`: patients, or person-time.

        Returns
        -------
        ndarray

        Raises
        ------
        ValueError
            A `sized` measure without a size.
        """
        x = np.asarray(value, dtype=np.float64)
        if not self.sized:
            return np.clip(self.backward(x), *self.bounds)
        if size is None:
            raise ValueError(f"{self.name} goes back to a {self.reporting} at a study size, and none was given")
        return np.clip(self.backward(x, np.asarray(size, dtype=np.float64)), *self.bounds)
