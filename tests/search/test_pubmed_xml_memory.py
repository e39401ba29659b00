"""A file of 30,000 records, and one enormous record, in little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from synth.search import read_pubmed_xml

MADE_UP = Path(__file__).resolve().parent.parent / "eutils" / "records.xml"
READ = """
import re, sys
from synth.search import read_pubmed_xml

records = re.findall(rb"<PubmedArticle>.*?</PubmedArticle>", open(sys.argv[1], "rb").read(), re.S)

class File:
    '''30,000 records, made as they are asked for.'''
    def __init__(self):
        self.pieces = self.all()
    def all(self):
        yield b"<PubmedArticleSet>"
        for number in range(30_000):
            yield records[number % len(records)]
        yield b"</PubmedArticleSet>"
    def read(self, size):
        return next(self.pieces, b"")

count = sum(1 for _ in read_pubmed_xml(File()))
print(count, int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def test_30_000_records_take_less_than_60_megabytes() -> None:
    """Records that were handed out stay in memory, and a large search fills it."""
    done = subprocess.run([sys.executable, "-c", READ, str(MADE_UP)], capture_output=True, text=True, check=True)
    count, megabytes = map(int, done.stdout.split())
    assert count == 30_000
    assert megabytes < 60


def test_a_record_with_15_000_collaborators_is_no_attack() -> None:
    """The largest real kind of record is refused as one that does not end."""
    person = (
        '<Investigator ValidYN="Y"><LastName>Surname{0}</LastName><ForeName>Forename</ForeName><Initials>F</Initials>'
        '<Identifier Source="ORCID">0000-0000-0000-0000</Identifier><AffiliationInfo><Affiliation>Department of '
        "Surgery and of everything else, University Hospital of a city with a long name, Country {0}</Affiliation>"
        "</AffiliationInfo></Investigator>\n"
    )
    people = "".join(person.format(number) for number in range(15_000))
    xml = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article/><InvestigatorList>"
        f"{people}</InvestigatorList></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    ).encode()
    (record,) = read_pubmed_xml(xml)
    assert len(record.investigators) == 15_000
    assert record.investigators[-1].last_name == "Surname14999"
