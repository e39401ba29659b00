"""What the tests of strategies share: the shipped review in a folder of its own, and records that its searches find."""

from __future__ import annotations

import random
import shutil
import weakref
from pathlib import Path

import pytest

from synth.search.client.entrez import Entrez
from synth.search.client.identity import Identity
from synth.search.client.pace import Pace
from tests.conftest import ROOT
from tests.search.conftest import Eutils

MIS = "as-spine-fracture-mis"
OPEN = "as-spine-fracture-open"
# The known publications of the two strategies, under titles of our own.
PUBLICATIONS = {
    37268432: "Minimally invasive surgery for thoracolumbar fractures in ankylosing spondylitis",
    36434588: "Thoracolumbar fracture in ankylosing spondylitis: percutaneous and open surgery",
    38898448: "Robotic percutaneous fixation of fractures in ankylosing spondylitis",
    35191260: "Fractures in ankylosing spondylitis, treated with a robot",
    28451506: "Fusion for fractures in ankylosing spondylitis",
    26267824: "Surgery and survival after spinal fractures in ankylosing spondylitis",
    26579959: "Spinal fracture in ankylosing spondylitis: operations in a register",
    36049703: "Early surgery for fractures in ankylosing disorders",
}
BY_DOI = {
    26803911: "10.1016/j.jocn.2016.01.020",
    34000001: "10.1186/s13018-021-02420-7",
    34000002: "10.3171/2021.7.focus21308",
    28224296: "10.1007/s00402-017-2653-7",
    37356202: "10.1016/j.neuchi.2023.101464",
    19646282: "10.1186/1471-2474-10-96",
    33930864: "10.3171/2020.10.spine201387",
    38309646: "10.1016/j.wneu.2024.01.126",
}
# One made-up record with every word of the strategies, so that the local PubMed knows them all.
WORDS = (
    "ankylosed bamboo spine bechterew hyperostosis DISH forestier spondyloarthritis spondylarthritis. Fracture, spinal "
    "injury, spinal injuries, spinal trauma, hyperextension. Percutaneous, minimally invasive, minimal invasive, less "
    "invasive, MIS, robot, navigated, image guided. Surgery, operation, fixation, instrumentation, stabilisation, "
    "spondylodesis, fusion, osteosynthesis."
)
HEADINGS = (
    "Robotic Surgical Procedures", "Surgery, Computer-Assisted", "Minimally Invasive Surgical Procedures",
    "Orthopedic Procedures", "Fracture Fixation", "Spinal Fusion", "Spinal Injuries", "Spondylitis, Ankylosing/surgery",
)  # fmt: skip


def furnish(eutils: Eutils, *, without: tuple[int, ...] = ()) -> None:
    """Put the known publications of the shipped strategies on the server, and every word that they search for."""
    for pmid, title in PUBLICATIONS.items():
        if pmid not in without:
            eutils.corpus.add(pmid, title=title)
    for pmid, doi in BY_DOI.items():
        if pmid not in without:
            eutils.corpus.add(pmid, title="Percutaneous surgery for fractures of the ankylosed spine", doi=doi)
    eutils.corpus.add(39999999, title="Every word", abstract=WORDS, mesh=HEADINGS)


def review_in(folder: Path) -> Path:
    """Copy the shipped review without what its searches brought."""
    review = folder / "review"
    (review / "queries").mkdir(parents=True)
    shutil.copytree(ROOT / "extracted", review / "extracted")
    shutil.copy(ROOT / "review.toml", review)
    for path in (ROOT / "queries").glob("*.toml"):
        shutil.copy(path, review / "queries")
    return review


_PACES: weakref.WeakKeyDictionary[Eutils, Pace] = weakref.WeakKeyDictionary()


def client(eutils: Eutils) -> Entrez:
    """Give a client whose seconds pass on the server's clock; all clients of a server keep one pace."""
    pace = Pace(clock=eutils.clock.now, sleep=eutils.clock.sleep, rng=random.Random(1))
    return Entrez(Identity("tests@example.org"), pace=_PACES.setdefault(eutils, pace), tries=3, timeout=5)


def wire(monkeypatch: pytest.MonkeyPatch, eutils: Eutils) -> None:
    """Let commands of this process make such a client, and know who asks."""
    from synth.steps import contact

    monkeypatch.setenv("SYNTH_EMAIL", "tests@example.org")
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    monkeypatch.setattr(contact, "make_entrez", lambda identity, on_event=None: client(eutils))
