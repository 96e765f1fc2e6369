"""Exceptions of the SDK and its transport -> ModelError, or ConfigurationError where the caller has to act first."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError, ModelError
from agentkit.models.endpoint_errors import endpoint_error, innermost_text
from agentkit.models.refusals import Refusal
from agentkit.redaction.redactor import text_without_secrets

if TYPE_CHECKING:
    from collections.abc import Generator

    from anthropic import APIConnectionError

_NO_CREDENTIALS = (
    "No credentials for the Claude API: set ANTHROPIC_API_KEY, or pass client=AsyncAnthropic(api_key=...) to the "
    "agent or the run."
)
_ANY_KEY = " For a server that asks for none, as perhaps that of ANTHROPIC_BASE_URL, any value will do."


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
        refusal = Refusal(error.status_code, error.response.headers, error.body, error.message, error.request.url)
        raise refusal.error(model) from error
    except anthropic.APITimeoutError as error:
        if isinstance(error.__cause__, httpx2.ConnectTimeout | httpx2.PoolTimeout):  # nothing was sent
            raise _error_of_connection(error) from error
        text = f"The API did not answer in time: {innermost_text(error.__cause__ or error)}."
        raise ModelError(text, kind="timeout_error", is_retryable=True) from error
    except anthropic.APIConnectionError as error:
        if (mistake := endpoint_error(error, error.request.url)) is not None:
            raise mistake from None  # the transport's text may show the value of a header
        raise _error_of_connection(error) from error
    except httpx2.InvalidURL as error:
        raise endpoint_error(error, None) or error from None
    except httpx2.RequestError as error:  # a body that cannot be decoded is none of its TransportErrors
        text = f"The connection broke off while the reply was coming: {innermost_text(error)}."
        raise ModelError(text, kind="stream_interrupted", is_retryable=True) from error
    except anthropic.CredentialsError as error:
        raise ConfigurationError(f"{_no_credentials()} ({text_without_secrets(str(error))})") from error
    except TypeError as error:
        if "authentication method" in str(error):  # the SDK reports a missing key by this TypeError
            raise ConfigurationError(_no_credentials()) from error
        raise


def _no_credentials() -> str:
    return _NO_CREDENTIALS + (_ANY_KEY if os.environ.get("ANTHROPIC_BASE_URL") else "")


def _error_of_connection(error: APIConnectionError) -> Exception:
    if isinstance(error.__cause__, RuntimeError) and "no running event loop" in str(error.__cause__):
        return ConfigurationError("This client's aiohttp transport runs on asyncio only; on trio use the default one.")
    text = f"The API could not be reached: {innermost_text(error.__cause__ or error)}."
    return ModelError(text, kind="connection_error", is_retryable=True)
