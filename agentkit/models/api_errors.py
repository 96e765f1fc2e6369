"""Exceptions of the SDK and its transport -> ModelError, or ConfigurationError where the caller has to act first."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agentkit.budget.prices import PRICES
from agentkit.errors import ConfigurationError, ModelError
from agentkit.models.endpoint_errors import advice_on_path, endpoint_error, innermost_text
from agentkit.models.rate_limiting.retry_after import parse_retry_after_s
from agentkit.models.stream_accumulator import NON_RETRYABLE_ERRORS
from agentkit.redaction.redactor import text_without_secrets

if TYPE_CHECKING:
    from collections.abc import Generator

    from anthropic import APIConnectionError, APIStatusError

_RETRYABLE_STATUSES = {408, 409, 429}
_UNKNOWN_PATH_STATUSES = (404, 405)
_NO_CREDENTIALS = (
    "No credentials for the Claude API: set ANTHROPIC_API_KEY, or pass client=AsyncAnthropic(api_key=...) to the "
    "agent or the run."
)


@contextmanager
def translate_sdk_errors(model: str) -> Generator[None]:
    """Translate exceptions of a request to `model` into agentkit's own; the original one stays as their cause.

    Raises:
        ModelError: There is no usable reply; `is_retryable` tells if the same request may succeed later.
        ConfigurationError: There are no credentials, the client does not fit the event loop, or its address,
            certificate, protocol or headers are such that no request can succeed.
    """
    import anthropic
    import httpx2

    try:
        yield
    except anthropic.APIStatusError as error:
        raise _error_of_status(error, model) from error
    except anthropic.APITimeoutError as error:
        raise ModelError("The API did not answer in time.", kind="timeout_error", is_retryable=True) from error
    except anthropic.APIConnectionError as error:
        if (mistake := endpoint_error(error, error.request.url)) is not None:
            raise mistake from None  # the transport's text may show the value of a header
        raise _error_of_connection(error) from error
    except httpx2.InvalidURL as error:
        raise endpoint_error(error, None) or error from None
    except httpx2.TransportError as error:
        text = f"The connection broke off while the reply was coming: {innermost_text(error)}."
        raise ModelError(text, kind="stream_interrupted", is_retryable=True) from error
    except anthropic.CredentialsError as error:
        raise ConfigurationError(f"{_NO_CREDENTIALS} ({text_without_secrets(str(error))})") from error
    except TypeError as error:
        if "authentication method" in str(error):  # the SDK reports a missing key by this TypeError
            raise ConfigurationError(_NO_CREDENTIALS) from error
        raise


def _error_of_status(error: APIStatusError, model: str) -> ModelError:
    kind = error.type or f"http_{error.status_code}"
    text = error.api_message or error.message
    if error.status_code == 404 and error.error_code is None and "model" in text:
        similar = difflib.get_close_matches(model, PRICES, n=3)
        text = f"The server does not know the model {model!r}."
        text += f" Similar: {', '.join(similar)}." if similar else ""
    else:
        text = f"The API answered {error.status_code} {kind}: {text}"
        if error.status_code in _UNKNOWN_PATH_STATUSES:
            advice = advice_on_path(error.request.url, is_of_api=error.type is not None)
            text = f"{text.rstrip('.')}.{advice}" if advice else text
    return ModelError(
        text,
        kind=kind,
        code=error.error_code,
        status=error.status_code,
        request_id=error.request_id,
        is_retryable=_is_retryable(error, kind),
        retry_after_s=parse_retry_after_s(error.response.headers, datetime.now(UTC)),
    )


def _is_retryable(error: APIStatusError, kind: str) -> bool:
    if error.status_code == 200:  # an `error` event in a stream
        return kind not in NON_RETRYABLE_ERRORS
    said = error.response.headers.get("x-should-retry")
    if said in ("true", "false"):
        return said == "true"
    return error.status_code in _RETRYABLE_STATUSES or error.status_code >= 500


def _error_of_connection(error: APIConnectionError) -> Exception:
    if isinstance(error.__cause__, RuntimeError) and "no running event loop" in str(error.__cause__):
        return ConfigurationError("This client's aiohttp transport runs on asyncio only; on trio use the default one.")
    text = f"The API could not be reached: {innermost_text(error.__cause__ or error)}."
    return ModelError(text, kind="connection_error", is_retryable=True)
