"""Importing agentkit or one of its packages, and asking the command line for help, loads nothing heavy."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"anthropic", "httpx2", "jsonschema", "opentelemetry", "pydantic", "rich", "starlette", "structlog", "trio"}
MOST_IMPORT_S = 0.05


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter: what this process has imported already does not count."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=50)


def imported_by(*arguments: str) -> set[str]:
    """The top-level packages that a run imports, as the interpreter reports them."""
    report = run("-X", "importtime", *arguments).stderr
    return {name.split(".")[0] for name in re.findall(r"^import time:.*\| +([\w.]+)$", report, flags=re.MULTILINE)}


def test_the_report_names_what_is_imported() -> None:
    assert {"agentkit", "anthropic", "pydantic"} <= imported_by("-c", "import agentkit, anthropic")


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "import agentkit"),
        ("-c", "import agentkit; dir(agentkit)"),
        ("-c", "import agentkit.testing"),
        ("-c", "from agentkit import agents, budget, messages, models, redaction, run, schema, tool_calls, tools"),
        ("-m", "agentkit", "--help"),
        ("-m", "agentkit", "demo", "--help"),
        ("-m", "agentkit", "run", "--help"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    imported = imported_by(*arguments)
    assert "agentkit" in imported
    assert imported & HEAVY == set()


PROGRAM = """
import sys
from pathlib import Path

import pytest

from agentkit import Agent, tool
from agentkit.cli.main import main
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply, script, served

LATE = {"anthropic", "httpx2", "mcp", "starlette", "uvicorn"}

@tool(effect="read")
def price(item: str) -> int:
    "Look up a price."
    return len(item)

agent = Agent("clerk", model="claude-haiku-5-5", tools=[price])

def note(program):
    sys.stdout.flush()
    print(program, sorted(LATE & sys.modules.keys()), file=sys.stderr)

with script(Reply.tool("price", item="tea"), Reply.text("3 EUR.")):
    agent.run_sync("Tea?")
note("script")
Path("test_it.py").write_text('''
from agentkit import Agent
from agentkit.simulator import Reply

def test_it(script):
    script(Reply.text("Hi."))
    Agent("a", model="claude-haiku-5-5").run_sync("Hi")
''')
assert pytest.main(["-q", "-p", "agentkit.testing.plugin", "-p", "no:cacheprovider", "test_it.py"]) == 0
note("plugin")
Path("docs").mkdir()
Path("docs/tea.txt").write_text("Tea is four euros.")
for command in (["demo", "What is tea?", "--docs", "docs"], ["run", "__main__:agent", "Tea?", "--offline"]):
    assert main(command) == 0
    note(command[0])
with served(Simulator(Script(lambda _: Reply.text("4 EUR.")))) as url:
    assert main(["run", "__main__:agent", "Tea?", "--base-url", url]) == 0
note("--base-url")
assert main(["eval", "office", "--offline", "--task", "quiet-hour"]) in (0, 1)
note("eval")
"""


def test_what_opens_its_client_itself_loads_no_sdk(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    finished = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=110
    )
    notes = [line for line in finished.stderr.splitlines() if line.endswith("]")]
    assert notes == [f"{program} []" for program in ("script", "plugin", "demo", "run", "--base-url", "eval")]


def test_an_agent_of_texts_makes_no_validator() -> None:
    """The first one of a process looks for plugins of pydantic in all installed packages."""
    program = (
        "import sys; from agentkit import Agent; Agent('a', model='m'); print('importlib.metadata' in sys.modules)"
    )
    assert run("-c", program).stdout == "False\n"


def test_importing_takes_no_time() -> None:
    measure = "from time import perf_counter as now; start = now(); import agentkit; print(now() - start)"
    # The quickest of a few: what else the machine does is not our cost.
    assert min(float(run("-c", measure).stdout) for _ in range(5)) < MOST_IMPORT_S


def test_importing_prints_nothing() -> None:
    finished = run("-c", "import agentkit")
    assert (finished.stdout, finished.stderr) == ("", "")


def test_the_console_script_and_the_module_are_the_same_command() -> None:
    script = "import sys; from agentkit.cli.main import main; sys.argv = ['agentkit', '--help']; sys.exit(main())"
    assert run("-m", "agentkit", "--help").stdout == run("-c", script).stdout
