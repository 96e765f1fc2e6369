"""Faults in words."""

from __future__ import annotations

import pytest

from agentkit.errors import ConfigurationError
from agentkit.simulator import faults
from agentkit.simulator.faults.parsing import FAULTS, describe_faults, parse_fault


def test_every_fault_can_be_said_and_is_explained() -> None:
    functions = {name for name in faults.__all__ if name.islower()}
    assert set(FAULTS) == functions
    for name in functions:
        assert any(line.startswith(name) for line in describe_faults().splitlines())
    assert "status:code,retry_after=,kind=,should_retry=\n    An HTTP error instead of the reply." in describe_faults()


@pytest.mark.parametrize("text", ["status:529", "status:code=529", " status : 529 ".replace(" : ", ":")])
def test_values_go_with_and_without_names(text: str) -> None:
    fault = parse_fault(text)
    assert fault.error is not None
    assert fault.error.status == 529


def test_several_join() -> None:
    fault = parse_fault("delay:0.5 + status:429,retry_after=3 + delay:1")
    assert fault.delay_s == 1.5
    assert fault.error is not None
    assert fault.error.retry_after == "3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There is no fault ''. There are: "),
        ("explode", "There is no fault 'explode'. There are: context_exceeded, cut,"),
        ("stal", "Did you mean 'stall'?"),
        ("cut:five", "at of the fault 'cut' is of type int, not 'five'"),
        ("cut", "The fault 'cut' cannot be made: missing 1 required positional argument: 'at'"),
        ("cut:5,6", "The fault 'cut' has no setting '6'; it has at."),
        ("cut:bt=5", "The fault 'cut' has no setting 'bt'; it has at."),
        ("status:200", "The fault 'status' cannot be made: the status of an error is between 400 and 599, not 200."),
        ("drip:0", "The fault 'drip' cannot be made: size is a number from 1 on, not 0."),
        ("drip:5,-1", "every_s is a number from 0 on, not -1.0"),
        ("delay:nan", "seconds is a number from 0 on, not nan"),
        ("delay:inf", "seconds is a number from 0 on, not inf"),
        ("stall:-3", "after is a number from 0 on, not -3"),
        ("cut:-1", "at is a number from 0 on, not -1"),
        ("error_event:-1", "after is a number from 0 on, not -1"),
        ("unknown_event:-1", "after is a number from 0 on, not -1"),
        ("status:429,retry_after=a\rb", "a header holds printable ASCII characters"),
        ("status:429,should_retry=é", "a header holds printable ASCII characters"),
        ("status:429,retry_after=date9e99", "a date is at most 1000000000 seconds away"),
        ("status:429,retry_after=datenan", "retry_after is a number from -1000000000 on, not nan"),
        ("status:429,retry_after=dateless", "could not convert string to float: 'less'"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_fault(text)
    assert words in str(caught.value)
