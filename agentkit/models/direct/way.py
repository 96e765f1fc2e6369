"""The choice of the way to the API where nobody gives a client: direct, or through the SDK's client.

Two rules for this file: it is pure, over the variables of the environment and the proxies of the system; and in doubt
the SDK's client is chosen, which reads everything as it always did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from agentkit.models.direct.address import DEFAULT_BASE_URL, ApiAddress, parse_base_url
from agentkit.models.direct.api_headers import FRAMING_HEADERS, parse_custom_headers
from agentkit.models.direct.proxies import is_behind_proxy

KEY, TOKEN = CREDENTIAL_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""The first that is set counts, as for the SDK."""
_OTHER_CREDENTIALS = (
    "ANTHROPIC_PROFILE", "ANTHROPIC_CONFIG_DIR", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
)  # fmt: skip
"""Variables that choose a profile or a federation, or say where profiles are. The SDK decides, and warns."""
_LOG_LEVELS = ("debug", "info")


@dataclass(frozen=True, slots=True)
class DirectWay:
    """The direct way: requests go out over connections of our own, and the SDK is not imported."""

    address: ApiAddress
    """The base URL."""
    variable: str
    """The variable that holds the credential."""
    credential: str = field(repr=False)
    """The key or the token."""
    custom_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """The headers of ANTHROPIC_CUSTOM_HEADERS."""

    def __str__(self) -> str:
        return f"direct, without the SDK: {self.variable} is set, and no proxy stands before {self.address}"


@dataclass(frozen=True, slots=True)
class SdkWay:
    """The way through the SDK's client."""

    reason: str
    """The reason why the direct way is not taken."""

    def __str__(self) -> str:
        return f"through the SDK's client: {self.reason}"


Way: TypeAlias = DirectWay | SdkWay
"""A way to the API."""


def choose_way(environment: Mapping[str, str], proxies: Mapping[str, str]) -> Way:
    """Return the way to the API.

    Args:
        environment: The variables of the process.
        proxies: What `proxies.find_proxies` returns: proxies by scheme, and under `no` the hosts without one.
    """
    variable = next((name for name in CREDENTIAL_VARIABLES if environment.get(name)), None)
    if variable is None:
        return SdkWay(f"neither {KEY} nor {TOKEN} is set")
    if (other := next((name for name in _OTHER_CREDENTIALS if environment.get(name)), None)) is not None:
        return SdkWay(f"{other} is set")
    if environment.get("ANTHROPIC_LOG") in _LOG_LEVELS:
        return SdkWay("ANTHROPIC_LOG asks for its log")
    address = parse_base_url(environment.get("ANTHROPIC_BASE_URL", DEFAULT_BASE_URL))
    if address is None:
        return SdkWay("ANTHROPIC_BASE_URL is no plain address, or has a user, a query or an escape in it")
    if is_behind_proxy(address, proxies):
        return SdkWay(f"a proxy stands before {address.host}")
    headers = parse_custom_headers(environment.get("ANTHROPIC_CUSTOM_HEADERS", ""))
    by_name = {name.lower(): value for name, value in headers.items()}
    if (framing := next((name for name in by_name if name in FRAMING_HEADERS), None)) is not None:
        return SdkWay(f"ANTHROPIC_CUSTOM_HEADERS sets {framing}")
    if not by_name.get("authorization", "set") and not by_name.get("x-api-key"):
        return SdkWay("ANTHROPIC_CUSTOM_HEADERS takes the credential out")
    return DirectWay(address, variable, environment[variable], headers)
