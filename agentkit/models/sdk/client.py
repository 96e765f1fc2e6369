"""Opening a client of the official SDK where nobody gives one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from agentkit.models.endpoint_errors import EndpointError
from agentkit.models.wire.tls import UnusableAuthorities, tls_context
from agentkit.redaction.redactor import text_without_secrets

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.lib.bedrock import AsyncAnthropicBedrock
    from anthropic.lib.vertex import AsyncAnthropicVertex

SdkClient: TypeAlias = "AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex"
"""Any async client of the official SDK."""


def open_sdk_client(
    *,
    api_key: str | None = None,
    auth_token: str | None = None,
    base_url: str | None = None,
    default_headers: Mapping[str, str] | None = None,
) -> AsyncAnthropic:
    """Open a client of the SDK, which takes what is left out from the environment. Raises EndpointError."""
    import httpx2
    from anthropic import AnthropicError, AsyncAnthropic  # costs over a second: only when a model is really called

    from agentkit.models.sdk.transport import open_http_client

    check_authorities()
    try:
        return AsyncAnthropic(
            api_key=api_key,
            auth_token=auth_token,
            base_url=base_url,
            default_headers=default_headers,
            http_client=open_http_client(),
        )
    except (AnthropicError, httpx2.InvalidURL, ImportError, OSError, ValueError) as error:
        raise unopened_client(error) from None


def check_authorities() -> None:
    """Check the certificates that the environment names, before a client of the SDK is opened, which all need them.

    Raises:
        EndpointError: The file or the folder cannot be used.
    """
    try:
        tls_context()
    except OSError as error:
        raise unopened_client(error) from None


def unopened_client(error: Exception) -> EndpointError:
    """Return the error for a client that cannot be opened with the address, proxy or file of the environment."""
    text = text_without_secrets(str(error)).rstrip(".")
    if isinstance(error, UnusableAuthorities):
        name = "SSL_CERT_FILE to a file" if text.startswith("SSL_CERT_FILE") else "SSL_CERT_DIR to a folder"
        return EndpointError(
            f"The certificates for TLS cannot be read: {text}.", f"Set {name} of certificates, or unset it."
        )
    variables = "ANTHROPIC_BASE_URL, HTTP_PROXY, HTTPS_PROXY and SSL_CERT_FILE"
    return EndpointError(f"The client for the Claude API cannot be opened: {text}. Check {variables}.")
