"""The credentials that a client of the SDK, request headers and the environment hold: values for a `Redactor`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

from agentkit.redaction.redactor import is_secret_name

CREDENTIAL_ATTRIBUTES = (
    "api_key", "auth_token", "access_token", "aws_access_key", "aws_secret_key", "aws_session_token",
)  # fmt: skip
"""Attributes of the SDK's clients that hold a credential."""
_CREDENTIAL_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_SECRET_WORDS = {"auth", "authorization", "cookie", "credential", "credentials", "key", "password", "secret", "token"}
_WORD = re.compile(r"[a-z]+")


def credentials_of(client: object) -> tuple[str, ...]:
    """Return the keys and tokens that a client of the SDK sends, in headers and query too. None: none."""
    found: list[object] = [getattr(client, name, None) for name in CREDENTIAL_ATTRIBUTES]
    for sent in ("default_headers", "default_query"):
        found += secret_values_of(getattr(client, sent, None))
    return tuple(dict.fromkeys(value for value in found if isinstance(value, str) and value))


def credentials_of_environment() -> list[str]:
    """Return the keys and tokens that the SDK finds in the environment."""
    return [value for name in _CREDENTIAL_VARIABLES if (value := os.environ.get(name))]


def secret_values_of(headers: object) -> Iterator[str]:
    """Yield the values of headers, or of query parameters, whose names tell of a secret; of `Bearer x` also the `x`."""
    if not isinstance(headers, Mapping):
        return
    for name, value in cast("Mapping[str, object]", headers).items():
        if _tells_of_secret(name) and isinstance(value, str) and value.strip():
            yield value
            yield value.split()[-1]


@lru_cache(maxsize=256)
def _tells_of_secret(name: str) -> bool:
    return is_secret_name(name) or not _SECRET_WORDS.isdisjoint(_WORD.findall(name.lower()))
