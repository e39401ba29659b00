"""Published search filters that a strategy may name instead of typing them: few, and word for word.

A filter is here only where its wording stands in its source as it stands below. Any other filter is typed into the
strategy with its citation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["PUBLISHED", "PublishedFilter"]

_HANDBOOK: Final = (
    "Lefebvre C, Glanville J, Briscoe S, et al. Technical Supplement to Chapter 4: Searching for and selecting "
    "studies. In: Higgins JPT, Thomas J, Chandler J, et al., editors. Cochrane Handbook for Systematic Reviews of "
    "Interventions. Cochrane. www.cochrane.org/handbook"
)


@dataclass(frozen=True)
class PublishedFilter:
    """A search filter as it was published.

    Attributes
    ----------
    name : str
        Its name, with the version.
    citation : str
        Where it stands.
    text : str
        The filter in PubMed's language; the lines of the original joined, nothing else changed.
    """

    name: str
    citation: str
    text: str


PUBLISHED: Final = {
    "cochrane-rct-sensitive-2008": PublishedFilter(
        "Cochrane Highly Sensitive Search Strategy for identifying randomized trials in MEDLINE: "
        "sensitivity-maximizing version (2008 revision); PubMed format",
        _HANDBOOK,
        "(randomized controlled trial[pt] OR controlled clinical trial[pt] OR randomized[tiab] OR placebo[tiab] OR "
        "drug therapy[sh] OR randomly[tiab] OR trial[tiab] OR groups[tiab]) NOT (animals[mh] NOT humans[mh])",
    ),
    "cochrane-rct-precise-2008": PublishedFilter(
        "Cochrane Highly Sensitive Search Strategy for identifying randomized trials in MEDLINE: "
        "sensitivity- and precision-maximizing version (2008 revision); PubMed format",
        _HANDBOOK,
        "(randomized controlled trial[pt] OR controlled clinical trial[pt] OR randomized[tiab] OR placebo[tiab] OR "
        "clinical trials as topic[mesh:noexp] OR randomly[tiab] OR trial[ti]) NOT (animals[mh] NOT humans[mh])",
    ),
}
"""Filters by the name that ``published = "..."`` gives them."""
