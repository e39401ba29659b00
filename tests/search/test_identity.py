from __future__ import annotations

import pytest

from synth.errors import ProblemsError
from synth.search.client.identity import Identity, find_identity, redact

KEY = "0123456789abcdef0123456789abcdef0123"


def test_the_key_never_shows() -> None:
    """The key is in what is printed, logged, or raised."""
    who = Identity("ada@example.org", key=KEY)
    assert KEY not in repr(who) + str(who)
    for text in (
        f"https://x.test/?db=pubmed&api_key={KEY}&term=a",
        f'{{"error":"API rate limit exceeded","api-key":"{KEY}","count":"11"}}',
        f"{{'api_key': '{KEY.upper()}'}}",
        f"key {KEY} is invalid",
        '{"api-key":"2001:db8:0:1:1:1:1:1"} 2001:db8::7 from 192.0.2.44',
    ):
        hidden = who.hide(text)
        assert KEY not in hidden.lower()
        assert "[hidden]" in hidden
        assert "2001:db8" not in hidden
        assert "192.0.2.44" not in hidden
    term = "hip fracture[tiab:~2] AND 2001:2024[dp] AND 12:30 AND 1.2.3"
    assert redact(term) == term


def test_who_asks_comes_from_review_environment_and_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the review, the environment or the key is not found, or one wins over another that should."""
    monkeypatch.setattr("synth.search.client.identity._from_keyring", lambda: "")
    everything = {"SYNTH_EMAIL": "b@example.org", "NCBI_EMAIL": "c@example.org", "NCBI_API_KEY": f" {KEY}\n"}
    assert find_identity("a@example.org", everything) == Identity("a@example.org", key=KEY)
    assert find_identity(" ", everything).email == "b@example.org"
    assert find_identity("", {"NCBI_EMAIL": "c@example.org"}) == Identity("c@example.org")
    monkeypatch.setattr("synth.search.client.identity._from_keyring", lambda: KEY)
    assert find_identity("a@example.org", {}).key == KEY
    assert find_identity("a@example.org", {"NCBI_API_KEY": "abcdefgh"}).key == "abcdefgh"


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@x.org", "a b@x.org", "a@x.org, b@x.org", "a@x.org\nX: y", "ä@x.org"]
)
def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    """Something that is no address is sent to NCBI as one."""
    monkeypatch.setattr("synth.search.client.identity._from_keyring", lambda: "")
    with pytest.raises(ProblemsError, match=r"review\.toml"):
        find_identity(email, {})


def test_all_problems_of_identity_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong key shows in the message about it, or hides that the address is missing too."""
    monkeypatch.setattr("synth.search.client.identity._from_keyring", lambda: "")
    with pytest.raises(ProblemsError) as raised:
        find_identity("", {"NCBI_API_KEY": "secret key!"})
    assert len(raised.value.problems) == 2
    assert "secret" not in str(raised.value)


def test_a_locked_keyring_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a keyring cannot search."""
    keyring = pytest.importorskip("keyring")
    from keyring.errors import NoKeyringError

    def locked(*_: str) -> str:
        raise NoKeyringError("none")

    monkeypatch.setattr(keyring, "get_password", locked)
    assert find_identity("a@example.org", {}).key == ""
    monkeypatch.setattr(keyring, "get_password", lambda service, name: KEY if service == "synth" else None)
    assert find_identity("a@example.org", {}).key == KEY
