"""The proxies of the environment and the system: the same that the SDK's client finds, without the import of urllib."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from agentkit.models.direct.address import ApiAddress

_SYSTEMS_WITH_PROXIES = ("darwin", "win32")
_END = "_proxy"


def find_proxies(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the proxies by scheme, and under `no` the hosts without one: of the variables, else of the system."""
    proxies = proxies_of_variables(environment)
    if proxies or sys.platform not in _SYSTEMS_WITH_PROXIES:
        return proxies
    from urllib.request import getproxies  # a tenth of what a new process needs for its first reply

    return getproxies()


def proxies_of_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies of HTTPS_PROXY and the like. A name in lower case wins, and may take a proxy back."""
    found = {name: value for name, value in environment.items() if name.lower().endswith(_END)}
    proxies = {name.lower().removesuffix(_END): value for name, value in found.items() if value}
    if "REQUEST_METHOD" in environment:  # in a CGI script, HTTP_PROXY is a header of whoever asks
        proxies.pop("http", None)
    for name, value in found.items():
        if name.endswith(_END):
            scheme = name.lower().removesuffix(_END)
            if value:
                proxies[scheme] = value
            else:
                proxies.pop(scheme, None)
    return proxies


def is_behind_proxy(address: ApiAddress, proxies: Mapping[str, str]) -> bool:
    """Return True if a proxy stands before a server, or may do so: an exception with a port or a network is not read.

    Args:
        address: The server.
        proxies: As `find_proxies` returns them.
    """
    if not (proxies.get(address.scheme) or proxies.get("all")):
        return False
    return not any(_excepts(entry.strip().lower(), address.host) for entry in proxies.get("no", "").split(","))


def _excepts(entry: str, host: str) -> bool:
    """Return True if an entry of NO_PROXY excepts a host: by its name, or by the name of its domain."""
    if not entry:
        return False
    return entry in ("*", host) or host.endswith(entry if entry.startswith(".") else f".{entry}")
