from __future__ import annotations

import contextlib
import gc
import http.client
import io
import socket
import threading
import urllib.error
import urllib.request
import urllib.response
import weakref
from typing import Any

import pytest

from synth.search.client.transport import Lost, Unreachable, send


def test_a_drip_of_headers_ends() -> None:
    """The same in the headers, before there is an answer to read."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
            while not stop.wait(0.02):
                connection.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with pytest.raises(Lost, match=r"within 0\.3 s"):
            send(lambda: opener.open(url), timeout=5, deadline=0.3, largest=1000)
    finally:
        stop.set()
        thread.join()
        listener.close()


def test_an_endless_answer_ends() -> None:
    """A server that never stops sending fills the memory."""

    class Endless(io.RawIOBase):
        headers: dict[str, str] = {}  # noqa: RUF012
        code = 200

        def read1(self, size: int) -> bytes:
            return b"x" * size

    with pytest.raises(Lost, match="more than 1,000,000 bytes"):
        send(Endless, timeout=5, deadline=5, largest=1_000_000)


def test_an_answer_that_is_too_long_is_let_go() -> None:
    """Each try at an endless answer keeps all that came, and seven tries need seven times the memory."""
    pieces: list[weakref.ref[Any]] = []

    class Piece(bytearray):
        pass

    class Endless(io.RawIOBase):
        headers: dict[str, str] = {}  # noqa: RUF012
        code = 200

        def read1(self, size: int) -> Piece:
            piece = Piece(size)
            pieces.append(weakref.ref(piece))
            return piece

    gc.disable()
    try:
        with pytest.raises(Lost) as raised:
            send(Endless, timeout=5, deadline=5, largest=10_000_000)
        assert len(pieces) >= 10
        assert sum(piece() is not None for piece in pieces) <= 1, raised
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://eutils.example.test/entrez/eutils/esearch.fcgi", "https://eutils.example.test"),
        ("http://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi", "http://eutils.ncbi.nlm.nih.gov"),
    ],
)
def test_an_answer_from_elsewhere_is_not_believed(address: str, said: str) -> None:
    """A redirection to another host, or to http, decides what a search finds."""
    handle = urllib.response.addinfourl(io.BytesIO(b"<eSearchResult/>"), _headers(""), address, 200)
    with pytest.raises(Lost, match=f"redirected to {said}:"):
        send(lambda: handle, timeout=5, deadline=5, largest=1000, host="eutils.ncbi.nlm.nih.gov")


def test_a_promise_of_length_is_held_against_the_answer() -> None:
    """An answer that closed before the length it promised passes for a whole one."""
    handle = urllib.response.addinfourl(io.BytesIO(b"12345"), _headers("Content-Length: 9"), "https://x.test/", 200)
    with pytest.raises(Lost, match="5 of 9 bytes"):
        send(lambda: handle, timeout=5, deadline=5, largest=1000)


def test_a_false_certificate_is_final() -> None:
    """A certificate that is not trusted is tried seven times, and then called a fault of the service."""
    import ssl

    error = ssl.SSLCertVerificationError("x")
    error.verify_message = "self-signed certificate"
    for raised in (error, urllib.error.URLError(error)):

        def ask(raised: Exception = raised) -> Any:
            raise raised

        with pytest.raises(Unreachable, match="self-signed"):
            send(ask, timeout=5, deadline=5, largest=1000)


def test_a_fault_of_ours_is_not_hidden() -> None:
    """A bug in a handler is taken for a lost connection and tried again."""

    def ask() -> Any:
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        send(ask, timeout=5, deadline=5, largest=1000)


def test_the_default_timeout_comes_back() -> None:
    """Other parts of a program find that sockets have a timeout that they did not set."""
    seen: list[float | None] = []

    def ask() -> Any:
        seen.append(socket.getdefaulttimeout())
        return urllib.response.addinfourl(io.BytesIO(b"1"), _headers(""), "https://x.test/", 200)

    socket.setdefaulttimeout(77.0)
    try:
        send(ask, timeout=5, deadline=5, largest=1000)
        assert (seen, socket.getdefaulttimeout()) == ([5], 77.0)
    finally:
        socket.setdefaulttimeout(None)


def _headers(text: str) -> http.client.HTTPMessage:
    return http.client.parse_headers(io.BytesIO(text.encode() + b"\r\n\r\n"))
