"""The record of a search as PRISMA-S asks for it, made from the log of a run: what a review publishes of its search.

PRISMA-S: Rethlefsen ML, Kirtley S, Waffenschmidt S, et al. PRISMA-S: an extension to the PRISMA Statement for Reporting
Literature Searches in Systematic Reviews. Syst Rev 2021;10:39. The 16 items are its own; the sentences are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .known import Item, found_in
from .strategy.model import Strategy, parse_strategy

__all__ = ["SCHEMA", "search_record", "strategy_of"]

SCHEMA: Final = "synth.prisma-s/1"
_TO_FILL: Final = "To be said by the authors: this record is of one search only."


def strategy_of(log: Mapping[str, Any]) -> Strategy:
    """Return the strategy as it was at the time of a run: its text is in the log.

    Raises
    ------
    ProblemsError
        The text in the log is no strategy any more.
    """
    its = log["strategy"]
    return parse_strategy(str(its["text"]).encode(), str(its["name"]), str(its["file"]))


def search_record(
    log: Mapping[str, Any],
    *,
    earlier: Iterable[Mapping[str, Any]] = (),
    chases: Iterable[Mapping[str, Any]] = (),
    dois: Mapping[str, int] | None = None,
    changed_since: bool = False,
) -> dict[str, Any]:
    """Put together the record of a search.

    Parameters
    ----------
    log : mapping
        The log of the run that is reported (schema ``synth.search-run/1``).
    earlier : iterable of mapping
        The logs of all runs of the search, in order of time; those that only took a sample are left out.
    chases : iterable of mapping
        The logs of citation searches from this search (schema ``synth.chase/1``).
    dois : mapping of str to int, optional
        PMID of each DOI among the records, for known items of which only the DOI is known.
    changed_since : bool
        Whether the strategy's file says something else today.

    Returns
    -------
    dict
        The document of schema ``synth.prisma-s/1``; docs/search.md explains its fields. It has no clock of its own: the
        same logs give the same record.
    """
    strategy = strategy_of(log)
    counts = {line["id"]: line for line in log["strategy"]["lines"]}
    kinds = {line.id: line for line in strategy.lines}
    known = found_in(strategy.known, log["ids"], dois)
    before = [run for run in earlier if run.get("installed") and run["started"] <= log["started"]]
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": log["tool"],
        "tool_version": log["tool_version"],
        "run": log["run"],
        "strategy": {
            "name": strategy.name,
            "title": strategy.title,
            "question": strategy.question,
            "authors": list(strategy.authors),
            "written": strategy.written,
            "notes": strategy.notes,
            "file": strategy.file,
            "sha256": log["strategy"]["sha256"],
            "changed_since": changed_since,
        },
        "database": "PubMed" if log["database"] == "pubmed" else log["database"],
        "platform": log["platform"],
        "searched": {"started": log["started"], "finished": log["finished"], "resumed": list(log["resumed"])},
        "lines": [_line(line, kinds) for line in log["strategy"]["lines"]],
        "query": log["query"],
        "translation": log["translation"],
        "filters": [
            {"name": each.name, "citation": each.citation, "text": each.text, "excludes": each.exclude,
             "changes": each.changes, "left": _count(counts, f"filter-{each.id}")}
            for each in strategy.filters
        ],
        "limits": [
            {"what": each.words, "text": each.text, "excludes": each.exclude, "reason": each.reason,
             "left": _count(counts, f"limit-{each.id}")}
            for each in strategy.limits
        ],
        "totals": {
            "found": log["total"],
            "before_limits": _count(counts, strategy.search.id),
            "count_at_start": log["count_at_start"],
            "count_at_end": log["count_at_end"],
            "delivered": log["records"]["count"] if log["records"] else 0,
            "not_delivered": [dict(each) for each in log["missing"]],
            "sample": log["limit"],
        },
        "complete": log["complete"],
        "incomplete_reasons": list(log["incomplete_reasons"]),
        "warnings": list(log["warnings"]),
        "updates": [_update(run) for run in before],
        "known": _known(known),
        "citation_searching": [_chase(each) for each in chases],
        "adapted_from": strategy.adapted_from,
        "peer_review": strategy.peer_review,
    }  # fmt: skip
    if log["count_at_end"] is None:
        document["totals"]["count_at_end_reason"] = "the run ended before it could count again"
    document["items"] = _items(document)
    return document


def _count(counts: Mapping[str, Mapping[str, Any]], id: str) -> int | None:
    return counts[id]["count"] if id in counts else None


def _line(line: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    written = kinds.get(line["id"])
    return {
        "id": line["id"],
        "label": line["label"],
        "note": written.note if written is not None else "",
        "kind": written.kind if written is not None else "line",
        "text": line["text"],
        "sent": line["expanded"],
        "count": line["count"],
        "translation": line["translation"],
        "warnings": list(line["warnings"]),
    }


def _update(run: Mapping[str, Any]) -> dict[str, Any]:
    changes = run["changes"]
    return {
        "run": run["run"],
        "started": run["started"],
        "total": run["total"],
        "complete": run["complete"],
        "tool_version": run["tool_version"],
        "strategy_sha256": run["strategy"]["sha256"],
        **{name: len(changes[name]) if changes else None for name in ("new", "gone", "changed", "retracted")},
        **({} if changes else {"reason": "the first run: there is nothing to compare with"}),
    }


def _known(items: Sequence[Item]) -> dict[str, Any]:
    found = [item for item in items if item.status == "found"]
    return {
        "known": len(items),
        "found": len(found),
        "items": [
            {"label": item.label, "pmid": item.pmid, "doi": item.doi, "found": item.status == "found"} for item in items
        ],
    }


def _chase(log: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": log["run"],
        "started": log["started"],
        "directions": list(log["directions"]),
        "counts": dict(log["counts"]),
        "seeds": [{"pmid": seed["pmid"], "label": seed["label"]} for seed in log["seeds"]],
    }


def _items(doc: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say what this record answers of each item, in the order and under the names of PRISMA-S."""
    return [
        {"number": number, "name": name, "text": text}
        for number, (name, text) in enumerate(
            (
                ("Database name", f"{doc['database']}, through {doc['platform']}."),
                ("Multi-database searching", "One database was searched, not several at once."),
                ("Study registries", _TO_FILL),
                ("Online resources and browsing", _TO_FILL),
                ("Citation searching", _chased(doc["citation_searching"])),
                ("Contacts", _TO_FILL),
                ("Other methods", _TO_FILL),
                ("Full search strategies", "In this record, line by line as written, and whole as sent, with counts."),
                ("Limits and restrictions", _limits(doc["limits"])),
                ("Search filters", _filters(doc["filters"])),
                ("Prior work", doc["adapted_from"] or "Nothing is said of searches that this one was adapted from."),
                ("Updates", _updates(doc["updates"])),
                ("Dates of searches", f"{moment(doc['searched']['started'])}."),
                ("Peer review", doc["peer_review"] or "Nothing is said of a peer review of the search."),
                ("Total records", _total(doc)),
                (
                    "Deduplication",
                    "Within this search by PMID: each record once. Deduplication against other sources is not part "
                    "of this record.",
                ),
            ),
            1,
        )
    ]


def moment(text: str) -> str:
    """Write a time as a page does: ``2026-11-22T15:27:33+00:00`` as ``2026-11-22, 15:27 UTC``."""
    day, _, rest = text.partition("T")
    return f"{day}, {rest[:5]} UTC" if rest.endswith("+00:00") else text


def number(value: int | None, one: str, many: str = "") -> str:
    """Write a count with its noun: ``1 record``, ``1,234 records``, and for None that it is not known."""
    if value is None:
        return f"an unknown number of {many or one + 's'}"
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def _limits(limits: Sequence[Mapping[str, Any]]) -> str:
    if not limits:
        return "No limits were used."
    said = []
    for limit in limits:
        reason = f", because: {limit['reason']}" if limit["reason"] else " (no reason is given)"
        said.append(f"{limit['what']}{reason}; {number(limit['left'], 'record')} left")
    return "; ".join(said).rstrip(".") + "."


def _filters(filters: Sequence[Mapping[str, Any]]) -> str:
    if not filters:
        return "No search filters were used."
    return " ".join(
        f"{each['name']}. {each['citation']}. "
        + (f"Changed: {each['changes'].rstrip('.')}." if each["changes"] else "Used as published.")
        for each in filters
    )


def _updates(updates: Sequence[Mapping[str, Any]]) -> str:
    if len(updates) < 2:
        return "Run once so far; the whole search is run again for an update, and compared by PMID."
    last = updates[-1]
    return (
        f"Run {len(updates)} times since {moment(updates[0]['started'])}, each time whole. Against the run before, "
        f"the last one found {number(last['new'], 'new record')}; {last['gone'] or 0:,} were gone, "
        f"{last['changed'] or 0:,} had changed, {last['retracted'] or 0:,} of them retracted since."
    )


def _chased(chases: Sequence[Mapping[str, Any]]) -> str:
    if not chases:
        return "No citations were followed from this search."
    return " ".join(
        f"{moment(each['started'])}: {' and '.join(each['directions'])} of "
        f"{number(each['counts']['seeds'], 'publication')}, through PubMed's links; "
        f"{each['counts']['identified']:,} identified, {each['counts']['duplicates']:,} duplicates among them, "
        f"{each['counts']['already_there']:,} found by the searches already, {each['counts']['new']:,} new."
        for each in chases
    )


def _total(doc: Mapping[str, Any]) -> str:
    totals = doc["totals"]
    text = f"{number(totals['found'], 'record')} from {doc['database']}"
    if totals["sample"] is not None:
        text += f"; a sample of {totals['sample']:,} was asked for"
    whole = totals["delivered"] == totals["found"]
    text += ", all of them delivered" if whole else f"; {totals['delivered']:,} delivered"
    if totals["count_at_end"] not in (None, totals["found"]):
        text += f" (PubMed counted {totals['count_at_end']:,} at the end of the run)"
    return f"{text}." if doc["complete"] else f"{text}. The run is not complete; the reasons are listed."
