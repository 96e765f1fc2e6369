"""The container in which the API runs code for a conversation, and the `container` field of a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject


@dataclass(frozen=True, slots=True)
class Container:
    """The container in which the API runs code for a conversation. The files that the code writes stay in it."""

    id: str
    """The API's id of the container."""
    expires_at: str = ""
    """The time at which it is suspended if nothing uses it, in ISO 8601; a later request wakes it up again, for some
    weeks. Empty: not known."""

    @classmethod
    def from_api(cls, value: object) -> Container | None:
        """Read the `container` of a reply or of a request. None: it names none."""
        given = cast("JSONObject", value) if isinstance(value, dict) else {"id": value}
        container_id, expires_at = given.get("id"), given.get("expires_at")
        if not isinstance(container_id, str) or not container_id:
            return None
        return cls(container_id, expires_at if isinstance(expires_at, str) else "")

    @property
    def is_suspended(self) -> bool:
        """True if it was not used for so long that the API has suspended it."""
        try:
            return datetime.fromisoformat(self.expires_at) < datetime.now(UTC)
        except (ValueError, TypeError):  # no time, or one without a zone
            return False

    def to_json(self) -> JSONObject:
        """Return it as JSON, for `from_api`."""
        return {"id": self.id, "expires_at": self.expires_at}


def container_field(container: Container | None, given: object, *, is_resumed: bool) -> object:
    """Return the `container` field of a request. None: the request has none.

    Args:
        container: The container of the conversation. None: it has none yet.
        given: The field as the settings give it: an id, or an object with skills. None: they give none.
        is_resumed: True if the request resumes a paused turn, which takes nothing but the id.
    """
    skills: object = cast("JSONObject", given).get("skills") if isinstance(given, dict) else None
    if not skills or (is_resumed and container is not None):
        return None if container is None else container.id  # the API refuses an object with nothing but an id
    return {"skills": skills} if container is None else {"id": container.id, "skills": skills}
