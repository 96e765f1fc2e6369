"""Whose client a run uses, and who closes it."""

from __future__ import annotations

import os
from unittest.mock import patch

import anthropic
import anyio
import anyio.lowlevel
import pytest

from agentkit import session
from agentkit.models.client import lease_client
from agentkit.models.direct.address import ApiAddress
from agentkit.models.direct.client import DirectClient
from agentkit.models.direct.way import KEY, DirectWay
from agentkit.models.overriding_client import Client, override_client

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-real-key")


async def test_a_given_client_is_used_and_not_closed() -> None:
    given = anthropic.AsyncAnthropic(api_key="k")
    async with lease_client(given) as client:
        assert client is given
    assert not given.is_closed()
    await given.close()


async def test_runs_at_once_share_a_client_that_closes_with_the_last() -> None:
    async with lease_client(None) as one:
        async with lease_client(None) as other:
            assert one is other
        assert not one.is_closed()
    assert one.is_closed()
    async with lease_client(None) as new:
        assert new is not one


async def test_a_session_keeps_it_open_between_runs() -> None:
    async with session():
        async with lease_client(None) as one:
            pass
        assert not one.is_closed()
        async with lease_client(None) as other:
            assert one is other
    assert one.is_closed()


async def test_a_session_that_opens_after_a_change_of_the_environment_brings_a_new_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", logger="agentkit")
    async with session(), lease_client(None) as of_a_run:
        with patch.dict(os.environ, ANTHROPIC_API_KEY="rotated"):
            async with lease_client(None) as same:
                assert same is of_a_run
            async with session(), lease_client(None) as new:
                assert isinstance(new, DirectClient)
                assert new.api_key == "rotated"
                with patch.dict(os.environ, HTTPS_PROXY="http://127.0.0.1:9"):
                    async with session(), lease_client(None) as behind_a_proxy:
                        assert isinstance(behind_a_proxy, anthropic.AsyncAnthropic)
                assert not new.is_closed()
        assert new.is_closed()
        assert not of_a_run.is_closed()
    assert of_a_run.is_closed()
    ways = [record.message for record in caplog.records if "client opened" in record.message]
    assert [("direct" in way, "a proxy stands before" in way) for way in ways] == [(True, False)] * 2 + [(False, True)]
    assert "rotated" not in str(ways)


async def test_it_is_closed_when_the_run_is_cancelled() -> None:
    leased: list[Client] = []
    with anyio.CancelScope() as scope:
        async with lease_client(None) as client:
            leased.append(client)
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert leased[0].is_closed()


async def test_the_overriding_client_wins_in_its_context() -> None:
    given, instead = anthropic.AsyncAnthropic(api_key="k"), anthropic.AsyncAnthropic(api_key="k")
    with override_client(instead):
        async with lease_client(given) as client:
            assert client is instead
    async with lease_client(given) as client:
        assert client is given
    await given.close()
    await instead.close()


def test_each_event_loop_has_its_own() -> None:
    clients: list[object] = []

    async def once() -> None:
        async with lease_client(None) as client:
            clients.append(client)

    anyio.run(once)
    anyio.run(once, backend="trio")
    assert clients[0] is not clients[1]


def test_a_given_direct_client_has_connections_of_its_own_in_each_event_loop() -> None:
    given = DirectClient(DirectWay(ApiAddress("http", "127.0.0.1", 9, ""), KEY, "k"))
    clients: list[Client] = []

    async def twice() -> None:
        async with lease_client(given) as one, lease_client(given) as other:
            assert one is other
            clients.append(one)

    anyio.run(twice)
    anyio.run(twice)
    anyio.run(twice, backend="trio")
    assert clients[0] is given
    assert len({id(client) for client in clients}) == 3
    assert [client.is_closed() for client in clients] == [False, True, True]
    assert {str(client.base_url) for client in clients} == {"http://127.0.0.1:9"}
