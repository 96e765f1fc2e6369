"""Lines that are imported: they are the beginning of one run, or they are refused with the line and the reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import anyio
import pytest

from agentkit import Agent, Caution, Guardrail, Journal, JournalError, Seen, Verdict, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

paid: list[int] = []


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    paid.append(amount)
    return f"paid {amount}"


reader = Agent("reader", model="claude-haiku-5-5", tools=[pay])
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(), pay])


def replies(request: JSONObject) -> Reply:
    turn = len(request["messages"])
    if "reader" not in {param["name"] for param in request["tools"]}:
        return Reply.tool("pay", amount=3) if turn == 1 else Reply.text("Read.")
    if turn == 1:
        return Reply.tool("pay", amount=1) + Reply.tool("reader", objective="Tea")
    return Reply.tool("pay", amount=2) if turn == 3 else Reply.text("Done.")


@pytest.fixture
async def lines(tmp_path: Path, anyio_backend: str) -> list[str]:
    """The export of a run of two levels and three turns."""
    with script(replies):
        await lead.run("Go", journal=tmp_path / "first.db", run_id="r")
    return [*Journal(tmp_path / "first.db").export("r")]


def refusal(journal: Journal, lines: list[str]) -> str:
    """The reason why lines cannot be imported. Nothing of them is written."""
    with pytest.raises(JournalError, match=r"line \d+: .*Nothing was imported") as error:
        journal.import_lines(lines, "other")
    assert not journal.path.exists()
    return str(error.value)


async def test_a_line_that_is_missing_is_found_or_costs_nothing(
    lines: list[str], journal: Journal, tmp_path: Path
) -> None:
    refused: list[str] = []
    for left_out in range(len(lines) - 1):
        name = json.loads(lines[left_out])["name"]
        rest = lines[:left_out] + lines[left_out + 1 :]
        other = Journal(tmp_path / f"{left_out}.db")
        try:
            other.import_lines(rest)
        except JournalError:
            refused.append(name)
            assert not other.path.exists()
        else:  # an intent whose value is there, or the end of a sub-agent whose result is
            paid.clear()
            with script():
                assert (await lead.resume("r", journal=other)).output == "Done."
            assert paid == []
    assert {name for name in refused if "/" not in name and not name.startswith("tool")} == {
        *("input", "prefix", "model:1", "model:2", "model:3")
    }
    assert sum(name.startswith("tool:") and "/" not in name for name in refused) == 3
    assert "the value of model call 2 is missing" in refusal(
        journal, [line for line in lines if '"name":"model:2"' not in line]
    )


async def test_lines_in_another_order_twice_or_of_two_runs_are_refused(lines: list[str], journal: Journal) -> None:
    for first in range(len(lines) - 1):
        refusal(journal, [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]])
        assert f"is in line {first + 1}, too" in refusal(journal, [*lines[: first + 1], "", *lines[first:]])
    two = [*lines[:3], lines[3].replace('"run_id":"r"', '"run_id":"s"')]
    assert "line 4: it is of run `s`, those before it are of run `r`" in refusal(journal, two)
    assert journal.import_lines("\n".join(lines), "whole") == "whole"  # a text of lines, too


NO_RECORDS = {
    "tea": "it is no JSON",
    "{": "it is no JSON",
    "[1]": "it is no JSON object",
    "7": "it is no JSON object",
    "[" * 100_000: "it is nested too deeply",
    "{}": "it has no 'version'",
    '{"version":99}': "a newer version of agentkit has written it (form 99, known: 1)",
    '{"version":"x"}': "its version is 'x', which no version of agentkit writes",
    '{"version":1}': "it has no 'run_id'",
    '{"version":1,"run_id":7}': "its `run_id` is no text",
    '{"version":1,"run_id":"r"}': "it has no 'value'",
}


async def test_what_is_no_record_is_refused(lines: list[str], journal: Journal) -> None:
    for line, reason in NO_RECORDS.items():
        refused = refusal(journal, [*lines[:2], line, *lines[2:]])
        assert f"line 3: it is damaged, or no record of a run ({reason}" in refused


async def test_a_record_with_a_right_hash_and_other_types_is_refused(lines: list[str], journal: Journal) -> None:
    others: list[JSONObject] = [{"place": []}, {"place": [["a", 0, 0]]}, {"name": 7}, {"phase": "x"}, {"charges": [{}]}]
    replies: list[object] = [7, [7], [{}]]
    others += [{"value": {"turn": {"stop_reason": "tool_use", "content": reply}}} for reply in replies]
    for changes in others:
        fields = {**json.loads(lines[2]), **changes}
        del fields["sha256"]
        own = {key: part for key, part in fields.items() if key != "run_id"}
        value = own.pop("value")
        sealed = json.dumps({**own, "value": value}, separators=(",", ":"), ensure_ascii=False)
        fields["sha256"] = hashlib.sha256(sealed.encode()).hexdigest()
        assert "line 3: it is damaged, or no record" in refusal(journal, [*lines[:2], json.dumps(fields)])


async def test_a_turn_that_was_given_up_for_a_guardrail_is_no_hole(tmp_path: Path) -> None:
    async def be_careful(_: Seen) -> Verdict:
        await anyio.sleep(0.05)  # until the first reply is there
        return Caution("Be careful.")

    careful = Agent("careful", model="claude-haiku-5-5", tools=[pay], guardrails=[Guardrail(be_careful)])
    with script(
        lambda request: Reply.text("Done.") if "paid" in str(request["messages"]) else Reply.tool("pay", amount=1)
    ):
        await careful.run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    assert sum('"name":"model:' in line for line in lines) == 3  # one of them was given up
    for count in range(1, len(lines) + 1):
        Journal(tmp_path / "cut.db").import_lines(lines[:count], f"cut {count}")
