"""The model of a run that is rebuilt from its recorded steps: a name, and no connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.run.steps import NotRecorded

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import Request


@dataclass(frozen=True, slots=True)
class RecordedModel:
    """A `Model` that has replied before: its replies are recorded, and it gives no other."""

    name: str

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[JSONObject]]:
        """Raise NotRecorded."""
        raise NotRecorded(request.sender)
