"""The way from code that means the live service to the local one, through urllib's public opener."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

HOST = "eutils.ncbi.nlm.nih.gov"


class OtherHost(urllib.error.URLError):
    """Somebody asked for another host: nothing was sent."""


class LocalHandler(urllib.request.HTTPSHandler):
    """Sends what is for E-utilities to a local port and refuses everything else.

    Parameters
    ----------
    port : int
        Port of the local server on 127.0.0.1.
    others : list of str
        Addresses that were asked for and refused are added to it.
    """

    handler_order = 100

    def __init__(self, port: int, others: list[str]) -> None:
        super().__init__()
        self.port, self.others = port, others

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open an https address."""
        if (req.host or "").split(":")[0] != HOST:
            return self._refuse(req)

        def connect(_: str, **settings: Any) -> http.client.HTTPConnection:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=settings["timeout"])

        return self.do_open(connect, req)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Refuse plain http: E-utilities are asked by https only."""
        return self._refuse(req)

    def ftp_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Refuse ftp."""
        return self._refuse(req)

    def _refuse(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        self.others.append(req.full_url)
        raise OtherHost(f"the tests are offline; {req.full_url.split('?')[0]} was asked for")


def install(port: int) -> tuple[list[str], Callable[[], None]]:
    """Install the opener for the whole process.

    Returns
    -------
    others : list of str
        Fills with the addresses that were refused.
    restore : callable
        Puts urllib's own opener back.
    """
    others: list[str] = []
    handler = LocalHandler(port, others)
    # No proxy of the machine may come between; FTP, file and data have no business here either.
    director = urllib.request.OpenerDirector()
    for one in (
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        handler,
    ):
        director.add_handler(one)
    urllib.request.install_opener(director)
    return others, lambda: urllib.request.install_opener(None)
