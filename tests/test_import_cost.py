"""Importing agentkit or one of its packages, and asking the command line for help, loads nothing heavy."""

import re
import subprocess
import sys

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
