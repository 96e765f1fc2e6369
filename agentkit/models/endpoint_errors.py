"""Failures on the way to the API that no retry heals: address, certificate, protocol or header of the client are wrong.

The exceptions of the SDK's transports are searched for what lies below them: on some transports and event loops the
reason is only there.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from typing import Protocol, cast

from agentkit.errors import ConfigurationError
from agentkit.models.wire.errors import NotHttp
from agentkit.redaction.redactor import text_without_secrets


class Address(Protocol):
    """The address of a request: an `httpx2.URL` is one, and `direct/address.py` another. `str` returns all of it."""

    @property
    def scheme(self) -> str:
        """`http` or `https`, if it is right."""
        ...

    @property
    def host(self) -> str:
        """The host without its port."""
        ...

    @property
    def port(self) -> int | None:
        """The port. None: that of the scheme."""
        ...

    @property
    def path(self) -> str:
        """The path, from its first slash on."""
        ...


_TLS_REASONS = {
    "HTTP_REQUEST", "NO_PROTOCOLS_AVAILABLE", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
    "TLSV1_ALERT_PROTOCOL_VERSION", "TLSV1_ALERT_UNKNOWN_CA", "UNKNOWN_PROTOCOL", "UNSUPPORTED_PROTOCOL",
    "WRONG_VERSION_NUMBER",
}  # fmt: skip
"""Reasons of OpenSSL for a server that speaks no TLS, or no version of it that both know. Others may pass."""
_ADDRESS_ADVICE = "Check the scheme, host and port of the client's `base_url` (ANTHROPIC_BASE_URL)"
_PATH_ADVICE = "Check the host and the path of the client's `base_url` (ANTHROPIC_BASE_URL)"
_CERTIFICATE_ADVICE = "Check the server's certificate, and the authorities that this machine trusts (SSL_CERT_FILE)"
_HEADER_ADVICE = "Check the client's key and `default_headers`, for a line end for example"
_LOGIN_ADVICE = "Take them out of the client's `base_url` (ANTHROPIC_BASE_URL), and give them as `default_headers`"
_HEADER_PROBLEM = "a header has a character that HTTP does not take"  # the transport's text shows the header's value
_PROTOCOL_PROBLEM = "what answers there does not speak HTTP"
_OTHER_MEDIA_TYPES = ("text/html", "text/plain", "application/json", "application/xml", "text/xml")
_MAX_PORT = 65_535
_MAX_CAUSES = 20


class EndpointError(ConfigurationError):
    """The API cannot be reached with this client, however often it is tried.

    Args:
        problem: What is wrong.
        advice: What to do, in a sentence of its own. Empty: `problem` says it.
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem} {advice}".rstrip())
        self.problem = problem
        self.advice = advice


def endpoint_error(error: BaseException, url: Address | None) -> EndpointError | None:
    """Return the error for a request that failed for good before it was answered. None: it may succeed later."""
    found = None if url is None else _problem_of_address(url)
    found = found or next(filter(None, map(_problem_of_cause, _causes(error))), None)
    if found is None:
        return None
    problem, advice = found
    place = "" if url is None else _origin(url)
    return EndpointError(
        f"The API{f' at {place}' if place else ''} cannot be reached, and trying again does not help: "
        f"{text_without_secrets(problem).rstrip('.')}.",
        f"{advice}.",
    )


def error_of_reply_without_events(content_type: str, url: Address) -> EndpointError | None:
    """Return the error for a successful response that is no stream, such as a web page. None: it was only cut off."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in _OTHER_MEDIA_TYPES:
        return None
    return EndpointError(
        f"The server at {_origin(url)} does not speak the Messages API, and trying again does not help: it "
        f"answered with {media_type}, not with a stream of events. {_PATH_ADVICE}."
    )


def advice_on_path(url: Address, *, is_of_api: bool) -> str:
    """Return advice on the address of a request whose path the server does not know. Empty: the path seems right.

    Args:
        url: The address of the request.
        is_of_api: True if the answer has the form of the API's errors, so that a part of its path exists.
    """
    path = url.path.rstrip("/")
    for end in ("/v1/messages", "/v1"):
        if path.endswith(f"{end}/v1/messages"):
            return f" The request went to {_origin(url)}{path}: leave {end} out of {_name_of_base(url)}."
    return "" if is_of_api else f" The request went to {_origin(url)}{path}. {_PATH_ADVICE}."


def _name_of_base(url: Address) -> str:
    """Return what the address of a request was made from: the variable, if it begins with that."""
    variable = os.environ.get("ANTHROPIC_BASE_URL", "").rstrip("/")
    return "ANTHROPIC_BASE_URL" if variable and str(url).startswith(f"{variable}/") else "the client's `base_url`"


def innermost_text(error: BaseException) -> str:
    """Return the text of the innermost exception that has one: transports wrap it in others that say less."""
    texts = [text for one in _causes(error) if (text := str(one)) and not isinstance(one, BaseExceptionGroup)]
    return texts[-1].rstrip(".") if texts else type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what lies below it, down to the first exception in groups.

    `__context__` is not followed: that may be an exception of the program, handled while it started the run.
    """
    below: object = error
    for _ in range(_MAX_CAUSES):
        if not isinstance(below, BaseException):
            return
        yield below
        if isinstance(below, BaseExceptionGroup):
            below = cast("BaseExceptionGroup[BaseException]", below).exceptions[0]
        else:  # httpcore hides the cause and keeps it as the argument
            below = below.__cause__ or next(iter(below.args), None)


def _problem_of_address(url: Address) -> tuple[str, str] | None:
    """Return what is wrong with an address, and where to look. None: nothing is."""
    if url.scheme not in ("http", "https") or not url.host:
        return "its address does not begin with http:// or https:// and a host", _ADDRESS_ADVICE
    if url.port is not None and url.port > _MAX_PORT:  # trio takes the port modulo 65,536
        return f"there is no port {url.port}", _ADDRESS_ADVICE
    return None


def _problem_of_cause(leaf: BaseException) -> tuple[str, str] | None:
    """Return what is wrong, and where to look; None for an exception that may pass, or that says nothing itself."""
    text = str(leaf)
    if type(leaf).__module__.partition(".")[0] == "httpx2":
        return _problem_of_httpx2(leaf, text)
    match leaf:
        case ssl.SSLCertVerificationError():
            return innermost_text(leaf), _CERTIFICATE_ADVICE
        case ssl.SSLError() if _is_tls_mistake(leaf):
            return text, _ADDRESS_ADVICE
        case OverflowError():
            return text, _ADDRESS_ADVICE
        case NotHttp() if text.startswith("illegal "):
            return _PROTOCOL_PROBLEM, _ADDRESS_ADVICE
        case ValueError() if "credentials encoded in URL" in text:  # of aiohttp
            return "the user and password in its address do not go with the header `authorization`", _LOGIN_ADVICE
        case ValueError() if "header" in text:  # of aiohttp
            return _HEADER_PROBLEM, _HEADER_ADVICE
        case _ if "Bad status line" in text:  # of aiohttp
            return _PROTOCOL_PROBLEM, _ADDRESS_ADVICE
        case _:
            return None


def _problem_of_httpx2(leaf: BaseException, text: str) -> tuple[str, str] | None:
    import httpx2  # it is loaded: the exception is one of its own

    match leaf:
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL() | httpx2.TooManyRedirects():
            return text, _ADDRESS_ADVICE
        case httpx2.LocalProtocolError() if text.startswith("Illegal header"):
            return _HEADER_PROBLEM, _HEADER_ADVICE
        case httpx2.RemoteProtocolError() if text.startswith("illegal "):
            return _PROTOCOL_PROBLEM, _ADDRESS_ADVICE
        case _:
            return None


def _is_tls_mistake(error: ssl.SSLError) -> bool:
    reason: str = getattr(error, "reason", None) or ""  # aiohttp's subclass has none
    return reason in _TLS_REASONS or "CERTIFICATE" in reason


def _origin(url: Address) -> str:
    """Return scheme, host and port of an address, or how it begins where it has no scheme. Empty: it has no host."""
    scheme, sign, rest = str(url).lstrip("/").rpartition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}{sign}{host}" if host and (sign or url.path.partition("/")[0]) else ""
