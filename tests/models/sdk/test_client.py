"""The client of the SDK that is opened where nobody gives one."""

from __future__ import annotations

import pytest

from agentkit.models.endpoint_errors import EndpointError
from agentkit.models.sdk.client import open_sdk_client

pytestmark = pytest.mark.anyio


async def test_what_is_not_given_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from the environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://environment")
    client = open_sdk_client()
    assert (client.api_key, client.base_url.host) == ("from the environment", "environment")
    await client.close()
    client = open_sdk_client(auth_token="given", base_url="http://given", default_headers={"x-team": "tea"})
    assert (client.api_key, client.auth_token, client.base_url.host) == (None, "given", "given")
    assert client.default_headers["x-team"] == "tea"
    await client.close()


async def test_an_address_or_a_file_that_cannot_be_used_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://[::g]:1")
    with pytest.raises(EndpointError, match=r"cannot be opened: .*Check ANTHROPIC_BASE_URL"):
        open_sdk_client()
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # the SDK's own transport carries the requests
    monkeypatch.setenv("SSL_CERT_FILE", "nope.pem")
    with pytest.raises(EndpointError, match=r"SSL_CERT_FILE=nope.pem: No such file .* Set SSL_CERT_FILE to a file"):
        open_sdk_client()
