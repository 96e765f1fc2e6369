"""Text that has to be JSON: `pydantic.Json`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Json

from agentkit import InvalidArguments
from agentkit.schema import Parameter, compile_parameters
from agentkit.schema.validation.arguments import validate_arguments

JSON_TEXT: Any = Json  # checkers read it as a value in types only
MALFORMED = "- payload: expected text that is JSON, got \"{'a': 1}\" (key must be a string at line 1 column 2)"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("{'a': 1}", MALFORMED),
        ("[" * 300 + "]" * 300, "- payload: nested too deeply; give the same in fewer levels"),
    ],
)
def test_what_is_wrong_with_it_is_told(payload: str, said: str) -> None:
    arguments = compile_parameters([Parameter("payload", JSON_TEXT)])
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("store", arguments, {"payload": payload})
    assert str(caught.value).splitlines()[1:] == [said]
    assert validate_arguments("store", arguments, {"payload": '{"a": 1}'}) == {"payload": {"a": 1}}
