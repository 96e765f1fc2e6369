"""A plain address is the one that the SDK's client asks; of every other one the direct way keeps away."""

from __future__ import annotations

import anthropic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.models.direct.address import parse_base_url

hosts = st.sampled_from(
    [
        "localhost",
        "api.example.com",
        "a.b.",
        "127.0.0.1",
        "127.1",
        "999.0.0.1",
        "[::1]",
        "[fe80::1]",
        "[::g]",
        "A.b",
        "",
    ]
)
paths = st.sampled_from(
    ["", "/", "/v1", "/a/b/", "/a//b", "/a/../b", "/.", "/~me", "/a=1;b='2',(3)!$&*+:@", "/a%20b", "/?x=1", "/#x", "/ü"]
)


@given(
    st.sampled_from(["http", "https", "HTTP", "ftp"]), hosts, st.sampled_from(["", ":80", ":443", ":8080", ":0"]), paths
)
def test_a_plain_address_is_that_of_the_sdks_client(scheme: str, host: str, port: str, path: str) -> None:
    text = f"{scheme}://{host}{port}{path}"
    address = parse_base_url(text)
    if address is None:
        return
    url = anthropic.AsyncAnthropic(api_key="k", base_url=text)._prepare_url("/v1/messages")
    asked = address.join("/v1/messages")
    assert str(asked) == str(url)
    assert (asked.scheme, asked.host, asked.port, asked.path) == (url.scheme, url.host, url.port, url.path)
    assert asked.netloc.encode() == url.netloc


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost:8000", "//localhost", "http://", "http://me:pw@host", "http://host?x", "http://host#x",
        "http://h h", "http://host/%2e", "http://host/../x", "http://host:99999", "http://host:0", "http://1.2.3.999", "http://[::g]",
        "http://my_host", "http://höst", "http://host\n", "ftp://host",
    ],
)  # fmt: skip
def test_every_other_address_is_for_the_sdk(text: str) -> None:
    assert parse_base_url(text) is None


@pytest.mark.parametrize(
    ("text", "said", "port"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com", 443),
        ("http://localhost:80/", "http://localhost", 80),
        ("http://[::1]:8000/a/b/", "http://[::1]:8000/a/b", 8000),
    ],
)
def test_an_address_says_itself_and_where_to_connect(text: str, said: str, port: int) -> None:
    address = parse_base_url(text)
    assert address is not None
    assert (str(address), address.connect_port) == (said, port)
