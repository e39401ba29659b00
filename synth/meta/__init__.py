"""The mathematics: arrays in, frozen results out. No files, no clock, no globals.

The analyses beside the pool are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .pool import pool
from .proportions import pool_proportions
from .results import PoolResult

if TYPE_CHECKING:
    from .analyses.bias import bias_analysis
    from .analyses.cumulative import cumulative_analysis
    from .analyses.gosh import gosh_analysis
    from .analyses.influence import influence_analysis
    from .analyses.moderators import moderator_analysis
    from .analyses.opinions import second_opinions
    from .analyses.subgroups import subgroup_analysis
    from .choices.multiverse import pool_multiverse
    from .choices.preset_comparison import compare_presets
    from .choices.presets import preset_settings

__all__ = [
    "PoolResult",
    "bias_analysis",
    "compare_presets",
    "cumulative_analysis",
    "gosh_analysis",
    "influence_analysis",
    "moderator_analysis",
    "pool",
    "pool_multiverse",
    "pool_proportions",
    "preset_settings",
    "second_opinions",
    "subgroup_analysis",
]

_HOME: Final = {
    "bias_analysis": ".analyses.bias",
    "compare_presets": ".choices.preset_comparison",
    "cumulative_analysis": ".analyses.cumulative",
    "gosh_analysis": ".analyses.gosh",
    "influence_analysis": ".analyses.influence",
    "moderator_analysis": ".analyses.moderators",
    "pool_multiverse": ".choices.multiverse",
    "preset_settings": ".choices.presets",
    "second_opinions": ".analyses.opinions",
    "subgroup_analysis": ".analyses.subgroups",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
