"""The direct way is for a key, a plain address and no proxy; everything else is the SDK's."""

from __future__ import annotations

import re

import pytest

from agentkit.models.direct.way import DirectWay, SdkWay, choose_way

KEY = {"ANTHROPIC_API_KEY": "sk-ant-secret"}


@pytest.mark.parametrize(
    ("environment", "proxies", "said"),
    [
        (
            KEY,
            {},
            "direct, .*ANTHROPIC_API_KEY is set, and no proxy stands before https://api.anthropic",
        ),
        ({"ANTHROPIC_AUTH_TOKEN": "t"}, {}, "direct, .*ANTHROPIC_AUTH_TOKEN is set"),
        ({"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": "t"}, {}, "direct, .*ANTHROPIC_AUTH_TOKEN"),
        ({**KEY, "ANTHROPIC_AUTH_TOKEN": "t"}, {}, "direct, .*ANTHROPIC_API_KEY"),
        ({**KEY, "ANTHROPIC_BASE_URL": "http://h:1/a/"}, {"https": "p"}, "no proxy stands before http://h:1/a"),
        ({**KEY, "ANTHROPIC_CUSTOM_HEADERS": "x-team: tea\nX-Api-Key: k"}, {}, "direct, "),
        ({**KEY, "ANTHROPIC_CUSTOM_HEADERS": "authorization:\nx-api-key: k"}, {}, "direct, "),
        ({}, {}, "SDK: neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set"),
        (KEY, {"https": "p"}, "SDK: a proxy stands before api.anthropic.com"),
        ({**KEY, "ANTHROPIC_PROFILE": "work"}, {}, "SDK: ANTHROPIC_PROFILE is set"),
        ({**KEY, "ANTHROPIC_IDENTITY_TOKEN_FILE": "/t"}, {}, "SDK: ANTHROPIC_IDENTITY_TOKEN_FILE"),
        ({**KEY, "ANTHROPIC_LOG": "debug"}, {}, "SDK: ANTHROPIC_LOG asks for its log"),
        (
            {**KEY, "ANTHROPIC_BASE_URL": "http://me:pw@h"},
            {},
            "SDK: ANTHROPIC_BASE_URL is no plain",
        ),
        (
            {**KEY, "ANTHROPIC_CUSTOM_HEADERS": "Host: h"},
            {},
            "SDK: ANTHROPIC_CUSTOM_HEADERS sets host",
        ),
        (
            {**KEY, "ANTHROPIC_CUSTOM_HEADERS": "authorization:"},
            {},
            "SDK: .* takes the credential out",
        ),
    ],
)
def test_the_way_and_why(environment: dict[str, str], proxies: dict[str, str], said: str) -> None:
    way = choose_way(environment, proxies)
    assert re.search(said.replace("SDK: ", "through the SDK's client: "), str(way))
    assert isinstance(way, SdkWay if said.startswith("SDK") else DirectWay)


def test_no_secret_is_shown() -> None:
    way = choose_way({**KEY, "ANTHROPIC_CUSTOM_HEADERS": "cookie: secret"}, {})
    assert "secret" not in f"{way!r} {way}"
