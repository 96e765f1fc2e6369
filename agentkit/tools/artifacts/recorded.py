"""The artifacts of one call as JSON, the form in which they are part of a recorded step."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import astuple
from typing import TYPE_CHECKING

from agentkit.tools.artifacts.store import ArtifactLabel

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.tools.artifacts.artifact import ArtifactSlot
    from agentkit.tools.artifacts.store import ArtifactStore


def kept_to_json(slot: ArtifactSlot) -> list[JSONObject]:
    """Return the artifacts that are kept under the handle of a call, with their contents; mostly none."""
    found: list[JSONObject] = []
    for handle, label, contents in slot.store.kept_below(slot.handle):
        whole = contents.read_whole()
        content = {"text": whole} if isinstance(whole, str) else {"base64": base64.b64encode(whole).decode()}
        found.append({"handle": handle, "label": [*astuple(label)], **content})
    return found


def restore_kept(store: ArtifactStore, kept: Iterable[JSONObject]) -> None:
    """Keep the artifacts of a recorded step under their handles, unless they are kept already."""
    for one in kept:
        if store.get(one["handle"]) is None:
            whole = one["text"] if "text" in one else base64.b64decode(one["base64"])
            store.keep(one["handle"], whole, ArtifactLabel(*one["label"]))
