"""The server that answers an evaluation: what a stand-in for a model has said is never taken for the model's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentkit.models.direct.client import DirectClient
from agentkit.models.overriding_client import overriding_client

if TYPE_CHECKING:
    from agentkit.models.overriding_client import Client

_OFFICIAL_HOST = "api.anthropic.com"
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def server_of(client: Client | None) -> str:
    """Return what the server is known by that answers runs with this client: a stand-in for a model is another one.

    The port of this machine itself does not count: a local server has another one each time.

    Args:
        client: The client of the evaluation. None: that of the context, or the shared one.
    """
    used = overriding_client() or client
    is_direct = used is None or isinstance(used, DirectClient)
    kind = "AsyncAnthropic" if is_direct else type(used).__name__  # the direct client asks the same servers
    address = os.environ.get("ANTHROPIC_BASE_URL", "") if used is None else str(used.base_url)
    parts = urlsplit(address.rstrip("/"))
    if parts.hostname in (None, _OFFICIAL_HOST):
        return kind
    is_local = parts.hostname in _LOCAL_HOSTS
    return f"{kind} {parts.hostname if is_local else parts.netloc}{parts.path}"
