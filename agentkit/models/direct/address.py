"""The address of the API as the environment gives it: a plain one, or none that the direct way takes."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

DEFAULT_BASE_URL = "https://api.anthropic.com"
_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65_535
_PLAIN = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?((?:/[\w.~!$&'()*+,;=:@-]+)*)/?", re.ASCII
)
"""An address without user, query and escapes, whose parts need no other form: the SDK's client reads all others."""


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """The address of a server, or of a path on it. `str` is the whole address."""

    scheme: str
    """`http` or `https`."""
    host: str
    """A name, or an IP address without brackets."""
    port: int | None
    """The port. None: that of the scheme."""
    path: str
    """The path, from its first slash on; empty for the server."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def netloc(self) -> str:
        """The host and the port as they stand in an address, and in the header `host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def connect_port(self) -> int:
        """The port to connect to."""
        return self.port or _PORTS[self.scheme]

    def join(self, path: str) -> ApiAddress:
        """Return the address of a path below this one."""
        return replace(self, path=self.path + path)


def parse_base_url(text: str) -> ApiAddress | None:
    """Return a base URL without its last slash. None: it is not a plain address, or not a right one."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, digits, path = found.groups()
    port = int(digits) if digits else None
    is_ip = host.startswith("[") or host.replace(".", "").isdigit()
    if port == 0 or (port or 0) > _MAX_PORT or not {".", ".."}.isdisjoint(path.split("/")):
        return None
    if is_ip and not _is_ip_address(host.strip("[]")):
        return None
    return ApiAddress(scheme, host.strip("[]"), None if port == _PORTS[scheme] else port, path)


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
