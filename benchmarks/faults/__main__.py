"""Run the scenarios of each built fault and print a line for it: `python -m benchmarks.faults [words of a fault]`.

Exit code 1 when anything is not as specified; the differences are printed below the line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from textwrap import shorten

from agentkit.messages.message import Block, Content, JSONObject, text_block
from benchmarks.faults.play import differences, run_scenario
from benchmarks.faults.scenario import BACKENDS, Scenario, ScenarioResult
from benchmarks.faults.scenarios import SCENARIOS
from benchmarks.faults.table import Row, read_rows

_COLUMNS = "{:<52} {:<17} {:<56} {:>8}  {}"
_MOST_SHOWN = 56


def main(words: str) -> int:
    """Print the table, or its rows with these words; return the exit code."""
    print(_COLUMNS.format("fault", "outcome", "what the model saw last", "requests", "verdict"))
    built = [row for row in read_rows() if row.state == "built" and words.lower() in row.fault.lower()]
    wrong = [
        row.fault for row in built if not _run_and_print_row(row, [one for one in SCENARIOS if one.fault == row.fault])
    ]
    print(f"\n{len(built) - len(wrong)} of {len(built)} faults as specified.")
    return 1 if wrong else 0


def _run_and_print_row(row: Row, scenarios: Sequence[Scenario]) -> bool:
    """Run a row's scenarios and print its line, by the first of them. Return True if all is as specified."""
    found: list[str] = []
    shown: ScenarioResult | None = None
    count = 0
    for scenario in scenarios:
        for way in scenario.ways:
            for backend in BACKENDS:
                played = run_scenario(scenario, way, backend)
                shown, count = shown or played, count + 1
                found += [f"    {scenario.name}, {way} on {backend}: {text}" for text in differences(scenario, played)]
    cases = "1 case" if len(scenarios) == 1 else f"{len(scenarios)} cases"
    verdict = f"as specified, {cases}, {count} runs" if shown and not found else "WRONG"
    outcome, saw, requests = (shown.outcome, last_user_text(shown.saw or []), shown.requests) if shown else ("", "", 0)
    print(_COLUMNS.format(row.fault, outcome, saw, requests, verdict), *found, sep="\n", flush=True)
    return verdict != "WRONG"


def last_user_text(messages: Sequence[JSONObject]) -> str:
    """Return the end of the last user message, shortened: an error or a note of ours where there is one."""
    user_messages = [message for message in messages if message["role"] == "user"] or messages
    blocks = [block for message in user_messages for block in _blocks(message["content"])]
    ours = [block for block in blocks[1:] if block.get("is_error") or block["type"] == "text"]
    last = (ours or blocks or [text_block("")])[-1]
    content: Content = last["text"] if last["type"] == "text" else last.get("content", "")
    return shorten(content if isinstance(content, str) else json.dumps(content), _MOST_SHOWN, placeholder="...")


def _blocks(content: Content) -> list[Block]:
    return [text_block(content)] if isinstance(content, str) else content


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
