"""A server is known by the kind of its client and its address, whoever names it."""

import pytest
from anthropic import AsyncAnthropic

from agentkit.cli.arguments.connection import client_for_url
from agentkit.evals.running.servers import server_of
from agentkit.testing import script


def test_a_server_is_known_by_kind_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def at(url: str) -> str:
        return server_of(AsyncAnthropic(api_key="k", base_url=url))

    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    assert server_of(None) == at("https://api.anthropic.com") == at("https://api.anthropic.com/")
    assert at("http://127.0.0.1:8000/a") == at("http://127.0.0.1:9000/a") != at("http://127.0.0.1:9000/b")
    assert at("http://there:8000") == server_of(client_for_url("http://there:8000/v1")) != at("http://there:9000")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://there:8000")
    assert server_of(None) == at("http://there:8000")
    here = server_of(None)
    with script() as simulator:
        assert server_of(None) == server_of(simulator.client()) != here
    assert server_of(None) == here
