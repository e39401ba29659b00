"""What a polite caller never does; the server notes it and answers all the same."""

from __future__ import annotations

from .esearch import WALL
from .esummary import MOST_JSON
from .wire import Request

LONG_LIST, LONG_ADDRESS = 200, 2000
COMMON = frozenset({"db", "tool", "email", "api_key", "retmode", "version"})
PARAMETERS = {
    "esearch": {"term", "usehistory", "webenv", "query_key", "retstart", "retmax", "rettype", "sort", "field", "idtype",
                "datetype", "reldate", "mindate", "maxdate"},
    "epost": {"id", "webenv"},
    "efetch": {"id", "webenv", "query_key", "retstart", "retmax", "rettype"},
    "esummary": {"id", "webenv", "query_key", "retstart", "retmax"},
    "elink": {"dbfrom", "cmd", "id", "webenv", "query_key", "linkname", "term", "holding", "idtype", "datetype",
              "reldate", "mindate", "maxdate"},
    "espell": {"term"},
    "einfo": set(),
    "ecitmatch": {"bdata", "rettype"},
}  # fmt: skip


def violations(request: Request) -> list[str]:
    """Say what is wrong with a request, the rate apart.

    Parameters
    ----------
    request : Request
        As it came.

    Returns
    -------
    list of str
        Empty for a polite one.
    """
    wrong = []
    for name in ("tool", "email"):
        if not request.get(name).strip():
            wrong.append(f"{name} is missing")
    if request.get("email") and "@" not in request.get("email"):
        wrong.append("email is no address")
    if request.get("tool").lower() == "biopython":
        wrong.append("tool still names the library")
    if not request.headers.get("User-Agent"):
        wrong.append("User-Agent is missing")
    if request.method == "GET":
        if len(request.ids) > LONG_LIST:
            wrong.append(f"{len(request.ids)} ids by GET")
        if request.length > LONG_ADDRESS:
            wrong.append(f"an address of {request.length} characters")
        if request.get("api_key"):
            wrong.append("the key stands in the address")
    if request.endpoint == "esummary" and request.json and len(request.ids) > MOST_JSON:
        wrong.append(f"{len(request.ids)} ids in one JSON summary")
    if request.endpoint == "esearch" and request.number_of("retmax", 20) > WALL:
        wrong.append("retmax above 9,999")
    unknown = set(request.params) - COMMON - PARAMETERS.get(request.endpoint, set())
    if unknown:
        wrong.append(f"unknown parameters {sorted(unknown)}")
    for name in ("retstart", "retmax"):
        if request.get(name) and not request.get(name).isdigit():
            wrong.append(f"{name} is no number")
    if bool(request.get("mindate")) != bool(request.get("maxdate")):
        wrong.append("mindate without maxdate, or the other way round")
    return [f"request {request.number} ({request.endpoint}): {what}" for what in wrong]
