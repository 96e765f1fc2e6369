"""A batch whose submission was never answered: it is looked for among those of the server before it is sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio

from agentkit.models.batching.endpoint import BatchEndpoint
from agentkit.models.batching.polling import growing_pauses, until_answered

_CLOCK_SKEW = timedelta(hours=1)
"""The most by which the clock of this machine is taken to be ahead of the server's."""
_SECOND_LOOK_S = 2.0
"""Seconds until a batch is looked for once more: its creation may still be under way."""


async def find_batch(endpoint: BatchEndpoint, token: str, size: int, at: float) -> str | None:
    """Return the id of the batch whose custom ids begin with `token`. None: the server has none.

    A list of batches does not show their custom ids, only the results do. So one that is still in progress is waited
    for, if it has as many requests as the one that is looked for.

    Args:
        endpoint: The batches of the server.
        token: The beginning of the custom ids.
        size: The number of requests.
        at: The time of the submission, in seconds since 1970.

    Raises:
        ModelError: The server refuses to say.
    """
    since = datetime.fromtimestamp(at, UTC) - _CLOCK_SKEW
    seen: set[str] = set()
    for wait_s in (0.0, _SECOND_LOOK_S):
        await anyio.sleep(wait_s)
        listed = await until_answered(lambda: endpoint.list_since(since), token)
        new = [one for one in listed if one["id"] not in seen and sum(one["request_counts"].values()) == size]
        for batch in sorted(new, key=lambda one: one["processing_status"] != "ended"):
            seen.add(batch["id"])
            if await _has_token(endpoint, batch["id"], token):
                return str(batch["id"])
    return None


async def _has_token(endpoint: BatchEndpoint, batch_id: str, token: str) -> bool:
    """Return True if the custom ids of a batch, once it has ended, begin with `token`."""
    for pause_s in growing_pauses():
        status = await until_answered(lambda: endpoint.status(batch_id), batch_id)
        if status.get("processing_status") == "ended":
            break
        await anyio.sleep(pause_s)
    found: set[str] = set()
    await until_answered(lambda: endpoint.read_results(batch_id, lambda name, _: found.add(name)), batch_id)
    return any(custom_id.startswith(f"{token}-") for custom_id in found)
