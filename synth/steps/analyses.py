"""The analyses beside a pool that were asked for, as the document holds them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .. import meta
from ..errors import NoAnswer
from ..report.outcome import undefined_analyses as undefined
from .gather import FROM_DATA, Gathered, Variables
from .options import PoolOptions

Json = dict[str, Any]


def analyses(gathered: Gathered, options: PoolOptions, variables: Variables) -> Json:
    """Make every analysis that was asked for.

    Parameters
    ----------
    gathered : Gathered
        The studies.
    options : PoolOptions
        What was asked for.
    variables : Variables
        What the studies can be looked at by.

    Returns
    -------
    dict
        One key for each analysis there is; ``None`` with ``NAME_reason`` where there is none.

    Raises
    ------
    UnknownName
        A variable that is no column.
    SettingsError
        An analysis that the model does not have, with the nearest that has.
    """
    data, studies = gathered.data, gathered.studies
    words = options.method(gathered.kind)
    found: dict[str, object] = dict.fromkeys(undefined.NAMES)
    reasons: dict[str, str] = {}

    def make(name: str, function: str, *args: object, **more: object) -> None:
        try:
            found[name] = getattr(meta, function)(data, studies, *args, **more, **words)
        except NoAnswer as error:
            reasons[name] = str(error)

    if options.by is not None:
        chosen = {"by_tau2": options.by_tau2 or "separate", "permutations": options.permutations}
        make("subgroups", "subgroup_analysis", variables.of(options.by), variable=options.by, **chosen)
    if options.moderators:
        columns = {name: variables.of(name) for name in options.moderators}
        make("regression", "moderator_analysis", columns, permutations=options.permutations)
    if options.cumulative is not None:
        built_in = options.cumulative.casefold() in FROM_DATA and not (
            options.cumulative.casefold() != "total" and variables.has(options.cumulative)
        )
        name = options.cumulative.casefold() if built_in else options.cumulative
        make("cumulative", "cumulative_analysis", None if built_in else variables.of(name), variable=name)
    if options.influence:
        make("influence", "influence_analysis")
    if options.gosh or options.gosh_subsets is not None:
        make("gosh", "gosh_analysis", subsets=options.gosh_subsets)
    if options.bias or options.bias_force:
        make("bias", "bias_analysis", force=options.bias_force)
    if options.compare_presets:
        make("presets", "compare_presets")
    if options.multiverse:
        make("multiverse", "pool_multiverse")
    if gathered.kind == "proportion":
        make("second_opinions", "second_opinions", force=options.second_opinions)
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
