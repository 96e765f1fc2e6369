"""Secrets out of what the model reads and of what is written down: recordings, logs, reports.

Recognised are known shapes (`secret_shapes.py`), the values of our own credentials, and what stands behind a name that
holds a secret: in what is written down any name that sounds like it, in what the model reads only the names that the
agent gives as `redact=`, since the token of a page is data that it needs. Other secrets are not recognised.

Two rules for this file: what is given is left alone, and what comes out comes out unchanged when given again. What is
a name of a number of tokens, of a cursor of the cache or of a schema's property stays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from agentkit.errors import DefinitionError
from agentkit.redaction.named_values import NamedValues
from agentkit.redaction.secret_patterns import REDACTED, without_shapes

if TYPE_CHECKING:
    from agentkit.messages.message import Block, Content

__all__ = [
    "REDACTED",
    "Redactor",
    "check_names",
    "credentials_of",
    "is_secret_name",
    "text_without_secrets",
    "without_secrets",
]

SHORTEST_VALUE = 8
"""Values of credentials and environment variables that are shorter are words of any text, and not looked for."""

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
    """The text with secrets of a known shape and quoted `"password": "..."` replaced."""
    return _QUOTED.sub(_quoted, without_shapes(text))


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


# -- what the model reads --------------------------------------------------------------------------------------------

_CREDENTIALS = ("api_key", "auth_token", "access_token", "aws_secret_key", "aws_session_token")
_DATA = ("image", "base64")
_MADE = ("type", "tool_use_id")
"""Fields of a block in which nobody writes."""
_CREDENTIAL_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


def credentials_of(client: object) -> tuple[str, ...]:
    """The secrets that a client of the SDK and the environment hold; they are told to nobody."""
    found = [getattr(client, name, None) for name in _CREDENTIALS]
    found += [os.environ.get(name) for name in _CREDENTIAL_VARIABLES]
    return tuple(dict.fromkeys(value for value in found if isinstance(value, str) and value))


def check_names(names: object) -> None:
    """Raise DefinitionError for what is no list of names."""
    if isinstance(names, str) or not isinstance(names, list | tuple):
        raise DefinitionError(f"it takes a list of names: redact=[{names!r}]")
    for name in cast("Sequence[object]", names):
        if not isinstance(name, str) or not name.strip():
            raise DefinitionError(f"{name!r} is not a name")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Hides secrets from the model: known shapes, given values, and what stands behind given names.

    Made once per run; without arguments it knows the shapes only. The deltas of a streamed reply are not redacted: they
    are what the model says, cut anywhere.
    """

    names: tuple[str, ...] = ()
    values: tuple[str, ...] = field(default=(), repr=False)
    _named: NamedValues | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        long = {value for value in self.values if len(value) >= SHORTEST_VALUE and value not in REDACTED}
        object.__setattr__(self, "values", tuple(sorted(long, key=lambda value: (-len(value), value))))
        object.__setattr__(self, "_named", NamedValues(self.names) if self.names else None)

    @classmethod
    def of(cls, names: Sequence[str], credentials: Iterable[str]) -> Redactor:
        """A redactor for these names, the environment variables of these names, and these values."""
        variables = (os.environ.get(name, "") for name in names)
        return cls(tuple(names), (*variables, *credentials))

    def and_also(self, names: Sequence[str], credentials: Iterable[str]) -> Redactor:
        """One that hides what this one hides, and more: as `of`."""
        more = Redactor.of(names, credentials)
        if set(self.names).issuperset(more.names) and set(self.values).issuperset(more.values):
            return self
        return Redactor((*self.names, *more.names), (*self.values, *more.values))

    def text(self, text: str) -> str:
        """The text without secrets; the very same one where there is none."""
        cleaned = text
        for value in self.values:
            cleaned = cleaned.replace(value, REDACTED)
        cleaned = without_shapes(cleaned)
        if self._named is not None:
            cleaned = self._named.hidden_in(cleaned)
        return text if cleaned == text else cleaned

    def content(self, content: Content) -> Content:
        """The content without secrets in its texts; the very same object where there is none.

        Pictures and other data in base64 are passed on as they are.
        """
        return cast("Content", self._cleaned(content))

    def _cleaned(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            parts = cast("list[object]", value)
            cleaned = [self._cleaned(part) for part in parts]
            return cleaned if any(new is not old for new, old in zip(cleaned, parts, strict=True)) else parts
        if not isinstance(value, dict):
            return value
        block = cast("Block", value)
        if block.get("type") in _DATA:
            return block
        inside: Block = {key: part if key in _MADE else self._cleaned(part) for key, part in block.items()}
        return inside if any(inside[key] is not block[key] for key in block) else block
