"""Quantiles and tails to the digits that R prints."""

from __future__ import annotations

import numpy as np
import pytest

from synth.meta.numeric.distributions import (
    beta_lower,
    chi2_tail,
    chi2_upper,
    f_tail,
    f_upper,
    normal_upper,
    t_two_sided,
    t_upper,
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (normal_upper(0.025), 1.9599639845400545),
        (t_upper(0.025, 1), 12.706204736174694),  # tan(0.475 pi)
        (t_upper(0.025, 2), 4.302652729749464),  # 0.95 / sqrt(2 * 0.975 * 0.025)
        (t_upper(0.025, 3), 3.182446305283710),
        (t_upper(0.025, 13), 2.160368656462792),
        (t_upper(0.025, 4), 2.776445105197799),
        (chi2_upper(0.05, 1), 1.9599639845400545**2),
        (chi2_upper(0.975, 2), -2 * np.log(0.975)),
        (chi2_upper(1e-12, 2), -2 * np.log(1e-12)),
        (beta_lower(0.025, 1, 7), 1 - 0.975 ** (1 / 7)),
        (f_upper(0.05, 1, 13), 2.160368656462792**2),
        (f_tail(2.160368656462792**2, 1, 13), 0.05),
        (chi2_tail(1.9599639845400545**2, 1), 0.05),
        (t_two_sided(-12.706204736174694, 1), 0.05),
        (t_two_sided(40.0, np.inf), 0.0),
    ],
)
def test_closed_forms(ours: np.ndarray, theirs: float) -> None:
    """A quantile or tail would be off in a digit that can be printed."""
    # 2e-14: the libraries' own claim is a few units in the fifteenth digit
    np.testing.assert_allclose(ours, theirs, rtol=2e-14)


def test_no_degrees_of_freedom() -> None:
    """Without degrees of freedom there would be a quantile, or the finite neighbours would lose theirs."""
    df = np.array([0.0, -1.0, np.nan, 5.0, np.inf])
    for ours in (t_upper(0.025, df), t_two_sided(2.0, df)):
        assert np.isnan(ours[:3]).all()
        assert np.isfinite(ours[3:]).all()
    assert t_upper(0.025, df)[4] == normal_upper(0.025)
    assert np.isnan(chi2_upper(0.05, df)[:3]).all()
    np.testing.assert_array_equal(chi2_tail([0.0, 1.0, 1.0], [0.0, -1.0, np.nan]), [1.0, np.nan, np.nan])
