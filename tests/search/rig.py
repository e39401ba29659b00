"""What the tests of faults share: a search, a client on the server's clock, and what a folder holds in the end."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

from synth.errors import SynthError
from synth.search.client.entrez import Entrez
from synth.search.client.identity import Identity
from synth.search.client.pace import Pace
from synth.search.run.collect import collect
from synth.search.run.runlog import CLOCKED, Run
from synth.search.run.store import Store
from synth.search.strategy.query import Line, Query
from tests.eutils import Clock, Server

POPULATION = "ankylosing spondylitis OR diffuse idiopathic skeletal hyperostosis"
FRACTURE = "spinal fractures[mh] OR fractur*[tiab]"
QUERY = Query(
    "stiff",
    f"({POPULATION}) AND ({FRACTURE})",
    (Line("1", "Population", POPULATION, POPULATION), Line("2", "Fracture", FRACTURE, FRACTURE)),
    "a strategy",
    "queries/stiff.toml",
)
BULK = Query("bulk", '"bulk cohort"[ti]', (), "a strategy", "queries/bulk.toml")
NOTHING = ""


def client(server: Server, *, seed: int = 1, clock: Clock | None = None, **settings: Any) -> Entrez:
    """Give a client on the clock of the server; its patience is real time, long enough for a busy machine."""
    clock = clock or server.clock
    pace = Pace(clock=clock.now, sleep=clock.sleep, rng=random.Random(seed))
    return Entrez(Identity("ada@example.org"), pace=pace, **{"timeout": 10.0, "deadline": 20.0, "tries": 3} | settings)


def patience(*faults: str) -> float:
    """Give the seconds of silence that a client bears: few where a fault is to be silent, as they are waited for."""
    return 0.3 if any("stall" in fault for fault in faults) else 10.0


def once(server: Server, folder: Path, query: Query = QUERY, **settings: Any) -> Run | SynthError:
    """Run a search; give the run, or the error that a person would be shown."""
    own = {name: settings.pop(name) for name in ("seed", "tries", "timeout", "deadline") if name in settings}
    server.clock.sleep(60)  # a person reads what was said and types the command again
    try:
        return collect(query, folder, client(server, **own), **settings)
    except SynthError as error:
        return error


def until_done(
    server: Server, folder: Path, query: Query = QUERY, most: int = 12, **settings: Any
) -> list[Run | SynthError]:
    """Run a search again and again until it ends well; give what came of each sitting."""
    ends: list[Run | SynthError] = []
    for seed in range(most):
        ends.append(once(server, folder, query, seed=seed, **settings))
        if isinstance(ends[-1], Run):
            break
    return ends


def stored(folder: Path) -> dict[str, str]:
    """Give the digests of what a person would keep: records, PMIDs and the raw answers of the last run."""
    files = [folder / "records.jsonl", folder / "pmids.txt"]
    raw = [Store(folder).raw_folder(run) for run in Store(folder).runs()]
    files += sorted(raw[-1].iterdir()) if raw and raw[-1].is_dir() else []
    return {
        f"raw/{file.name}" if file.parent.parent.name == "raw" else file.name: hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in files
        if file.exists()
    }


def log_of(folder: Path) -> dict[str, Any]:
    """Give the last run log without what depends on when and how smoothly the run went."""
    last = Store(folder).log(Store(folder).runs()[-1])
    return {name: value for name, value in last.items() if name not in CLOCKED}


def leftovers(folder: Path) -> list[str]:
    """Name what must not be there after a run that has ended: journals, parts of files, locks."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if "current" in path.parts[len(folder.parts) :] or path.name.endswith((".part", ".tmp"))
    )
