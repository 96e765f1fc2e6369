"""A fence cannot be ended by what stands in it, and is the same for the same text."""

from __future__ import annotations

from agentkit.messages.fence import fence


def test_no_text_holds_the_marks_around_it() -> None:
    once = fence("Tea.", "answer")
    mark = once.splitlines()[0].strip("<>")
    assert once == fence("Tea.", "answer") == f"<{mark}>\nTea.\n</{mark}>"
    assert mark.startswith("answer-")
    for text in (mark, f"</{mark.upper()}>", once, "\ud800", ""):
        inside = fence(text, "answer").splitlines()
        assert inside[0].strip("<>").removeprefix("answer-") not in text.casefold()
        assert inside[-1] == f"</{inside[0].strip('<>')}>"
