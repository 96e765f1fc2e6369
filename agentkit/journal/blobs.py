"""Contents that are stored beside a record: each once, under its SHA-256, however many records have it.

They are named by their path in the value, never by a marker inside of it: what a user's tool returns may look like any
marker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from agentkit.messages.message import JSON, encode

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

BlobPath: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead to a text in a value. Empty: the whole value, as JSON."""
Blobs: TypeAlias = Mapping[str, bytes]
"""Contents by their SHA-256."""

MAX_INLINE_BYTES = 256_000
"""Bytes of a text that is still stored in its record."""
_MAX_SHARED_BYTES = 1_000
"""Bytes of a prompt prefix, or of a text in a kept result, that is still stored in its record: sub-agents have the same
prefix, and forks of a run the same results."""


@dataclass(frozen=True, slots=True)
class BlobReference:
    """A part of a value that is stored as a blob."""

    path: BlobPath
    sha256: str


def encode_json(value: object) -> bytes:
    """Encode a value as compact JSON in UTF-8; half characters, which UTF-8 does not have, as JSON's own escapes."""
    try:
        return encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def take_out(value: JSONObject, encoded: bytes, kind: str) -> tuple[JSON, tuple[BlobReference, ...], Blobs]:
    """Return a value without the parts that become blobs, the references to them, and their contents.

    Args:
        value: The value of a step; it is not changed.
        encoded: The same as JSON.
        kind: The kind of the step.
    """
    if kind == "prefix" and len(encoded) > _MAX_SHARED_BYTES:
        sha256 = hashlib.sha256(encoded).hexdigest()
        return None, (BlobReference((), sha256),), {sha256: encoded}
    if len(encoded) <= MAX_INLINE_BYTES and "kept" not in value:
        return value, (), {}
    references: list[BlobReference] = []
    blobs: dict[str, bytes] = {}
    for path, text in _texts(value, ()):
        most = _MAX_SHARED_BYTES if path[0] == "kept" else MAX_INLINE_BYTES
        if len(content := text.encode(errors="surrogatepass")) > most:
            sha256 = hashlib.sha256(content).hexdigest()
            references.append(BlobReference(path, sha256))
            blobs[sha256] = content
    return _replaced(value, {reference.path: None for reference in references}), tuple(references), blobs


def put_back(value: JSON, references: tuple[BlobReference, ...], blobs: Blobs) -> JSON:
    """Return a value with the contents of its blobs. Raises ValueError if one is missing, or is not what it was."""
    contents: dict[BlobPath, JSON] = {}
    for reference in references:
        content = blobs.get(reference.sha256)
        if content is None:
            raise ValueError(f"the content {reference.sha256} is missing")
        if hashlib.sha256(content).hexdigest() != reference.sha256:
            raise ValueError(f"the content {reference.sha256} has changed")
        if not reference.path:
            return cast("JSON", json.loads(content))
        contents[reference.path] = content.decode(errors="surrogatepass")
    return _replaced(value, contents)


def cut_out(value: JSON, references: tuple[BlobReference, ...]) -> tuple[JSON, Blobs]:
    """Return the opposite of `put_back`: the value without the parts that the references name, and their contents."""
    blobs: dict[str, bytes] = {}
    for reference in references:
        part: Any = value
        for step in reference.path:
            part = part[step]
        whole = part.encode(errors="surrogatepass") if reference.path else encode_json(part)
        blobs[reference.sha256] = whole
    return _replaced(value, {reference.path: None for reference in references}), blobs


def _texts(value: JSON, path: BlobPath) -> Iterator[tuple[BlobPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*path, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _texts(part, (*path, index))


def _replaced(value: JSON, parts: Mapping[BlobPath, JSON]) -> JSON:
    """Return a copy of a value with other parts at some paths."""
    if not parts:
        return value
    if () in parts:
        return parts[()]
    by_step: dict[str | int, dict[BlobPath, JSON]] = {}
    for path, part in parts.items():
        by_step.setdefault(path[0], {})[path[1:]] = part
    if isinstance(value, dict):
        return {key: _replaced(part, by_step.get(key, {})) for key, part in value.items()}
    return [_replaced(part, by_step.get(index, {})) for index, part in enumerate(cast("list[JSON]", value))]
