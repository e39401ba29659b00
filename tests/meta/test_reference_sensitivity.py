"""Subgroups, regression, influence and small-study tests against metafor, meta and metasens, leaf by leaf."""

from __future__ import annotations

import collections
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from synth.meta.sensitivity.bootstrap import bootstrap_prediction
from synth.meta.sensitivity.regression import regress
from tests.meta.comparison import floats
from tests.meta.comparison_meta import compare_meta
from tests.meta.comparison_sensitivity import compare_sensitivity
from tests.meta.test_reference import FILES

ONE_STUDY = "a group of one study: I2 and tau2 say nothing; the references print 0 or nothing"
NOTHING = "tau2 without moderators is 0: there is nothing to explain; the reference prints 0 or compares with 1e-12"
EQUAL = "the estimates are equal: what the reference tests is rounding"
TWO = "two studies: the reference draws a line through two points, or compares two ranks"
YEARS = "the moderator is a year and the reference's X'X loses the digits (shown below in exact arithmetic)"
MODES = "the likelihood has two maxima; the reference has the lower one, at 0 (shown below)"
TIES = "values tied but for rounding (1/2 - 1/3 = 1/3 - 1/6) are tied here"
DROPPED = "the reference leaves out sign patterns whose fit did not converge"
NOT_FITTED = "the reference stopped without converging and holds null; there is an answer"
ON_THE_LINE = "the hat value is 3/k to the last digit: above it there, not here"
ROOT = "the variance of k0 is negative: 0 here, null there"
BALANCED = "meta's score test of the risk ratio uses the information of two arms of equal size"
OTHER_INPUT = "meta adds its 1/2 to a risk ratio with all events in another way; its estimates are not in the file"
LOOSE_FIT = "meta's default threshold, 1e-5 on the arcsine scale"

# pattern of file:leaf, how many leaves deviate, why
DEVIATIONS: dict[str, tuple[int, str]] = {
    "edge2_all_double_zero:*.bias.*": (40, EQUAL),
    "edge_identical_p_diff_n:*.bias.*": (115, EQUAL),
    "edge_k3_homog:*.bias.*": (107, EQUAL),
    "edge_k2_similar:*.bias.*": (79, TWO),
    "*:*.groups.*.I2": (114, ONE_STUDY),
    "rate1_nielweise2008_t:measures.IR.regression.metareg_moderator.ML_*": (38, MODES),
    "*:*.R2": (102, NOTHING),
    "bin_li2007:*.metareg_moderator.*": (24, YEARS),
    "prop_kearon1998_spec:measures.PLN.regression.metareg_moderator.*": (11, YEARS),
    "rate1_nielweise2008_t:measures.IR.regression.metareg_moderator.*": (11, YEARS),
    "edge_extreme_het:measures.PR.bias.begg*": (4, TIES),
    "edge_k500:measures.PLO.bias.begg*": (4, TIES),
    "prop_roever2022:measures.PLN.bias.begg*": (4, TIES),
    "edge_*:*.permutest_exact.pval": (3, DROPPED),
    "prop_nissen2007_mi:measures.PLO.sensitivity.*[[]7]": (9, NOT_FITTED),
    "edge_rate1_zero:measures.IRLN.*.is_influential*": (1, ON_THE_LINE),
    "prop_dong2013_placebo:measures.PR.bias.trimfill.*.se_k0": (3, ROOT),
}
META_DEVIATIONS: dict[str, tuple[int, str]] = {
    "*:meta.metabias_RR.Harbord.*": (80, BALANCED),
    "edge2_all_events:meta.metabias_RR.*": (19, OTHER_INPUT),
    "edge2_all_double_zero:*": (3, EQUAL),
    "edge_identical_p_diff_n:*": (4, EQUAL),
    "edge_k3_homog:*": (6, EQUAL),
    "edge_k500:meta.metabias.Begg.*": (4, TIES),
    "prop_hartmannboyce2018_ctl:meta.subgroup_Inverse.tau2_w*": (4, ONE_STUDY),
    "bin_egger2001:meta.metabias_ASD.Thompson.*": (1, LOOSE_FIT),
}
PATTERNS, META_PATTERNS = tuple(DEVIATIONS), tuple(META_DEVIATIONS)
# counted when this test was written; fewer means that something is no longer compared
NUMBERS, META_NUMBERS = 142_894, 2_979


@pytest.mark.parametrize("name", FILES)
def test_file_agrees(name: str, shared: Path) -> None:
    """A number of this file is computed wrongly, or a result in it is compared with nothing."""
    path = shared / "reference" / f"{name}.json"
    for result in (compare_sensitivity(path, PATTERNS), compare_meta(path, META_PATTERNS)):
        assert not result.wrong, f"{len(result.wrong)} numbers disagree:\n" + "\n".join(result.wrong[:20])
        assert not result.missed, f"{len(result.missed)} compared with nothing:\n" + "\n".join(result.missed[:20])


def test_all_were_compared(shared: Path) -> None:
    """Fewer numbers are compared than there are, or a listed deviation is no longer one."""
    for compare, deviations, numbers in (
        (compare_sensitivity, DEVIATIONS, NUMBERS),
        (compare_meta, META_DEVIATIONS, META_NUMBERS),
    ):
        results = [compare(shared / "reference" / f"{name}.json", tuple(deviations)) for name in FILES]
        compared = sum(len(r.done) for r in results)
        found = collections.Counter(pattern for r in results for pattern, _ in r.deviations)
        print(f"{compared} numbers compared, {sum(found.values())} listed deviations")  # noqa: T201
        assert dict(found) == {pattern: count for pattern, (count, _) in deviations.items()}
        assert compared >= numbers


def test_years_need_no_centring(shared: Path) -> None:
    """A moderator around 2000 would cost half the digits of Q, as it does in the reference."""
    reference = json.loads((shared / "reference" / "bin_li2007.json").read_text(encoding="utf-8"))
    block, year = reference["measures"]["OR"], floats(reference["data"]["moderator"])
    y, v = floats(block["yi"]), floats(block["vi"])
    rows = [(Fraction(a), 1 / Fraction(b), Fraction(c)) for a, b, c in zip(y, v, year, strict=True) if b == b]
    total = sum(w for _, w, _ in rows)
    mean_y, mean_x = sum(w * a for a, w, _ in rows) / total, sum(w * x for _, w, x in rows) / total
    slope = sum(w * (x - mean_x) * (a - mean_y) for a, w, x in rows) / sum(w * (x - mean_x) ** 2 for _, w, x in rows)
    q = float(sum(w * (a - mean_y - slope * (x - mean_x)) ** 2 for a, w, x in rows))
    fit = regress(y, v, np.column_stack([np.ones(len(y)), year]), np.isfinite(v), tau2_method="DL")
    theirs = block["regression"]["metareg_moderator"]["DL_z"]["QE"]
    assert abs(float(fit.q) - q) < 1e-12 * q < 1e-9 * q < abs(theirs - q)


def test_the_higher_of_two_maxima(shared: Path) -> None:
    """A regression's likelihood would be left at a lower maximum."""
    reference = json.loads((shared / "reference" / "rate1_nielweise2008_t.json").read_text(encoding="utf-8"))
    block, x = reference["measures"]["IR"], floats(reference["data"]["moderator"])
    y, v, design = floats(block["yi"]), floats(block["vi"]), np.column_stack([np.ones(len(x)), x])

    def likelihood(t: float) -> float:
        w = 1 / (v + t)
        beta = np.linalg.lstsq(design * np.sqrt(w)[:, None], y * np.sqrt(w), rcond=None)[0]
        return float(0.5 * (np.log(w).sum() - (w * (y - design @ beta) ** 2).sum() - len(y) * np.log(2 * np.pi)))

    fit = regress(y, v, design, tau2_method="ML")
    assert likelihood(float(fit.tau2)) > likelihood(0.0) + 0.5
    assert abs(likelihood(float(fit.tau2)) - float(fit.log_likelihood_ml)) < 1e-9


def test_bootstrap_prediction_is_nagashimas(shared: Path) -> None:
    """The bootstrap interval would draw something else than the paper's (2 % of the width: both are random)."""
    held = json.loads((shared / "reference" / "conversions.json").read_text(encoding="utf-8"))["prediction_pimeta"]
    seen = 0
    for name, methods in held.items():
        path, theirs = shared / "reference" / f"{name}.json", methods["boot"]
        width = theirs["upi"] - theirs["lpi"]
        if not path.exists() or width < 1e-9:
            continue
        measures = json.loads(path.read_text(encoding="utf-8"))["measures"]
        block = measures.get("PLO") or measures.get("OR") or measures["GEN"]
        ours = bootstrap_prediction(floats(block["yi"]), floats(block["vi"]), samples=100_000)
        bounds = (ours.prediction_low, ours.prediction_high, ours.ci_low, ours.ci_high)
        for bound, leaf in zip(bounds, ("lpi", "upi", "lci", "uci"), strict=True):
            assert abs(bound - theirs[leaf]) < 0.02 * width, (name, leaf)
        seen += 1
    assert seen >= 3
