"""The transport: HTTP on a local port, with the headers, the limits and the misfortunes of the live one."""

from __future__ import annotations

import datetime
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .bodies import BODIES
from .clock import Clock
from .corpus import Corpus
from .faults import TWISTS, Fault, Faults, change
from .log import Entry, Log
from .pace import RateLimit
from .service import ENDPOINTS, Service
from .strict import violations
from .wire import HTML, Answer, Request

PATHS = {f"/entrez/eutils/{name}.{'cgi' if name == 'ecitmatch' else 'fcgi'}": name for name in ENDPOINTS}
LONGEST_ADDRESS = 8192
PAGE = "<html><head><title>{0} {1}</title></head><body><h1>{0} {1}</h1></body></html>\n"
REASONS = {
    400: "Bad Request",
    404: "Not Found",
    414: "Request-URI Too Long",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Server:
    """A local E-utilities server; use it as a context manager.

    Parameters
    ----------
    corpus : Corpus, optional
        Records; the made-up ones that are shipped if None.
    clock : Clock, optional
        The clock of limits and history; give the code under test the same one.
    faults : iterable, optional
        A fault plan, see :mod:`tests.eutils.faults`.
    limit : bool
        False lets any number of requests pass.
    retry_after : int or None
        What a refusal names; None leaves the header out.
    port : int
        0 takes a free one.
    settings
        Passed on to :class:`Service`: ``today``, ``edition``, ``life``.

    Examples
    --------
    >>> with Server() as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        corpus: Corpus | None = None,
        *,
        clock: Clock | None = None,
        faults: Faults | Iterable[Fault | Mapping[str, object]] = (),
        limit: bool = True,
        retry_after: int | None = 2,
        port: int = 0,
        **settings: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.corpus = Corpus.made() if corpus is None else corpus
        self.service = Service(self.corpus, self.clock, **settings)
        self.faults = faults if isinstance(faults, Faults) else Faults(faults)
        self.limit = RateLimit(self.clock, enforce=limit, retry_after=retry_after)
        self.log = Log()
        self.violations: list[str] = []
        self.closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        """Give the port."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Give the base address of the endpoints."""
        return f"http://127.0.0.1:{self.port}/entrez/eutils/"

    def start(self) -> Server:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop; answers that stall are let go."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def wait(self) -> None:
        """Wait until the server is stopped from elsewhere."""
        self._thread.join()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def respond(self, request: Request) -> tuple[Answer, dict[str, object], tuple[str, ...], tuple[int, int]]:
        """Give the answer, what is done to its bytes on the way, the names of faults, and where the limit stands."""
        count, allowed = self.limit.check(request)
        self.violations += violations(request)
        struck = self.faults.strike(request)
        if count > allowed and self.limit.enforce:
            self.violations.append(
                f"request {request.number} ({request.endpoint}): {count} requests in a second, {allowed} allowed"
            )
            return self.limit.refusal(request, count, allowed), {}, ("rate limit",), (count, allowed)
        if request.method == "GET" and request.length > LONGEST_ADDRESS:
            return Answer(PAGE.format(414, REASONS[414]).encode(), 414, HTML), {}, ("too long",), (count, allowed)
        names = tuple(fault.name for fault in struck)
        transport: dict[str, object] = {}
        failure: Answer | None = None
        for fault in struck:
            change(fault.do, self.corpus, self.service.history)
            transport |= fault.do
            request.twists |= {name: fault.do[name] for name in TWISTS if name in fault.do}
            failure = _failure(fault.do) or failure
        return failure or self.service.answer(request), transport, names, (count, allowed)


def _failure(do: Mapping[str, object]) -> Answer | None:
    """Give the answer that a fault puts in place of the true one."""
    answer: Answer | None = None
    if "body" in do:
        answer = BODIES[str(do["body"])]
    if do.get("html"):
        answer = BODIES["html_200"]
    if do.get("empty"):
        answer = Answer(b"")
    if "status" in do:
        status = int(str(do["status"]))
        answer = answer or Answer(PAGE.format(status, REASONS.get(status, "Error")).encode(), status, HTML)
        answer = Answer(answer.body, status, answer.type)
    if answer is not None and "retry_after" in do:
        answer = Answer(answer.body, answer.status, answer.type, (("Retry-After", str(do["retry_after"])),))
    return answer


def _place(at: object, size: int) -> int:
    """Give a position: a number of bytes, or a fraction of all."""
    number = float(str(at))
    return int(number * size) if 0 < number < 1 else int(number)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:
            self._serve(urlsplit(self.path).query)

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            wanted = int(length) if length.isdigit() else 0
            form = self.rfile.read(wanted)
            if len(form) < wanted:
                self.close_connection = True  # whoever asked has gone in the middle of asking
                return
            self._serve(form.decode("utf-8", "replace"), urlsplit(self.path).query)

        def _serve(self, *queries: str) -> None:
            path = urlsplit(self.path).path
            if path == "/entrez/eutils/egquery.fcgi":
                self.close_connection = True  # the live one has gone: nothing comes at all
                return
            name = PATHS.get(path)
            if name is None:
                self._send(Answer(PAGE.format(404, "Not Found").encode(), 404, HTML), {}, (0, 3))
                return
            params: dict[str, list[str]] = {}
            for query in queries:
                for key, values in parse_qs(query, keep_blank_values=True).items():
                    params.setdefault(key.lower(), []).extend(values)
            # Nothing is answered by two threads at once in another order than the log has it.
            with server.corpus.lock:
                request = Request(name, self.command, params, dict(self.headers.items()), self.client_address[0])
                request.number, request.time, request.length = len(server.log) + 1, server.clock.now(), len(self.path)
                entry = server.log.begin(request)
                answer, transport, names, rate = server.respond(request)
                retry = dict(answer.headers).get("Retry-After")
                server.log.end(entry, answer.status, answer.body, names, float(retry) if retry else None)
            try:
                self._send(answer, transport, rate)
            except (ConnectionError, TimeoutError):
                self.close_connection = True
            finally:
                server.log.done()

        def _send(self, answer: Answer, do: Mapping[str, Any], rate: tuple[int, int]) -> None:
            body, kind = _bytes(answer, do)
            stall = do.get("stall") or {}
            if stall.get("where") == "headers":
                server.closing.wait(float(stall.get("seconds", 30)))
            if do.get("reset") is True:
                self._reset()
                return
            self.send_response(answer.status, REASONS.get(answer.status))
            for header, value in (*_headers(kind, rate, self.close_connection), *answer.headers):
                self.send_header(header, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            self._body(body, do, stall)

        def _body(self, body: bytes, do: Mapping[str, Any], stall: Mapping[str, Any]) -> None:
            stop, clean, reset = len(body), True, False
            for name in ("cut", "reset"):
                what = do.get(name)
                if isinstance(what, Mapping):
                    stop = min(stop, _place(what.get("at", 0.5), len(body)))
                    clean, reset = bool(what.get("clean", False)) and name == "cut", name == "reset"
            half = stop // 2
            drip = do.get("drip") or {}
            size = int(drip.get("chunk", 0)) or 65536
            for at in range(0, stop, size):
                if stall.get("where") == "body" and at <= half < at + size:
                    self._chunk(body[at:half])
                    self.wfile.flush()
                    server.closing.wait(float(stall.get("seconds", 30)))
                    self._chunk(body[half : min(at + size, stop)])
                    continue
                self._chunk(body[at : min(at + size, stop)])
                if drip:
                    self.wfile.flush()
                    if server.closing.wait(float(drip.get("pause", 0.01))):
                        break
            if reset:
                self.wfile.flush()
                self._reset()
            elif clean:
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.close_connection = True

        def _chunk(self, piece: bytes) -> None:
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

        def _reset(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                return  # the other side has gone

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, TimeoutError, ValueError, OSError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Keep quiet: there is a log of its own."""

        def version_string(self) -> str:
            return "Finatra"

        def date_time_string(self, timestamp: float | None = None) -> str:
            moment = datetime.datetime.combine(server.service.today, datetime.time(12), datetime.UTC)
            return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")

    return Handler


def _bytes(answer: Answer, do: Mapping[str, Any]) -> tuple[bytes, str]:
    """Give the bytes that go out and the type that is said of them."""
    body, kind = answer.body, answer.type
    charset = do.get("charset")
    if isinstance(charset, str):
        body = body.decode("utf-8").encode(charset, "replace")
    elif isinstance(charset, Mapping):
        kind = f"{kind.split(';')[0]}; charset={charset.get('declare', 'ISO-8859-1')}"
    return (b"\xef\xbb\xbf" + body if do.get("bom") else body), kind


def _headers(kind: str, rate: tuple[int, int], closing: bool) -> list[tuple[str, str]]:
    """Give the headers of the live service, as recorded in April 2024."""
    count, allowed = rate
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "X-RateLimit-Limit,X-RateLimit-Remaining"),
        ("Cache-Control", "private"),
        ("Connection", "close" if closing else "Keep-Alive"),
        ("Content-Security-Policy", "upgrade-insecure-requests"),
        ("Content-Type", kind),
        ("NCBI-PHID", "322C2F9100000000000000000000000.1.1.m_1"),
        ("NCBI-SID", "0000000000000000_0000SID"),
        ("Referrer-Policy", "origin-when-cross-origin"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
        ("Transfer-Encoding", "chunked"),
        ("X-RateLimit-Limit", str(allowed)),
        ("X-RateLimit-Remaining", str(max(0, allowed - count))),
        ("X-UA-Compatible", "IE=Edge"),
        ("X-XSS-Protection", "1; mode=block"),
    ]


__all__ = ["Entry", "Server"]
