"""Analyses beside the pool, each one call with one frozen result: ``dataclasses.asdict`` of it stands in the JSON.

Estimates are on the reporting scale unless a field or its ``scale`` says otherwise; what is undefined is ``None`` with
a reason. Studies that an analysis cannot use are listed with the reason. Nothing here is computed but through the
kernels of :mod:`synth.meta`.
"""

from __future__ import annotations
