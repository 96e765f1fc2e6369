"""Secrets out of what is written down: recordings, logs, reports.

Two rules for this file: it is pure, and what it returns it returns unchanged when given again. What looks like a
secret is replaced; what is a name of a number of tokens, of a cursor of the cache or of a schema's property stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar, cast

REDACTED = "[redacted]"
"""What stands where a secret stood."""

Value = TypeVar("Value")

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = {
    "apikey", "authorization", "cookie", "cookies", "credential", "credentials", "passphrase", "passwd", "password",
    "secret", "token",
}  # fmt: skip
_SECRET_KINDS_OF_KEY = {"access", "api", "private", "secret", "session", "signing"}
_SCHEMA_WORDS = {"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type"}
_KEY = re.compile(r"sk-ant-[\w-]+")
# `Basic` and `Bearer` are words of a sentence too: what follows is a secret when it is long and has a digit in it.
_SCHEME = re.compile(r"\b(?P<scheme>basic|bearer)\s+(?=\S*\d)[\w.~+/=-]{16,}", re.IGNORECASE)
_HEADER = re.compile(r"\b(?P<name>x-api-key)(?P<sign>\s*[:=]\s*)[^\s\"',;]+", re.IGNORECASE)
_QUOTED = re.compile(
    r"""(?P<quote>["'])(?P<name>[\w-]{1,60})(?P=quote)(?P<sign>\s*:\s*)(?P<open>["'])"""
    r"""(?P<value>(?:\\.|(?!(?P=open))[^\\])+)""",
    re.DOTALL,
)


def is_secret_name(name: str) -> bool:
    """Whether a key, header or parameter of this name holds a secret: `db_password`, `x-api-key`, `accessToken`."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    return words[-1] in _SECRET_WORDS or (words[-1] == "key" and bool(_SECRET_KINDS_OF_KEY.intersection(words[-2:-1])))


def without_secrets(value: Value) -> Value:
    """The JSON value with every secret replaced, as a new one; the value itself is left alone.

    Strings and numbers under a secret's name are replaced whole, in lists and objects there too, except in a JSON
    Schema: a tool may have a parameter `password`. What is done to all other strings, `text_without_secrets` says.
    """
    return cast("Value", _cleaned(value, is_secret=False))


def text_without_secrets(text: str) -> str:
    """The text with keys of the API, bearer tokens and quoted `"password": "..."` replaced."""
    text = _KEY.sub(REDACTED, text)
    text = _SCHEME.sub(rf"\g<scheme> {REDACTED}", text)
    text = _HEADER.sub(rf"\g<name>\g<sign>{REDACTED}", text)
    return _QUOTED.sub(_quoted, text)


def _quoted(match: re.Match[str]) -> str:
    if not is_secret_name(match["name"]):
        return match[0]
    return f"{match['quote']}{match['name']}{match['quote']}{match['sign']}{match['open']}{REDACTED}"


def _cleaned(value: object, *, is_secret: bool) -> object:
    match value:
        case str():
            return REDACTED if is_secret and value else text_without_secrets(value)
        case bool():
            return value
        case int() | float():
            return REDACTED if is_secret else value
        case list():
            return [_cleaned(item, is_secret=is_secret) for item in cast("list[object]", value)]
        case Mapping():
            found = cast("Mapping[str, object]", value)
            is_secret = is_secret and not _SCHEMA_WORDS.intersection(found)
            return {
                text_without_secrets(key): _cleaned(item, is_secret=is_secret or is_secret_name(key))
                for key, item in found.items()
            }
        case _:
            return value
