"""The headers of a request that goes out without the SDK: what the SDK sends to say who asks for what, and no more.

What it tells of itself (`x-stainless-*`, its `user-agent`) is left out: this is not the SDK.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentkit.models.client_check import header_mistake, header_problem

API_VERSION = "2026-10-21"
"""The version of the API whose events and bodies are understood here; the SDK's client names the same."""
FRAMING_HEADERS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers about the connection itself, which the client of the connection writes."""


def parse_custom_headers(text: str) -> dict[str, str]:
    """Return the headers of ANTHROPIC_CUSTOM_HEADERS, one `name: value` a line, as the SDK reads them."""
    named = (line.partition(":") for line in text.split("\n") if ":" in line)
    return {name.strip(): value.strip() for name, _, value in named}


def api_headers_mistake(variable: str, credential: str, custom_headers: Mapping[str, str]) -> str | None:
    """Return the sentence about a value that cannot be sent: with its variable, and without its text. None: all can.

    Args:
        variable: The variable that holds the credential.
        credential: The key or the token.
        custom_headers: The headers of ANTHROPIC_CUSTOM_HEADERS.
    """
    problem = header_problem(credential)
    return header_mistake(custom_headers, "ANTHROPIC_CUSTOM_HEADERS") if problem is None else f"{variable} {problem}."


def api_headers(credential: str, custom_headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of all requests, by lower-case names; custom ones replace our own.

    Args:
        credential: The key or the token.
        custom_headers: The headers of ANTHROPIC_CUSTOM_HEADERS.
    """
    return {
        "accept": "application/json",
        "user-agent": "agentkit",
        "anthropic-version": API_VERSION,
        "authorization": f"Bearer {credential}",
        **{name.lower(): value for name, value in custom_headers.items()},
    }
