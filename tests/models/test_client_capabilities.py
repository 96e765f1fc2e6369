"""The table of clients: exact classes of the SDK, classes derived from them, and everything else."""

import anthropic
import pytest

from agentkit.models.client_capabilities import ClientCapabilities, client_capabilities, has_server_side_compaction
from tests.pacing import Paced

FULL = ClientCapabilities(sends_bytes=True, holds_threads=True, compacts=True, has_batches=True)


class Derived(anthropic.AsyncAnthropic):
    """May change what it sends."""


class DerivedBedrock(anthropic.AsyncAnthropicBedrock):
    """Still speaks to Bedrock."""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (anthropic.AsyncAnthropic, FULL),
        (anthropic.AsyncAnthropicAWS, ClientCapabilities(sends_bytes=True, compacts=True, has_batches=True)),
        (anthropic.AsyncAnthropicFoundry, ClientCapabilities(sends_bytes=True)),
        (anthropic.AsyncAnthropicBedrockMantle, ClientCapabilities(sends_bytes=True)),
        (anthropic.AsyncAnthropicVertex, ClientCapabilities(takes_top_level_marker=False)),
        (
            anthropic.AsyncAnthropicBedrock,
            ClientCapabilities(takes_top_level_marker=False, has_framed_events=True),
        ),
        (DerivedBedrock, ClientCapabilities(takes_top_level_marker=False, has_framed_events=True)),
        (Derived, ClientCapabilities(has_batches=True)),
        (anthropic.AsyncAnthropicGoogleCloud, ClientCapabilities(has_batches=True)),
        (type("AsyncAnthropic", (), {}), ClientCapabilities()),
        (object, ClientCapabilities()),
    ],
)
def test_what_a_class_of_clients_can_do(kind: type[object], expected: ClientCapabilities) -> None:
    assert client_capabilities(kind.__new__(kind)) == expected


def test_a_model_compacts_where_its_client_does() -> None:
    class Wrapped(Paced):
        client = anthropic.AsyncAnthropic(api_key="k")

    assert has_server_side_compaction(Wrapped([]))
    assert not has_server_side_compaction(Paced([]))
