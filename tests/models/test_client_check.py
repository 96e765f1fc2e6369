"""Keys and headers that HTTP does not take are refused before anything is sent, without their text."""

from __future__ import annotations

import pytest
from anthropic import AsyncAnthropic, Omit
from anthropic.lib.bedrock import AsyncAnthropicBedrock

from agentkit.models.client_check import check_client, checked_credentials, header_mistake, header_problem
from agentkit.models.endpoint_errors import EndpointError
from tests.models.direct.test_api_headers import local_variables

SECRET = "gw_7f3c9a21d4e84b55"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (SECRET, None),
        (f" {SECRET}\t", None),
        (f"{SECRET}\n", "line end"),
        (f"{SECRET}\r", "line end"),
        (f"{SECRET}\u2026", "not ASCII"),
        (f"\ufeff{SECRET}", "not ASCII"),
        (f"{SECRET}\0", "control character"),
        (5, "of type int"),
    ],
)
def test_a_header_is_printable_ascii(value: object, problem: str | None) -> None:
    found = header_problem(value)
    assert (found is None) if problem is None else (found is not None and problem in found)
    assert SECRET not in (found or "")


@pytest.mark.parametrize("name", ["api_key", "auth_token"])
def test_a_credential_is_named_and_not_shown(name: str) -> None:
    with pytest.raises(EndpointError, match=f"`{name}` has a line end") as caught:
        checked_credentials(AsyncAnthropic(**{name: f"{SECRET}\n"}))  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)
    assert SECRET not in repr([*local_variables(caught.value)])


def test_the_headers_of_the_client_are_checked_and_those_that_are_left_out_are_not() -> None:
    check_client(AsyncAnthropic(api_key="any", default_headers={"x-user": "ann", "anthropic-beta": "a,b"}))
    assert header_mistake({"x-user": Omit(), "x-other": None}, "the client") is None
    check_client(object())
    for headers in ({"x-user": f"{SECRET}\n"}, {"x user": "ann"}, {"x-user": 5}):
        with pytest.raises(EndpointError, match=r"The header 'x.user' of the client") as caught:
            check_client(AsyncAnthropic(api_key="any", default_headers=headers))  # type: ignore[arg-type]
        assert SECRET not in str(caught.value)
        shown = [one for one in local_variables(caught.value) if one is not headers]
        assert SECRET not in repr(shown)


def test_the_keys_of_another_cloud_are_checked() -> None:
    client = AsyncAnthropicBedrock(aws_region="eu", aws_access_key="a", aws_secret_key=f"{SECRET}\n")
    with pytest.raises(EndpointError, match="`aws_secret_key` has a line end"):
        check_client(client)


def test_a_client_is_checked_again_when_its_key_has_changed() -> None:
    client = AsyncAnthropic(api_key="any-key-1")
    assert checked_credentials(client) == ("any-key-1", "Bearer any-key-1")
    client.api_key = "any-key-2"
    assert "any-key-2" in checked_credentials(client)
    client.api_key = f"{SECRET}\n"
    for _ in range(2):
        with pytest.raises(EndpointError):
            checked_credentials(client)
    assert checked_credentials(None) == ()
    assert checked_credentials({"api_key": "not hashable"}) == ()
