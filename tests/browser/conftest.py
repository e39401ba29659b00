"""A browser, and the pages to look at: one for each kind of answer that has a look of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from .cases import CASES, make

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Seen:
    """An open page, and what it did on its own: requests, words on the console, dialogues."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._refuse)

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(f"dialogue: {dialog.message}")
        dialog.dismiss()


Opener = Callable[..., AbstractContextManager[Seen]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the distribution's Chromium once for each process of the tests."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("needs Chromium, which is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without --no-sandbox it does not start for root, as in a container.
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def look(browser: Any) -> Opener:
    """Open a file at a width, in a colour scheme, with or without JavaScript."""

    @contextmanager
    def opened(
        file: Path, *, width: int = 1024, scheme: str = "light", scripts: bool = True, media: str = "screen"
    ) -> Iterator[Seen]:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        try:
            page = context.new_page()
            page.emulate_media(media=media, color_scheme=scheme)
            seen = Seen(page)
            page.goto(file.as_uri())
            yield seen
        finally:
            context.close()

    return opened


@pytest.fixture(scope="session")
def case_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the page of a case, made by the command line the first time that it is asked for."""
    made: dict[str, Path] = {}

    def page(name: str) -> Path:
        if name not in made:
            made[name] = make(CASES[name], tmp_path_factory.mktemp("pages"), name)
        return made[name]

    return page


@pytest.fixture(params=sorted(CASES))
def page_file(request: pytest.FixtureRequest, case_file: Callable[[str], Path]) -> Path:
    """Return the page of each case in turn."""
    return case_file(request.param)
