"""The methods section of a manuscript: paragraphs made of what the document says was computed.

No sentence speaks of an analysis that the document does not hold, and every method is named with its paper. Numbers of
references run on from here into :mod:`.results`.
"""

from __future__ import annotations

from ..words.reading import Document
from . import analyses_text, model_text, pooling_text
from .draft import Draft, Paragraph, Said, finish, order


def drafts(document: Document) -> tuple[Draft, ...]:
    """Return the paragraphs before their citations have numbers; a paragraph with nothing to say is left out.

    Examples
    --------
    >>> [one.id for one in drafts({"k": 1, "outcome": "death"})]
    ['outcome', 'pooling', 'software']
    """
    parts: tuple[tuple[str, str, list[Said]], ...] = (
        ("outcome", "Outcome", pooling_text.outcome(document)),
        ("pooling", "Pooling", [*model_text.model(document), *pooling_text.intervals(document)]),
        (
            "heterogeneity",
            "Heterogeneity and prediction",
            [*pooling_text.heterogeneity(document), *pooling_text.prediction(document)],
        ),
        (
            "moderators",
            "Subgroups and meta-regression",
            [*analyses_text.subgroups(document), *analyses_text.regression(document)],
        ),
        ("sensitivity", "Sensitivity analyses", analyses_text.sensitivity(document)),
        ("bias", "Small-study effects", analyses_text.bias(document)),
        ("comparators", "Other arms", pooling_text.comparators(document)),
        ("software", "Software", pooling_text.software(document)),
    )
    return tuple(Draft(name, title, tuple(said)) for name, title, said in parts if said)


def paragraphs(document: Document) -> tuple[Paragraph, ...]:
    """Return the methods section.

    Parameters
    ----------
    document : mapping
        A pooled document; what is missing in it counts as not computed.

    Returns
    -------
    tuple of Paragraph
        Each with its text, citation numbers in brackets, and the keys of its references.

    Examples
    --------
    >>> one = {"k": 1, "outcome_info": {"label": "Death"}, "settings": {"study_ci_method": "wilson"}}
    >>> paragraphs(one)[1].text.partition(". ")[2]
    'Its 95% confidence interval is the Wilson score interval [1].'
    """
    made = drafts(document)
    numbers = order(made)
    return tuple(finish(draft, numbers) for draft in made)
