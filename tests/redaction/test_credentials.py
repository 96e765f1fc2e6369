"""The credentials of clients, headers and the environment."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from agentkit.redaction.credentials import credentials_of, credentials_of_environment, secret_values_of
from agentkit.redaction.redactor import REDACTED, Redactor


@dataclass
class Client:
    """The attributes of a client that matter here."""

    api_key: str | None = None
    auth_token: str | None = None
    default_headers: dict[str, object] = field(default_factory=dict[str, object])
    default_query: dict[str, object] = field(default_factory=dict[str, object])


def test_values_of_credentials_are_hidden_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from-the-environment")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "")
    found = [*credentials_of(Client(api_key="gateway-key-1", auth_token=None)), *credentials_of_environment()]
    assert found == ["gateway-key-1", "from-the-environment"]
    redactor = Redactor.of([], found)
    assert redactor.text("a gateway-key-1b from-the-environment") == f"a {REDACTED}b {REDACTED}"


def test_headers_and_parameters_whose_names_tell_of_a_secret_are_credentials() -> None:
    headers: dict[str, object] = {"cf-access-client-secret": "one", "x-user": "ann", "Content-Type": "text/plain"}
    client = Client(default_headers={**headers, "X-Auth": "Bearer two"}, default_query={"api-key": "three", "v": "1"})
    assert credentials_of(client) == ("one", "Bearer two", "two", "three")
    assert list(secret_values_of({"x-goog-api-key": "a b", "cookie": "c", "x-token": " ", "x-key": 5})) == [
        "a b",
        "b",
        "c",
        "c",
    ]
    assert list(secret_values_of(None)) == []


@pytest.mark.parametrize("value", ["gw_7f3c9a21d4e8\n", 'pa"ss/wo\\rd+1 \u00fc', "  gw_7f3c9a21d4e8"])
def test_a_value_is_hidden_in_every_form_in_which_others_write_it(value: str) -> None:
    redactor, plain = Redactor.of([], [value]), value.strip()
    for text in (plain, json.dumps(plain), json.dumps(plain, ensure_ascii=False), quote(plain)):
        assert plain[:6] not in redactor.text(f"<{text}>")
        assert redactor.text(f"<{text}>").startswith("<")
