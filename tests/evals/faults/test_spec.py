"""Faults are given as shares, in Python or as a text."""

import pytest

from agentkit.errors import UsageError
from agentkit.evals.faults import Faults


def test_a_text_names_them_and_they_are_written_as_such() -> None:
    faults = Faults.parse("tool_errors=0.2, api=.1,latency_s=2")
    assert faults == Faults(tool_errors=0.2, api=0.1, latency_s=2)
    assert Faults.parse(str(faults)) == faults
    assert all(getattr(Faults.parse("usual"), name) for name in Faults.__slots__)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tools=0.2", "'tools' is none of them: tool_errors, lost_results"),
        ("api", "no number behind `api=`"),
        ("api=often", "no number behind `api=`"),
        ("api=2", "a share from 0 to 1"),
        ("api=nan", "a share from 0 to 1"),
        ("latency_s=-1", "seconds, at least 0"),
        ("", "names none"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Faults.parse(text)
