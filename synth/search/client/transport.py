"""One request to E-utilities and its answer's bytes: with limits on silence, on the whole time and on the size.

``Bio.Entrez`` sends through the public opener of ``urllib.request`` (with the proxies of the environment) and has no
limit of its own. Silence is limited by the socket's timeout, which reaches it as the default of new sockets. Against a
peer that sends a byte now and then for ever, the request runs in a thread that is given up when the whole time is over.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

__all__ = ["Lost", "Reply", "Unreachable", "send"]

_CHUNK = 1 << 20  # few calls: each waits for its turn behind the thread that reads records


class Lost(Exception):
    """No whole answer came: another try may help."""


class Unreachable(Exception):
    """No answer can come this way, however often it is tried."""


@dataclass(frozen=True)
class Reply:
    """What came: status, headers with lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class _Errand:
    """What a sending thread shares with the one that waits for it."""

    reply: Reply | None = None
    error: BaseException | None = None
    given_up: bool = False
    done: threading.Event = field(default_factory=threading.Event)


def send(ask: Callable[[], Any], *, timeout: float, deadline: float, largest: int, host: str = "") -> Reply:
    """Send one request and read its answer to the end.

    Parameters
    ----------
    ask : callable
        Sends, and returns the handle of the answer; an ``HTTPError`` is an answer too.
    timeout : float
        Seconds of silence after which the connection is given up.
    deadline : float
        Seconds for everything.
    largest : int
        Bytes of the longest answer that is read.
    host : str
        Who must have sent the answer, by https, whatever redirection there was; "" for anybody.

    Raises
    ------
    Lost
        The connection failed, broke or was too slow, or the answer is too long or from another host.
    Unreachable
        The certificate of the other side is not to be trusted.
    """
    errand = _Errand()
    what = (errand, ask, timeout, largest, host)
    thread = threading.Thread(target=_run, args=what, name="synth-request", daemon=True)
    thread.start()
    try:
        came = errand.done.wait(deadline)
    except BaseException:  # Ctrl-C
        errand.given_up = True
        raise
    if not came:
        errand.given_up = True
        raise Lost(f"no whole answer within {deadline:g} s")
    if errand.error is not None:
        raise errand.error
    assert errand.reply is not None
    return errand.reply


def _run(errand: _Errand, ask: Callable[[], Any], timeout: float, largest: int, host: str) -> None:
    try:
        errand.reply = _exchange(errand, ask, timeout, largest, host)
    except (Lost, Unreachable) as error:
        errand.error = error
    except ssl.SSLCertVerificationError as error:
        errand.error = Unreachable(f"the certificate is not trusted: {error.verify_message}")
    except URLError as error:
        reason = error.reason
        if isinstance(reason, ssl.SSLCertVerificationError):
            errand.error = Unreachable(f"the certificate is not trusted: {reason.verify_message}")
        else:
            errand.error = Lost(_said(reason if isinstance(reason, Exception) else error))
    except (OSError, http.client.HTTPException) as error:
        errand.error = Lost(_said(error))
    except BaseException as error:  # whatever it is, the thread that waits is to hear of it
        errand.error = error
    finally:
        errand.done.set()


def _exchange(errand: _Errand, ask: Callable[[], Any], timeout: float, largest: int, host: str) -> Reply:
    try:
        with _default_timeout(timeout):
            handle = ask()
    except HTTPError as error:
        handle = error
    if isinstance(handle, io.TextIOWrapper):  # Biopython decodes plain text; the bytes are wanted
        handle = handle.detach()
    with contextlib.closing(handle):
        if host:
            _same_place(handle.geturl(), host)
        headers = {name.lower(): value for name, value in (handle.headers or {}).items()}
        status = getattr(handle, "code", None) or getattr(handle, "status", None) or 200
        parts: list[bytes] = []
        size = 0
        while True:
            # What has come, without waiting for more: a slow drip is seen here and not inside one long read.
            part = handle.read1(_CHUNK)
            if errand.given_up:
                raise Lost("given up")
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > largest:
                parts.clear()  # the error keeps this frame, and with it what came, until the garbage is collected
                raise Lost(f"an answer of more than {largest:,} bytes")
    promised = headers.get("content-length", "")
    if promised.isdecimal() and size < int(promised):
        raise Lost(f"the connection closed after {size:,} of {int(promised):,} bytes")
    return Reply(int(status), headers, b"".join(parts))


def _same_place(address: str, host: str) -> None:
    """Refuse an answer that a redirection led to elsewhere: whoever sent it, it is not the service.

    Raises
    ------
    Lost
        The answer came from another host, or unprotected.
    """
    came = urlsplit(address)
    if came.scheme != "https" or came.hostname != host:
        raise Lost(f"the request was redirected to {came.scheme}://{came.netloc}: a network that wants a login first?")


_default_lock = threading.Lock()
_default_users = 0
_default_before: float | None = None


@contextlib.contextmanager
def _default_timeout(seconds: float) -> Iterator[None]:
    """Give sockets that are made meanwhile a timeout; the process's own default is back when the last user leaves."""
    global _default_users, _default_before
    with _default_lock:
        if _default_users == 0:
            _default_before = socket.getdefaulttimeout()
        _default_users += 1
        socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        with _default_lock:
            _default_users -= 1
            if _default_users == 0:
                socket.setdefaulttimeout(_default_before)


def _said(error: BaseException) -> str:
    """Say what went wrong on the way, in a person's words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the name of the service was not found: is this machine online?"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection closed in the middle of the answer"
    if isinstance(error, OSError) and error.strerror:
        return f"the connection failed: {error.strerror}"
    return f"the connection failed: {str(error) or type(error).__name__}"
