"""The proxies are those that the SDK's client finds: what goes out directly would have gone out directly there."""

from __future__ import annotations

import os
from unittest.mock import patch
from urllib.request import getproxies_environment

import anthropic
import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentkit.models.direct.address import ApiAddress, parse_base_url
from agentkit.models.direct.proxies import find_proxies, is_behind_proxy, proxies_of_variables

NAMES = [f"{scheme}{end}" for scheme in ("http", "HTTPS", "https", "ALL", "no", "NO") for end in ("_proxy", "_PROXY")]
PROXIES = {"HTTP_PROXY": "http://p:1", "https_proxy": "p:2"}

variables = st.dictionaries(
    st.sampled_from([*NAMES, "REQUEST_METHOD", "X_PROXY", "_proxy"]), st.sampled_from(["", "p:1", "http://p:2", "*"])
)
entries = st.sampled_from(
    ["*", "localhost", "127.0.0.1", "127.0.0.0/8", "0.0.1", "::1", "[::1]", "example.com", ".example.com", "com", ".",
     "*.example.com", "API.example.com", "api.example.com:8443", "http://api.example.com", "", "ple.com"]
)  # fmt: skip
addresses = st.sampled_from(
    ["http://localhost:1", "https://127.0.0.1", "http://[::1]", "https://api.example.com:8443", "http://example.com"]
)


@given(variables)
def test_variables_are_read_as_urllib_reads_them(environment: dict[str, str]) -> None:
    with patch.dict(os.environ, environment, clear=True):
        expected = getproxies_environment()
        assert proxies_of_variables(environment) == expected
        if expected:
            assert find_proxies(environment) == expected


@settings(max_examples=60)
@given(st.sampled_from(["http", "https", "all"]), st.lists(entries, max_size=3), addresses)
@example("all", ["api.example.com:8443"], "https://api.example.com:8443")
def test_no_request_passes_by_a_proxy_of_the_sdks_client(scheme: str, exceptions: list[str], url: str) -> None:
    environment = {f"{scheme}_proxy": "http://p:3128", "no_proxy": ",".join(exceptions)}
    with patch.dict(os.environ, environment, clear=True):
        try:
            client = anthropic.DefaultAsyncHttpxClient(verify=False)
        except (httpx2.InvalidURL, ValueError):  # an exception that it cannot read
            return
    address = parse_base_url(url)
    assert address is not None
    passes_by = client._transport_for_url(httpx2.URL(url)) is client._transport
    if passes_by and not is_behind_proxy(address, proxies_of_variables(environment)):
        return
    assert is_behind_proxy(address, proxies_of_variables(environment))
    assert not passes_by or any(":" in one or "/" in one for one in exceptions)  # these are left to the SDK


@pytest.mark.parametrize(
    ("no_proxy", "is_behind"),
    [("", True), ("other.com", True), ("*", False), ("example.com", False), (".example.com", False), ("le.com", True)],
)
def test_an_exception_names_the_host_or_its_domain(no_proxy: str, *, is_behind: bool) -> None:
    address = ApiAddress("https", "api.example.com", None, "")
    assert is_behind_proxy(address, {"https": "p", "no": f"a.b, {no_proxy}"}) == is_behind
    assert not is_behind_proxy(address, {"http": "p"})
    assert is_behind_proxy(address, {"all": "p"})
