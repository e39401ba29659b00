"""The words of ``synth pool``: as literals, because help must not wait for the mathematics; a test holds them equal."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Mapping
from typing import Any

import click

MEASURES = {
    "PLOGIT": "proportions on the logit",
    "PLN": "proportions on the logarithm",
    "PRAW": "proportions as they are",
    "PAS": "proportions on the arcsine of the root",
    "PFT": "proportions by Freeman and Tukey, which goes back to per cent doubtfully",
    "IR": "rates as they are",
    "IRLN": "rates on the logarithm",
    "IRS": "rates on the square root",
    "IRFT": "rates by Freeman and Tukey",
    "OR": "odds ratio of two arms",
    "RR": "risk ratio of two arms",
    "RD": "risk difference of two arms",
    "AS": "difference of arcsine roots of two arms",
    "PETO": "odds ratio by Peto, for rare events",
    "IRR": "rate ratio of two arms",
    "IRD": "rate difference of two arms",
    "IRSD": "difference of root rates of two arms",
    "MN": "means as they are",
    "MNLN": "means on the logarithm",
    "MD": "mean difference, in the unit of the data",
    "SMD": "standardised mean difference (Hedges)",
    "SMDH": "the same, standard deviations not taken as equal",
    "SMD1": "the same, by the second arm's standard deviation (Glass)",
    "ROM": "ratio of means",
    "VR": "ratio of standard deviations",
    "CVR": "ratio of coefficients of variation",
    "COR": "correlations as they are",
    "ZCOR": "correlations on Fisher's z",
    "GEN": "estimates with their standard errors or intervals",
}
MODELS = {
    "glmm": "mixed model of the counts, nothing added to zeros",
    "glmm-um-fs": "the same of two arms, with a level for each study",
    "glmm-cm-el": "the same, given all events of a study, exactly",
    "glmm-cm-al": "the same, given all events of a study, for rare ones",
    "inverse": "each study's estimate weighed by its variance",
    "mh": "Mantel-Haenszel, from the counts, a common effect",
    "peto": "Peto's odds ratio, from the counts, a common effect",
    "beta-binomial": "beta-binomial model of the counts",
    "bayes": "Bayesian binomial-normal model, weak prior on tau",
}
EFFECTS = {
    "random": "the studies' true values may differ",
    "common": "all studies have one true value",
}
TAU2_METHODS = {
    "ML": "maximum likelihood",
    "REML": "restricted maximum likelihood",
    "DL": "DerSimonian and Laird",
    "PM": "Paule and Mandel",
    "EB": "empirical Bayes, which has the value of PM",
    "SJ": "Sidik and Jonkman",
    "HS": "Hunter and Schmidt",
    "HE": "Hedges",
    "HSk": "Hunter and Schmidt, corrected for few studies",
    "PMM": "Paule and Mandel at the median of Q",
}
CI_METHODS = {
    "auto": "what suits the model and the number of studies; the page says which",
    "t": "t with k - 1 degrees of freedom",
    "profile": "what the likelihood does not reject; need not be symmetric",
    "wald": "normal: takes tau2 as known",
    "hksj": "Hartung-Knapp-Sidik-Jonkman: by how far the studies really scatter",
    "hksj-adhoc": "the same, never narrower than t",
    "credible": "of the posterior, with --model bayes",
}
MEDIANS = {
    "luo": "as of normal values: Luo 2018, Wan 2014, Shi 2020; skewed ones out",
    "lognormal": "as of log-normal values: Shi 2020; skewed ones out",
    "mcgrath": "the best of four distributions: McGrath 2020",
    "leave-out": "not at all: only printed means are pooled",
}
TAU2_CIS = {
    "q-profile": "the values of tau2 that Cochran's Q is compatible with",
    "profile": "those that the likelihood does not reject",
}
PREDICTIONS = {
    "t": "t with k - 1 degrees of freedom",
    "hts": "t with k - 2, as in the first proposal",
    "normal": "normal: takes tau2 as known",
    "bootstrap": "draws that take in how uncertain tau2 is (Nagashima), with --model inverse",
    "none": "no prediction interval",
}
STUDY_INTERVALS = {
    "clopper-pearson": "exact for a proportion",
    "wilson": "score interval",
    "wilson-corrected": "score interval with continuity correction",
    "agresti-coull": "normal after adding two of either",
    "jeffreys": "of the posterior under Jeffreys's prior",
    "mid-p": "exact with half the weight on what was seen",
    "wald": "normal",
    "exact": "exact for a rate",
}
PRESETS = {
    "synth": "the defaults of this program",
    "cochrane": "Cochrane's random-effects methods in RevMan",
    "revman5": "Review Manager 5",
    "meta": "R's meta, metaprop or metagen",
    "metafor": "R's metafor, rma",
    "stata-metaprop": "Stata's metaprop with ftt",
}
ZERO_CELLS = {
    "only0": "1/2 to studies with an empty cell",
    "if0all": "1/2 to all studies where any has an empty cell",
    "all": "1/2 to all studies",
    "treatment-arm": "a share of 1 by the other arm's size, to studies with an empty cell",
    "none": "nothing",
}
I2_METHODS = {
    "tau2": "from tau2 and the typical variance within studies",
    "q": "from Cochran's Q",
}
BY_TAU2 = {
    "separate": "each group has its own",
    "common": "one for all groups",
}


class Choice(click.Choice[str]):
    """A choice in any case that shows its names as they are written everywhere else, and knows what each means."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        super().__init__(list(meanings), case_sensitive=False)
        self.meanings = dict(meanings)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the name that was meant, or say which is near and what each of them stands for."""
        names = {name.casefold(): name for name in self.choices}
        word = str(value).casefold()
        if word in names:
            return names[word]
        near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
        hint = f'Did you mean "{names[near[0]]}"? ' if near else ""
        raise click.BadParameter(f'there is no "{value}". {hint}There are:\n{self.listed()}', param=param, ctx=ctx)

    def listed(self) -> str:
        """Write the names in a column with their meanings beside them.

        Examples
        --------
        >>> print(Choice({"t": "by t", "wald": "normal"}).listed())
          t     by t
          wald  normal
        """
        room = max(map(len, self.meanings))
        hang = " " * (room + 4)
        return "\n".join(
            textwrap.fill(meaning, 96, initial_indent=f"  {name:<{room}}  ", subsequent_indent=hang)
            for name, meaning in self.meanings.items()
        )

    def get_metavar(self, *_: Any, **__: Any) -> str:
        """Show the names as they are, where click would show them in small letters; a long list is left to the help."""
        return f"[{'|'.join(self.choices)}]" if len(self.choices) <= 10 else "NAME"


class Column(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic from click 8.3 on
    """``NAME=HEADING``: which heading of a table is which column."""

    name = "NAME=HEADING"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Part the two at the first equals sign."""
        if isinstance(value, tuple):
            return value
        name, sign, heading = str(value).partition("=")
        if not sign or not name.strip() or not heading.strip():
            self.fail(f'"{value}" is not NAME=HEADING, as in --column mean_1="mean treated".', param, ctx)
        return name.strip(), heading.strip()
