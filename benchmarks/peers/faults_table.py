"""Verdicts as a Markdown table, and the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from agentkit.messages.message import JSONObject
from benchmarks.peers.notes import NOTES
from benchmarks.peers.scenarios import SCENARIOS, Scenario

_HEAD = """# The same faults, several frameworks

One scripted Messages API misbehaves in {count} ways; each framework meets them with its own defaults, in a program as
its documentation would write it (`programs/faults/`), with async tools. A row asks one question. It is judged from the
outside: by the requests that reached the server, the tools that ran, and what the program got in the end. An exception
counts as right where stopping is right. Where a fault exists in streams only, marked "streamed", the framework's
streaming call is used: `stream=True` of the tool runner, an `event_stream_handler` in pydantic-ai, `astream` in
langchain, `stream=True` in agno; strands and agentkit always stream to the server. Elsewhere it is the plain call.
The rows were chosen by the people who write agentkit, from the faults that agentkit is built for; the totals have to be
read accordingly.

```console
$ python -m benchmarks.peers.faults --write
$ python -m benchmarks.peers.faults --write --only agentkit     # run one column again, keep the others
```

"""


@dataclass(frozen=True)
class Cell:
    """One verdict."""

    is_right: bool
    word: str


@dataclass(frozen=True)
class Column:
    """The verdicts on one framework, by the scenario's name."""

    version: str
    date: str
    """The day of the run."""
    cells: dict[str, Cell]

    def to_json(self) -> JSONObject:
        """Return the column as JSON, as in faults.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: JSONObject) -> Column:
        """Return the column of a JSON object of faults.json."""
        return cls(kept["version"], kept["date"], {name: Cell(**cell) for name, cell in kept["cells"].items()})


def table(columns: Mapping[str, Column], scenarios: Sequence[Scenario] = SCENARIOS) -> str:
    """Return a Markdown table: scenarios by frameworks, with totals."""
    lines = [
        _row("fault", "right is", *columns),
        _row(*["---"] * (2 + len(columns))),
        *(_row(_title(each), each.right, *(_cell(column, each) for column in columns.values())) for each in scenarios),
    ]
    totals = (f"**{_total(column, scenarios)}**" for column in columns.values())
    lines.append(_row(f"**right, of {len(scenarios)}**", "", *totals))
    return "\n".join(lines)


def page(columns: Mapping[str, Column]) -> str:
    """Return the whole page."""
    versions = "".join(f"- {name} {column.version}, run on {column.date}\n" for name, column in columns.items())
    notes = "".join(f"- *{_title(each)}*: {NOTES[each.name]}\n" for each in SCENARIOS if each.name in NOTES)
    return (
        _HEAD.format(count=len(SCENARIOS))
        + f"{versions}\n{table(columns)}\n\n## Why, and what would help\n\n"
        + f"Read in the installed versions' source; settings named here are not the default.\n\n{notes}"
    )


def _title(scenario: Scenario) -> str:
    return scenario.title + (" (streamed)" if scenario.is_streamed else "")


def _cell(column: Column, scenario: Scenario) -> str:
    cell = column.cells.get(scenario.name)
    return "not run" if cell is None else f"{'✓' if cell.is_right else '✗'} {cell.word}"


def _total(column: Column, scenarios: Sequence[Scenario]) -> int:
    return sum(each.name in column.cells and column.cells[each.name].is_right for each in scenarios)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
