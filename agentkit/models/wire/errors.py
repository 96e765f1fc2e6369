"""Exceptions of an HTTP exchange, in one tree. None of them leaves `models/`: they become a ModelError there.

WireError
 ├── ConnectFailed           the address, the network or a certificate: nothing was sent
 │    └── ConnectTimedOut    the network or the server: nothing was sent; try again
 ├── IdleTimedOut            the server or the network: no byte went either way for too long; try again
 ├── ConnectionLost          the server or the network: the connection ended before the reply did; try again
 └── NotHttp                 the server: what it sent is no HTTP; check the address
"""


class WireError(Exception):
    """No response, or only a part of one. What lies below (OSError, `ssl.SSLError`, h11's error) is its cause."""


class ConnectFailed(WireError):
    """There is no connection to the server: its name is unknown, it refuses, or TLS failed. Nothing was sent."""


class ConnectTimedOut(ConnectFailed):
    """There was no connection to the server in time. Nothing was sent."""


class IdleTimedOut(WireError):
    """No byte came from the server, and it took none, for as long as the request waits."""


class ConnectionLost(WireError):
    """The server closed or reset the connection before the end of its response."""


class NotHttp(WireError):
    """The server sent something that is no HTTP/1.1 response, or no body of the encoding that it names."""


class IllegalHead(ValueError):
    """The head of a request cannot be sent: the calling program gave a header that HTTP does not take.

    Args:
        name: The name of the header, or the part of the head that is wrong. Its value is not shown: it may be a key.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"Illegal header: {name} has a character that HTTP does not take, such as a line end.")
        self.name = name
