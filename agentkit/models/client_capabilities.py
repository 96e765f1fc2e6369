"""Capabilities of clients and of the servers behind them, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.models.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCapabilities:
    """The capabilities of one class of clients."""

    sends_bytes: bool = False
    """Sends the bytes of a prepared body unchanged. The other classes rewrite the body, or may do so."""
    holds_threads: bool = False
    """Its server may hold conversations (message threads)."""
    compacts: bool = False
    """Its server can write the summary of a conversation itself."""
    takes_top_level_marker: bool = True
    """Its server takes a cache marker beside the messages; the others take it in the last block only."""
    has_batches: bool = False
    """Its server takes message batches."""
    has_framed_events: bool = False
    """Its events come in frames of the AWS event stream, not as server-sent events."""


_KNOWN: Mapping[str, ClientCapabilities] = {
    "AsyncAnthropic": ClientCapabilities(sends_bytes=True, holds_threads=True, compacts=True, has_batches=True),
    "AsyncAnthropicAWS": ClientCapabilities(sends_bytes=True, compacts=True, has_batches=True),
    "AsyncAnthropicBedrock": ClientCapabilities(takes_top_level_marker=False, has_framed_events=True),
    "AsyncAnthropicBedrockMantle": ClientCapabilities(sends_bytes=True),
    "AsyncAnthropicFoundry": ClientCapabilities(sends_bytes=True),
    "AsyncAnthropicVertex": ClientCapabilities(takes_top_level_marker=False),
    "DirectClient": ClientCapabilities(sends_bytes=True, holds_threads=True, compacts=True, has_batches=True),
}
"""By name, since importing the classes would import the SDK and its optional parts. The last one is our own."""
_PACKAGES = ("anthropic", "agentkit")


def client_capabilities(client: object) -> ClientCapabilities:
    """Return the capabilities of a client.

    A client whose class is derived from one of the SDK speaks to the same kind of server, but may change what it sends:
    it has the wire format and the endpoints of its base and none of the rest.
    """
    own, *bases = type(client).__mro__
    if (known := _of_class(own)) is not None:
        return known
    for base in bases:
        if (known := _of_class(base)) is not None:
            return ClientCapabilities(
                takes_top_level_marker=known.takes_top_level_marker,
                has_batches=known.has_batches,
                has_framed_events=known.has_framed_events,
            )
    return ClientCapabilities()


def _of_class(kind: type[object]) -> ClientCapabilities | None:
    known = _KNOWN.get(kind.__name__)
    return known if kind.__module__.partition(".")[0] in _PACKAGES else None


def has_server_side_compaction(model: Model) -> bool:
    """Return True if the server behind a model can write the summary of a conversation itself."""
    return client_capabilities(getattr(model, "client", None)).compacts
