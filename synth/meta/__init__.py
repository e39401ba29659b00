"""The mathematics: arrays in, frozen results out. No files, no clock, no globals."""

from __future__ import annotations

from .pool import pool
from .proportions import pool_proportions
from .results import PoolResult

__all__ = ["PoolResult", "pool", "pool_proportions"]
