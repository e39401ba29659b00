"""The analyses beside a pool, asked for or made unasked, as the document holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .. import meta
from ..errors import NoAnswer, NothingToPool, SettingsError, SynthError
from ..report.outcome import undefined_analyses as undefined
from .gather import FROM_DATA, Gathered, Variables
from .options import PoolOptions
from .unasked import YEAR, unasked

Json = dict[str, Any]


def analyses(
    gathered: Gathered, options: PoolOptions, variables: Variables, subgroups: Sequence[str] = ()
) -> Json:
    """Make every analysis that was asked for, and those that a page has unasked.

    Parameters
    ----------
    gathered : Gathered
        The studies.
    options : PoolOptions
        What was asked for.
    variables : Variables
        What the studies can be looked at by.
    subgroups : sequence of str
        Variables of subgroups that the review names for this outcome.

    Returns
    -------
    dict
        One key for each analysis there is; ``None`` with ``NAME_reason`` where there is none.

    Raises
    ------
    UnknownName
        A variable that is no column.
    SettingsError
        An analysis that was asked for and that the model does not have, with the nearest that has.
    """
    data, studies = gathered.data, gathered.studies
    words = options.method(gathered.kind)
    more = unasked(gathered, options, variables, subgroups)
    found: dict[str, Any] = dict.fromkeys(undefined.NAMES)
    reasons: dict[str, str] = dict(more.reasons)

    def make(name: str, function: str, *args: object, **kinds: object) -> Any:
        missing: tuple[type[SynthError], ...] = (NoAnswer,)
        if name not in options.asked:
            missing = (NoAnswer, SettingsError, NothingToPool)
        try:
            return getattr(meta, function)(data, studies, *args, **kinds, **words)
        except missing as error:
            reasons[name] = str(error)
            return None

    def wanted(name: str) -> bool:
        return name in options.asked or name in more.names

    if wanted("subgroups"):
        chosen = {"by_tau2": options.by_tau2 or "separate", "permutations": options.permutations}
        listed = [options.by] if options.by is not None else list(subgroups)
        made = [make("subgroups", "subgroup_analysis", variables.of(by), variable=by, **chosen) for by in listed]
        found["subgroups"], *others = [each for each in made if each is not None] or [None]
        found["more_subgroups"] = tuple(others)
    if options.moderators:
        columns = {name: variables.of(name) for name in options.moderators}
        found["regression"] = make("regression", "moderator_analysis", columns, permutations=options.permutations)
    if wanted("cumulative"):
        name = options.cumulative or YEAR
        built_in = name.casefold() in FROM_DATA and not (name.casefold() != "total" and variables.has(name))
        name = name.casefold() if built_in else name
        values = None if built_in else variables.of(name)
        found["cumulative"] = make("cumulative", "cumulative_analysis", values, variable=name)
    if wanted("influence"):
        found["influence"] = make("influence", "influence_analysis")
    if "gosh" in options.asked:
        found["gosh"] = make("gosh", "gosh_analysis", subsets=options.gosh_subsets)
    if wanted("bias"):
        found["bias"] = make("bias", "bias_analysis", force=options.bias_force)
    if options.compare_presets:
        found["presets"] = make("presets", "compare_presets")
    if wanted("multiverse"):
        found["multiverse"] = make("multiverse", "pool_multiverse")
    if gathered.kind == "proportion":
        found["second_opinions"] = make("second_opinions", "second_opinions", force=options.second_opinions)
    elif options.second_opinions:
        reasons["second_opinions"] = "asked for, but they are models of proportions of one arm"
    return undefined.analyses({name: _plain(name, value) for name, value in found.items()}, reasons, gathered.kind)


def _plain(name: str, value: Any) -> Any:
    """Turn a result into dictionaries and lists; an empty tuple of opinions is none at all."""
    if value is None or value == ():
        return None
    if name == "presets":
        value = value.rows
    return _lists([asdict(each) for each in value] if isinstance(value, tuple) else asdict(value))


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lists(each) for name, each in value.items()}
    return [_lists(each) for each in value] if isinstance(value, list | tuple) else value
