"""Under each part of a page its numbers as CSV: links that need no script, no server and no second file."""

from __future__ import annotations

from dataclasses import dataclass

from ..exports import Table, csv_link, tables
from ..words.reading import Document, text
from .elsewhere import where

OF_PART: dict[str, tuple[str, ...]] = {
    "forest": ("studies",),
    "series": ("characteristics",),
    "otherwise": ("sensitivity", "leave_one_out", "intervals"),
    "opinions": ("second_opinions",),
    "subgroups": ("subgroups", "subgroup_studies", "subgroup_tests"),
    "regression": ("regression", "regression_tests", "regression_points"),
    "cumulative": ("cumulative",),
    "influence": ("influence", "baujat"),
    "gosh": ("gosh_studies", "gosh_cells"),
    "bias": ("bias_tests", "trim_and_fill", "funnel"),
    "presets": ("presets", "preset_differences"),
    "multiverse": ("multiverse",),
    "left-out": ("excluded",),
}
"""Which tables belong to which part of the page, by their names."""
_SHOWN = frozenset({"unit", "shown"})
"""Columns that say again what the page shows."""
_CONSTANT = {"multiverse": frozenset({"k", "reason"}), "influence": frozenset({"rule", "model", "reason"})}
"""Columns of one and the same word down a table, or of words that its caption and its other columns say."""
_STUDIES = (
    "study", "arm", "events", "total", "estimate", "ci_low", "ci_high", "weight_fraction", "estimate_analysis",
    "se_analysis",
)  # fmt: skip
"""Of the table of studies; what the sheet says of each stands in the page's own table, its source as a link."""


@dataclass(frozen=True)
class DataLink:
    """A table to be taken away.

    Parameters
    ----------
    label : str
        What it shows.
    file : str
        The name to keep it under.
    address : str
        ``data:text/csv``; percent-encoded, so that nothing in it ends an attribute.
    """

    label: str
    file: str
    address: str


@dataclass(frozen=True)
class Numbers:
    """What stands under a part: its links, or words that say where they are."""

    links: tuple[DataLink, ...]
    said: str = ""


def links(document: Document) -> dict[str, tuple[DataLink, ...]]:
    """Return the links under each part of the page, by its anchor.

    Parameters
    ----------
    document : mapping
        A pooled document.

    Returns
    -------
    dict
        Parts without a table of their own are missing.

    Examples
    --------
    >>> study = {"study": "A", "events": 1, "total": 4, "estimate": 0.25, "ci_low": 0.01, "ci_high": 0.81}
    >>> found = links({"outcome": "fusion", "k": 1, "studies": [study]})
    >>> [(one.file, one.label) for one in found["forest"]]
    [('fusion-studies.csv', 'Studies that were pooled')]
    """
    made = {table.name: table for table in tables(document)}
    name = text(document, "outcome") or "outcome"
    found: dict[str, tuple[DataLink, ...]] = {}
    for part, names in OF_PART.items():
        listed = tuple(_link(made[one], name) for one in names if one in made and made[one].rows)
        if listed:
            found[part] = listed
    return found


def without(document: Document, found: dict[str, tuple[DataLink, ...]], left: frozenset[str]) -> dict[str, Numbers]:
    """Leave out the links of a page that would be too large, and say where they are; see :mod:`.budget`.

    Examples
    --------
    >>> without({}, {"multiverse": (), "forest": ()}, frozenset({"multiverse-csv"}))["multiverse"].said
    'Numbers as CSV: left out to keep this page small; "synth export" with the name of this page writes them.'
    """
    gone = frozenset(found) if "csv" in left else frozenset({"multiverse"} if "multiverse-csv" in left else ())
    said = f"Numbers as CSV: left out to keep this page small; {where(document)} writes them."
    return {part: Numbers((), said) if part in gone else Numbers(links) for part, links in found.items()}


def _link(table: Table, outcome: str) -> DataLink:
    return DataLink(table.title, f"{outcome}-{table.name.replace('_', '-')}.csv", csv_link(_lean(table)))


def _lean(table: Table) -> Table:
    """Leave out columns that are empty, and those that say again what the page shows.

    Examples
    --------
    >>> _lean(Table("t", "T", ("a", "shown", "reason"), ((1, "1%", None), (2, "2%", None)))).columns
    ('a',)
    """
    kept = [
        i
        for i, column in enumerate(table.columns)
        if column not in _SHOWN | _CONSTANT.get(table.name, frozenset())
        and any(row[i] is not None for row in table.rows)
        and (table.name != "studies" or column in _STUDIES or column.startswith("data_"))
    ]
    columns = tuple(table.columns[i] for i in kept)
    return Table(table.name, table.title, columns, tuple(tuple(row[i] for i in kept) for row in table.rows))
