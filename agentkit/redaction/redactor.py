"""Redaction of secrets in what the model reads and in what is written down: recordings, logs, reports.

Recognised are known patterns (`secret_patterns.py`), the values of the client's credentials, and the values of names
that hold secrets. In what is written down these are all names that sound like it (`password`, `api_key`); in what the
model reads only the names that the agent lists as `redact=`, since the token of a page is data that it needs. Other
secrets are not recognised.

Two rules for this file: inputs are never modified, and redaction is idempotent. Names of token counts, of cache
cursors and of a schema's properties are not secret.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote

from agentkit.errors import DefinitionError
from agentkit.redaction.named_values import NamedValues
from agentkit.redaction.secret_patterns import REDACTED, without_known_secrets

if TYPE_CHECKING:
    from agentkit.messages.message import Block, Content

__all__ = [
    "REDACTED",
    "Redactor",
    "check_redacted_names",
    "is_secret_name",
    "text_without_secrets",
    "without_secrets",
]

MIN_VALUE_CHARS = 8
"""Shorter values of credentials and environment variables are not redacted: they may be ordinary words."""

Value = TypeVar("Value")

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = {
    "apikey", "authorization", "cookie", "cookies", "credential", "credentials", "passphrase", "passwd", "password",
    "secret", "token",
}  # fmt: skip
_SECRET_KINDS_OF_KEY = {"access", "api", "private", "secret", "session", "signing"}
_SCHEMA_WORDS = {"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type"}
_QUOTED = re.compile(
    r"""(?P<quote>["'])(?P<name>[\w-]{1,60})(?P=quote)(?P<sign>\s*:\s*)(?P<open>["'])"""
    r"""(?P<value>(?:\\.|(?!(?P=open))[^\\])+)""",
    re.DOTALL,
)


def is_secret_name(name: str) -> bool:
    """True if a key, header or parameter of this name holds a secret: `db_password`, `x-api-key`, `accessToken`."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    return words[-1] in _SECRET_WORDS or (words[-1] == "key" and bool(_SECRET_KINDS_OF_KEY.intersection(words[-2:-1])))


def without_secrets(value: Value) -> Value:
    """Return a copy of a JSON value with every secret replaced.

    Strings and numbers under the name of a secret are replaced whole, also in lists and objects there, except in a
    JSON Schema: a tool may have a parameter `password`. All other strings are redacted by `text_without_secrets`.
    """
    return cast("Value", _json_without_secrets(value, is_secret=False))


def text_without_secrets(text: str) -> str:
    """Return the text with secrets of known patterns and quoted `"password": "..."` replaced."""
    return _QUOTED.sub(_redact_quoted, without_known_secrets(text))


def _redact_quoted(match: re.Match[str]) -> str:
    if not is_secret_name(match["name"]):
        return match[0]
    return f"{match['quote']}{match['name']}{match['quote']}{match['sign']}{match['open']}{REDACTED}"


def _json_without_secrets(value: object, *, is_secret: bool) -> object:
    match value:
        case str():
            return REDACTED if is_secret and value else text_without_secrets(value)
        case bool():
            return value
        case int() | float():
            return REDACTED if is_secret else value
        case list():
            return [_json_without_secrets(item, is_secret=is_secret) for item in cast("list[object]", value)]
        case tuple():
            found = cast("tuple[object, ...]", value)
            return tuple(_json_without_secrets(item, is_secret=is_secret) for item in found)
        case Mapping():
            named = cast("Mapping[str, object]", value)
            is_secret = is_secret and not _SCHEMA_WORDS.intersection(named)
            return {
                text_without_secrets(key): _json_without_secrets(item, is_secret=is_secret or is_secret_name(key))
                for key, item in named.items()
            }
        case _:
            return value


# -- what the model reads --------------------------------------------------------------------------------------------

_BINARY_TYPES = ("image", "base64")
_GENERATED_FIELDS = ("type", "tool_use_id")
"""Fields of a block whose values are generated, so they hold no secret."""
_SAME_EVERYWHERE = re.compile(r"[A-Za-z0-9._~/-]*")


def check_redacted_names(names: object) -> None:
    """Raise DefinitionError if the value of `redact=` is not a list of names."""
    if isinstance(names, str) or not isinstance(names, list | tuple):
        raise DefinitionError(f"it takes a list of names: redact=[{names!r}]")
    for name in cast("Sequence[object]", names):
        if not isinstance(name, str) or not name.strip():
            raise DefinitionError(f"{name!r} is not a name")


def _written_forms(value: str) -> tuple[str, ...]:
    """Return a value in the forms in which others write it, without white space around it: plain, in JSON, in a URL."""
    stripped = value.strip()
    if _SAME_EVERYWHERE.fullmatch(stripped):
        return (stripped,)
    return stripped, json.dumps(stripped)[1:-1], json.dumps(stripped, ensure_ascii=False)[1:-1], quote(stripped)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Redacts secrets in texts for the model: known patterns, given values, and the values of given names.

    Created once per run; without arguments it knows the patterns only. The deltas of a streamed reply are not redacted:
    they are the model's own text, cut at arbitrary positions.
    """

    names: tuple[str, ...] = ()
    values: tuple[str, ...] = field(default=(), repr=False)
    _named: NamedValues | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {form for value in self.values for form in _written_forms(value)}
        long = {value for value in found if len(value) >= MIN_VALUE_CHARS and value not in REDACTED}
        object.__setattr__(self, "values", tuple(sorted(long, key=lambda value: (-len(value), value))))
        object.__setattr__(self, "_named", NamedValues(self.names) if self.names else None)

    @classmethod
    def of(cls, names: Sequence[str], credentials: Iterable[str]) -> Redactor:
        """Make a redactor for these names, the environment variables of these names, and these values.

        Args:
            names: Names of keys, parameters and environment variables.
            credentials: Values that are secret wherever they stand.
        """
        variables = (os.environ.get(name, "") for name in names)
        return cls(tuple(names), (*variables, *credentials))

    def extended(self, names: Sequence[str], credentials: Iterable[str]) -> Redactor:
        """Return a redactor for all that this one redacts and more; arguments as of `of`.

        Args:
            names: Names of keys, parameters and environment variables.
            credentials: Values that are secret wherever they stand.
        """
        more = Redactor.of(names, credentials)
        if set(self.names).issuperset(more.names) and set(self.values).issuperset(more.values):
            return self
        return Redactor((*self.names, *more.names), (*self.values, *more.values))

    def text(self, text: str) -> str:
        """Return the text without secrets; the same object if it has none."""
        cleaned = text
        for value in self.values:
            cleaned = cleaned.replace(value, REDACTED)
        cleaned = without_known_secrets(cleaned)
        if self._named is not None:
            cleaned = self._named.redact(cleaned)
        return text if cleaned == text else cleaned

    def content(self, content: Content) -> Content:
        """Return the content without secrets in its texts; the same object if it has none.

        Pictures and other data in base64 are not changed.
        """
        return cast("Content", self.value(content))

    def value(self, value: object) -> object:
        """Return a JSON value without secrets in its texts; the same object if it has none."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            parts = cast("list[object]", value)
            cleaned = [self.value(part) for part in parts]
            return cleaned if any(new is not old for new, old in zip(cleaned, parts, strict=True)) else parts
        if isinstance(value, tuple):
            return tuple(self.value(part) for part in cast("tuple[object, ...]", value))
        if not isinstance(value, dict):
            return value
        block = cast("Block", value)
        if block.get("type") in _BINARY_TYPES:
            return block
        inside: Block = {key: part if key in _GENERATED_FIELDS else self.value(part) for key, part in block.items()}
        return inside if any(inside[key] is not block[key] for key in block) else block
