"""Checks of a client before it is used: a key or header that HTTP does not take is refused, without its text.

A rule for this file: a function that raises has no secret among its local variables, which many tools send along with
an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import cast
from weakref import WeakKeyDictionary

from agentkit.models.endpoint_errors import EndpointError
from agentkit.redaction.credentials import CREDENTIAL_ATTRIBUTES, credentials_of, credentials_of_environment

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CLIENT_METHODS = {"post", "with_options"}
"""Methods of every client of the SDK. Others may stand before one: proxies, and clients made for tests."""
_LEFT_OUT = ("NoneType", "NotGiven", "Omit")
"""Types of the values that make the SDK leave a header out."""


_checked: WeakKeyDictionary[object, tuple[list[object], tuple[str, ...]]] = WeakKeyDictionary()
"""The credential attributes of each client as they were checked, and all its credentials."""


def checked_credentials(client: object) -> tuple[str, ...]:
    """Check a client, again only when a credential of it has changed, and return the credentials that it sends.

    Raises:
        EndpointError: See `check_client`.
    """
    known = _known_credentials(client)
    if known is None:
        check_client(client)
        known = credentials_of(client)
        with suppress(TypeError):
            _checked[client] = _attributes_of(client), known
    return known


def _attributes_of(client: object) -> list[object]:
    return [getattr(client, name, None) for name in CREDENTIAL_ATTRIBUTES]


def _known_credentials(client: object) -> tuple[str, ...] | None:
    """Return the credentials of a client that was checked. None: it was not, or has others now."""
    try:
        checked = _checked.get(client)
    except TypeError:  # a client of another make that cannot be a key
        return None
    return checked[1] if checked is not None and checked[0] == _attributes_of(client) else None


def client_problem(client: object) -> str | None:
    """Return the problem of what is given as a client: it is no async client of the SDK. None: it is one, or None."""
    kind = type(client)
    if client is None or (kind.__name__.startswith("AsyncAnthropic") and kind.__module__.startswith("anthropic")):
        return None
    if kind.__name__ == "DirectClient" and kind.__module__.startswith("agentkit."):  # the one that we have opened
        return None
    if isinstance(client, type):
        return f"it takes an async client of the SDK, not the class {client.__name__}: `AsyncAnthropic()`"
    if isinstance(client, str):
        return "it takes an async client of the SDK, not a text: `AsyncAnthropic(api_key=...)`"
    bases = [(base.__module__.partition(".")[0], base.__name__) for base in kind.__mro__]
    if any(module == "anthropic" and name == "SyncAPIClient" for module, name in bases):
        own = next(name for module, name in bases if module == "anthropic")
        return (
            f"it takes an async client of the SDK, and the sync client `{own}` would stop the event loop: "
            f"`Async{own}(...)`"
        )
    is_other = any(module == "openai" for module, _ in bases) or not {*dir(client)} >= _CLIENT_METHODS
    return f"it takes an async client of Anthropic's SDK, not {kind.__name__}: `AsyncAnthropic()`" if is_other else None


def credentials_of_models(models: Sequence[object]) -> list[str]:
    """Return the credentials of the models' clients and of the environment. Raises EndpointError for a wrong one."""
    clients = [getattr(model, "client", model) for model in models]  # a model of the user may hold its key itself
    return [*credentials_of_environment(), *(value for client in clients for value in checked_credentials(client))]


def check_client(client: object) -> None:
    """Check the credentials and headers that a client of the SDK sends with each request.

    Raises:
        EndpointError: One of them has a character that no header can carry. It is not in the text.
    """
    if (mistake := _client_mistake(client)) is not None:
        raise EndpointError(mistake)


def _client_mistake(client: object) -> str | None:
    for name, value in zip(CREDENTIAL_ATTRIBUTES, _attributes_of(client), strict=True):
        if isinstance(value, str) and (problem := header_problem(value)):
            return f"The client's `{name}` {problem}."
    headers: object = getattr(client, "default_headers", None)
    return header_mistake(cast("Mapping[str, object]", headers), "the client") if isinstance(headers, Mapping) else None


def header_mistake(headers: Mapping[str, object], owner: str) -> str | None:
    """Return the sentence about a header of a client or a server that cannot be sent, without its value. None: all can.

    Args:
        headers: The headers.
        owner: What they are of, for the sentence.
    """
    for name, value in headers.items():
        if type(value).__name__ in _LEFT_OUT:
            continue
        problem = header_problem(value) if _is_header_name(name) else "has a name that HTTP does not take"
        if problem:
            return f"The header {name!r} of {owner} {problem}."
    return None


@lru_cache(maxsize=256)
def _is_header_name(name: str) -> bool:
    return _HEADER_NAME.fullmatch(name) is not None


def header_problem(value: object) -> str | None:
    """Return why a value cannot be sent in a header, as the end of a sentence without the value. None: it can."""
    if not isinstance(value, str):
        return f"is of type {type(value).__name__}, not text"
    if value.isascii() and value.isprintable():
        return None
    if "\n" in value or "\r" in value:
        return "has a line end in it, as a value that is read from a file often has: use `.strip()`"
    if not value.isascii():
        return "has a character in it that is not ASCII, such as a typographic dash or an ellipsis"
    return None if value.replace("\t", " ").isprintable() else "has a control character in it"
