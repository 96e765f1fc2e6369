"""Show the result of a reading of many documents: the answer, its sources, and the price."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agentkit.cli.terminal.exit_codes import CommandError, ExitCode, exit_code_of
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import terminal_width
from agentkit.cli.terminal.watching import print_json_line
from agentkit.messages.printable import one_line, plural, printable
from agentkit.messages.wrapping import wrap_message

if TYPE_CHECKING:
    from agentkit.patterns import Citation, ReadResult


def print_reading(result: ReadResult[Any], *, as_json: bool, is_free: bool = False) -> ExitCode:
    """Print a result: the answer and its sources on stdout, everything else on stderr; return the exit code.

    Args:
        result: The result.
        as_json: Print it as one line of JSON.
        is_free: True if nothing is paid, so that the price is what it would have been.
    """
    if as_json:
        print_json_line(reading_to_json(result))
    elif result.answer is not None:
        _print_answer(str(result.answer), _shown_citations(result))
    for gap in result.gaps:
        print_message(f"not read: {gap.document}: {gap.reason}")
    checked = f"{plural(len(result.citations), 'quote')} checked against the source, {result.dropped} dropped"
    moved = f", {result.misplaced} moved to their documents" if result.misplaced else ""
    uncited = f", {plural(len(result.uncited), 'sentence')} without evidence" if result.uncited else ""
    print_message(f"{checked}{moved}{uncited}", "dim")
    actual = result.actual
    documents, calls = plural(actual.documents, "document"), plural(actual.calls, "model call")
    print_message(f"{documents} read, {calls}, {actual.seconds:.1f} s", "dim")
    tokens = f"{actual.input_tokens + actual.output_tokens:,} tokens"
    print_message(f"{tokens}, {'would cost' if is_free else 'cost'} {result.cost}", "dim")
    if result.plan.documents == 0:
        reasons = "; ".join(f"{gap.document}: {gap.reason}" for gap in result.gaps[:3])
        raise CommandError(
            f"There is no document that can be read ({reasons or 'nothing is there'}).", ExitCode.CONFIGURATION
        )
    if result.answer is not None:
        return ExitCode.OK
    print_message(f"agentkit: {result.reason}", "red")
    return ExitCode.FAILED if result.writer is None else exit_code_of(result.writer)


def reading_to_json(result: ReadResult[Any]) -> dict[str, object]:
    """Return a result as JSON, for `--json`."""
    return {
        "type": "result",
        "answer": result.answer,
        "citations": [{"number": number, **asdict(one)} for number, one in enumerate(result.citations, 1)],
        "cited": list(result.cited),
        "dropped": result.dropped,
        "misplaced": result.misplaced,
        "uncited": list(result.uncited),
        "gaps": [asdict(gap) for gap in result.gaps],
        "plan": asdict(result.plan),
        "actual": asdict(result.actual),
        "cost_usd": result.cost.usd,
        "ok": result.ok,
        "reason": result.reason,
    }


def _shown_citations(result: ReadResult[Any]) -> dict[int, Citation]:
    """Return the citations that the answer names, by number; all, where it names none."""
    numbers = result.cited or range(1, len(result.citations) + 1)
    return {number: result.citations[number - 1] for number in numbers}


def _print_answer(answer: str, citations: dict[int, Citation]) -> None:
    width = terminal_width(sys.stdout)
    for line in printable(answer).split("\n"):
        print(
            textwrap.fill(line, width, subsequent_indent="  " if line.startswith("- ") else "", break_on_hyphens=False)
        )
    for number, one in citations.items():
        place = f", {one.place}" if one.place else ""
        where = f"[{number}] {one_line(one.document + place, 2 * width)}, characters {one.start}-{one.end}"
        print(f"\n{wrap_message(where, width)}")
        quote = f'"{" ".join(printable(one.quote).split())}"'
        print(textwrap.fill(quote, width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False))
    print(flush=True)
