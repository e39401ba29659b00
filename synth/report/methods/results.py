"""The results section of a manuscript: paragraphs with the document's numbers, each rounded by the one rounding module.

References run on from the methods section (:mod:`.manuscript`); the included studies are references too.
"""

from __future__ import annotations

from ..words.reading import Document
from . import manuscript, results_analyses, results_text
from .draft import Draft, Paragraph, Said, finish, order


def drafts(document: Document) -> tuple[Draft, ...]:
    """Return the paragraphs before their citations have numbers; a paragraph with nothing to say is left out.

    Examples
    --------
    >>> [one.id for one in drafts({"k": 1, "events": 7, "total": 43, "studies": [{"study": "A"}]})]
    ['studies', 'pooled']
    """
    parts: tuple[tuple[str, str, list[Said]], ...] = (
        ("studies", "Studies", results_text.studies(document)),
        ("pooled", "Main result", results_text.pooled(document)),
        (
            "heterogeneity",
            "Heterogeneity and prediction",
            [*results_text.heterogeneity(document), *results_text.prediction(document)],
        ),
        (
            "moderators",
            "Subgroups and meta-regression",
            [*results_analyses.subgroups(document), *results_analyses.regression(document)],
        ),
        ("sensitivity", "Sensitivity analyses", results_analyses.sensitivity(document)),
        ("bias", "Small-study effects", results_analyses.bias(document)),
        ("comparators", "Other arms", results_text.comparators(document)),
    )
    return tuple(Draft(name, title, tuple(said)) for name, title, said in parts if said)


def paragraphs(document: Document) -> tuple[Paragraph, ...]:
    r"""Return the results section.

    Parameters
    ----------
    document : mapping
        A pooled document; what is missing in it counts as not computed.

    Returns
    -------
    tuple of Paragraph
        Numbers of references go on from those of :func:`.manuscript.paragraphs`.

    Examples
    --------
    >>> made = paragraphs({"k": 1, "events": 7, "total": 43, "studies": [{"study": "A"}],
    ...                    "pooled": {"reporting": {"estimate": 0.16279, "ci_low": 0.0681, "ci_high": 0.307}}})
    >>> print(made[0].text.replace(". ", ".\n"))
    One study with 43 patients was included [1].
    In this study 7/43 patients had the event.
    """
    made = drafts(document)
    numbers = order((*manuscript.drafts(document), *made))
    return tuple(finish(draft, numbers) for draft in made)
