"""Objects of the official SDK, its messages and content blocks, as the API's own dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_SDK_PACKAGE = "anthropic."


class SdkObject(Protocol):
    """A message or a content block of the official SDK."""

    def to_dict(self) -> dict[str, object]:
        """Return its fields; `as_plain` does so, without what the API does not take back."""
        ...


def as_plain(value: object) -> object:
    """Return an object of the SDK as the dictionary that the API sent; anything else as it is.

    Fields that the server did not send are left out: the API refuses some of them, empty as they are.
    """
    if not type(value).__module__.startswith(_SDK_PACKAGE) or not hasattr(value, "model_dump"):
        return value
    dump = cast("Callable[..., JSONObject]", getattr(value, "model_dump"))  # noqa: B009 - the SDK is not imported here
    own_fields: object = getattr(type(value), "__api_exclude__", None)  # such as the parsed form of a text
    return dump(mode="json", exclude_unset=True, exclude=own_fields, warnings=False)
