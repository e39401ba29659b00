"""The words of ``synth pool``: as literals, because help must not wait for the mathematics; a test holds them equal."""

from __future__ import annotations

import difflib
from typing import Any

import click

MEASURES = (
    "PLOGIT", "PLN", "PRAW", "PAS", "PFT", "IR", "IRLN", "IRS", "IRFT", "OR", "RR", "RD", "AS", "PETO", "IRR", "IRD",
    "IRSD", "MN", "MNLN", "MD", "SMD", "SMDH", "SMD1", "ROM", "VR", "CVR", "COR", "ZCOR", "GEN",
)  # fmt: skip
MODELS = ("glmm", "inverse", "mh", "peto", "beta-binomial", "bayes")
EFFECTS = ("random", "common")
TAU2_METHODS = ("ML", "REML", "DL", "PM", "EB", "SJ", "HS", "HE", "HSk", "PMM")
CI_METHODS = ("auto", "t", "profile", "wald", "hksj", "hksj-adhoc", "credible")
PREDICTIONS = ("t", "hts", "normal", "none")
STUDY_INTERVALS = (
    "clopper-pearson", "wilson", "wilson-corrected", "agresti-coull", "jeffreys", "mid-p", "wald", "exact",
)  # fmt: skip
PRESETS = ("synth", "cochrane", "revman5", "meta", "metafor", "stata-metaprop")
ZERO_CELLS = ("only0", "if0all", "all", "treatment-arm", "none")
I2_METHODS = ("tau2", "q")


class Choice(click.Choice[str]):
    """A choice in any case that shows its names as they are written everywhere else."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the name that was meant, or say which there are and which is near."""
        names = {name.casefold(): name for name in self.choices}
        word = str(value).casefold()
        if word in names:
            return names[word]
        near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
        hint = f'Did you mean "{names[near[0]]}"? ' if near else ""
        raise click.BadParameter(f'there is no "{value}". {hint}There are: {", ".join(self.choices)}.', ctx, param)

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
