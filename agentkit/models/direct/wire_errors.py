"""Errors of our own connections -> ModelError, or ConfigurationError where trying again does not help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentkit.errors import ModelError
from agentkit.models.endpoint_errors import endpoint_error, innermost_text
from agentkit.models.wire.errors import ConnectTimedOut, IdleTimedOut, NotHttp

if TYPE_CHECKING:
    from agentkit.errors import AgentkitError
    from agentkit.models.endpoint_errors import Address
    from agentkit.models.wire.errors import WireError


def error_before_reply(error: WireError, address: Address, *, has_answered: bool) -> AgentkitError:
    """Return the error for a request that got no response.

    Args:
        error: What happened.
        address: The address of the request.
        has_answered: The address has answered another request: then it is not wrong, whatever came this time.
    """
    if isinstance(error, IdleTimedOut):
        return ModelError(f"The API did not answer in time: {error}.", kind="timeout_error", is_retryable=True)
    is_address_right = isinstance(error, ConnectTimedOut) or (has_answered and isinstance(error, NotHttp))
    if not is_address_right and (mistake := endpoint_error(error, address)) is not None:
        return mistake
    text = f"The API could not be reached: {innermost_text(error)}."
    return ModelError(text, kind="connection_error", is_retryable=True)


def error_within_reply(error: WireError) -> ModelError:
    """Return the error for a response that broke off."""
    text = f"The connection broke off while the reply was coming: {innermost_text(error)}."
    return ModelError(text, kind="stream_interrupted", is_retryable=True)
