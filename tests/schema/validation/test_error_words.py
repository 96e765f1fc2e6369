"""A text of the wrong form is told with the form, an example and what came; a validator's own words stay."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, AnyUrl, BaseModel, ConfigDict, Field, HttpUrl, IPvAnyAddress, Json, PastDate

from agentkit import InvalidArguments
from agentkit.messages.message import JSON
from agentkit.schema import Parameter, compile_parameters
from agentkit.schema.validation.arguments import validate_arguments
from agentkit.schema.validation.error_words import lower_first


class Encoded(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")
    data: bytes


def refuse(value: Any) -> Any:
    raise ValueError("has to be\n  in the office")


SPAN = "expected a string in the format duration, such as PT5M or P1DT2H30M, got"
MOMENT = "expected a string in the format date-time, such as 2026-01-31T09:30:00Z, got"


@pytest.mark.parametrize(
    ("annotation", "given", "expected"),
    [
        (dt.datetime, "tomorrow", f'it: {MOMENT} "tomorrow"'),
        (list[dt.datetime], ["01/02/2026"], f'it[0]: {MOMENT} "01/02/2026"'),
        (dt.datetime | None, "soon", f'it: {MOMENT} "soon"'),
        (dt.date, "2026-02-30", 'it: expected a string in the format date, such as 2026-01-31, got "2026-02-30"'),
        (dt.time, "noon", 'it: expected a string in the format time, such as 09:30:00, got "noon"'),
        (dt.timedelta, "5 minutes", f'it: {SPAN} "5 minutes"'),
        (dict[str, dt.timedelta], {"a": "1h"}, f'it.a: {SPAN} "1h"'),
        (
            AnyUrl,
            "no url",
            'it: expected a string in the format uri, such as https://www.example.com/page, got "no url"',
        ),
        (HttpUrl, "ftp://x", "it: URL scheme should be 'http' or 'https', got \"ftp://x\""),
        (
            ipaddress.IPv4Address,
            "1.2.3",
            'it: expected a string in the format ipv4, such as 192.0.2.1, got "1.2.3"',
        ),
        (
            ipaddress.IPv4Network,
            "1",
            'it: expected a string in the format ipv4network, such as 192.0.2.0/24, got "1"',
        ),
        (
            IPvAnyAddress,
            "x",
            'it: expected a string in the format ipvanyaddress, such as 192.0.2.1, got "x"',
        ),
        (
            uuid.UUID,
            "x",
            'it: expected a string in the format uuid, such as 123e4567-e89b-42d3-a456-426614174000, got "x"',
        ),
        (Decimal, "1,5", 'it: expected a decimal number such as 12.50, got "1,5"'),
        (Fraction, "a", 'it: expected a string in the format fraction, such as 1/3, got "a"'),
        (Encoded, {"data": "@@"}, 'it.data: expected a string in the format base64, such as aGVsbG8=, got "@@"'),
        (Json[int], "{", 'it: expected text that is JSON, got "{" (EOF while parsing an object at line 1 column 1)'),
        (re.Pattern[str], "(", 'it: expected a string in the format regex, got "("'),
        (set[Any], [[1]], "it[0]: expected a single value, not a list or an object, got [1]"),
        (PastDate, "2999-01-01", 'it: date should be in the past, got "2999-01-01"'),
        (
            Annotated[dt.timedelta, Field(le=dt.timedelta(hours=1))],
            "PT2H",
            'it: input should be less than or equal to 1 hour, got "PT2H"',
        ),
        (
            Annotated[dt.date, Field(ge=dt.date(2026, 1, 1))],
            "2025-01-01",
            'it: expected not before 2026-01-01, got "2025-01-01"',
        ),
        (Annotated[ipaddress.IPv4Address, AfterValidator(refuse)], "192.0.2.1", "it: has to be in the office"),
    ],
)
def test_what_is_told(annotation: object, given: JSON, expected: str) -> None:
    arguments = compile_parameters([Parameter("it", annotation)])
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("save", arguments, {"it": given})
    assert str(caught.value).splitlines()[1:] == [f"- {expected}"]


def test_an_abbreviation_keeps_its_capitals() -> None:
    assert lower_first("URL scheme") == "URL scheme"
    assert lower_first("Input should") == "input should"
    assert lower_first("A value") == "a value"
    assert lower_first("") == ""
