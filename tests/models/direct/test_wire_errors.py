"""An error of our own connections is the one that the SDK's would have become."""

from __future__ import annotations

import ssl

import pytest

from agentkit import ConfigurationError, ModelError
from agentkit.models.direct.address import ApiAddress
from agentkit.models.direct.wire_errors import error_before_reply, error_within_reply
from agentkit.models.wire.errors import ConnectFailed, ConnectionLost, ConnectTimedOut, IdleTimedOut, NotHttp, WireError

ADDRESS = ApiAddress("https", "api.example", 8443, "/v1/messages")


def caused(error: WireError, cause: BaseException) -> WireError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ConnectTimedOut("no connection within 10 s"), "connection_error", "reached: no connection within 10 s"),
        (IdleTimedOut("no byte for 60 s"), "timeout_error", "did not answer in time: no byte for 60 s"),
        (caused(ConnectFailed("refused"), OSError(111, "refused")), "connection_error", "not be reached: .*refused"),
        (ConnectionLost("Server disconnected"), "connection_error", "could not be reached: Server disconnected"),
        (NotHttp("Receive buffer too long"), "connection_error", "could not be reached: Receive buffer"),
    ],
)
def test_what_may_pass_is_tried_again(error: WireError, kind: str, said: str) -> None:
    found = error_before_reply(error, ADDRESS, has_answered=False)
    assert isinstance(found, ModelError)
    assert (found.kind, found.is_retryable) == (kind, True)
    with pytest.raises(ModelError, match=said):
        raise found
    within = error_within_reply(error)
    assert (within.kind, within.is_retryable) == ("stream_interrupted", True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotHttp("illegal status line: bytearray(b'SSH')"), "does not speak HTTP"),
        (caused(ConnectFailed("x"), ssl.SSLCertVerificationError(1, "self-signed")), "self-signed. Check the server's"),
        (caused(ConnectFailed("x"), OverflowError("port must be 0-65535")), "port must be"),
    ],
)
def test_what_does_not_pass_is_for_the_user_to_mend(error: WireError, said: str) -> None:
    found = error_before_reply(error, ADDRESS, has_answered=False)
    assert isinstance(found, ConfigurationError)
    again = error_before_reply(error, ADDRESS, has_answered=True)
    assert isinstance(again, ModelError) is isinstance(error, NotHttp)  # where it has spoken HTTP before
    assert str(found).startswith("The API at https://api.example:8443 cannot be reached")
    assert said in str(found)
