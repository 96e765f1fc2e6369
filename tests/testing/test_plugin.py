"""The pytest plugin, in runs of pytest of its own: what passes, what fails, and what a failure says."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tests.inner_pytest  # noqa: F401 - imports what has to stay
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import served

HEAD = """
import anyio, pytest
from agentkit import Agent, tool
from agentkit.testing import Reply

@tool(effect="read")
def price(item: str) -> float:
    "Look up a price."
    return 4.0

clerk = Agent("clerk", model="claude-haiku-5-5", tools=[price])
"""


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + test)
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n')
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


def test_a_script_answers_sync_and_async_tests_on_both_backends(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
def test_sync(script):
    seen = script(Reply.tool("price", item="tea"), Reply.text("4 EUR."))
    assert clerk.run_sync("Tea?").output == "4 EUR."
    assert len(seen.requests) == 2

@pytest.mark.anyio
async def test_async(script):
    script(Reply.text("4 EUR."))
    assert (await clerk.run("Tea?")).output == "4 EUR."
""",
    )
    done.assert_outcomes(passed=3)


def test_a_script_reaches_threads_and_tasks_that_were_there_before(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
from concurrent.futures import ThreadPoolExecutor

@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="module")
async def long_lived():
    yield

@pytest.mark.anyio
async def test_in_a_runner_older_than_the_fixture(long_lived, script):
    script(Reply.text("One."))
    assert (await clerk.run("Tea?")).output == "One."

def test_in_a_thread(script):
    script(Reply.text("Two."))
    with ThreadPoolExecutor() as pool:
        assert pool.submit(clerk.run_sync, "Tea?").result().output == "Two."
""",
    )
    done.assert_outcomes(passed=2)


def test_a_script_ends_with_its_test(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
from agentkit import ConfigurationError

def test_first(script):
    script(Reply.text("One."))
    clerk.run_sync("Tea?")

def test_second(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="No credentials"):
        clerk.run_sync("Tea?")
""",
    )
    done.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('script(Reply.text("One."))', "These replies were not asked for"),
        ('script(Reply.text("1")); clerk.run_sync("Tea?"); clerk.run_sync("Cup?")', "Request 2 was not expected"),
        ('script(Reply.text("1"), faults=[None, "cut:5"]); clerk.run_sync("Tea?")', "- fault 2: cut:5"),
        ('script(Reply.text("1"), faults=["invalid_json"]); clerk.run_sync("Tea?")', "met a reply without one"),
        ('script(lambda request: 1 / 0); clerk.run_sync("Tea?")', "The script itself raised ZeroDivisionError"),
        (
            'script(Reply.text("1")); clerk.run_sync("Tea?"); clerk.run_sync("Cup?"); assert 0',
            "Request 2 was not expec",
        ),
    ],
)
def test_a_test_that_does_not_follow_its_script_fails_and_says_why(
    pytester: pytest.Pytester, body: str, words: str
) -> None:
    done = run(pytester, f"def test_it(script):\n    {body}\n")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([f"*{words}*"])
    done.stdout.no_fnmatch_line("*plugin.py*")
    done.stdout.no_fnmatch_line("*scripting.py*")


def test_a_failure_shows_the_line_of_the_test_and_replies_and_expectations_as_they_were_written(
    pytester: pytest.Pytester,
) -> None:
    body = """
from agentkit.testing import called, expect, script as scripted

def test_replies():
    with scripted(Reply.text("1"), Reply.tool("price", item="tea") + Reply.text("2")):
        clerk.run_sync("Tea?")

def test_expectations():
    with scripted(Reply.text("1")):
        result = clerk.run_sync("Tea?")
    expect(result, called("price", item="tea").times(2).by("clerk"))
"""
    done = run(pytester, body)
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(
        [
            ">*with scripted(*",
            '*- reply 2: Reply.tool("price", item="tea") + Reply.text("2")',
            ">*expect(result, *",
            '*Expected a call price(item="tea") by clerk, 2 times; it was 0.',
        ]
    )
    for name in ("plugin.py", "scripting.py", "expectations.py", "contextlib.py"):
        done.stdout.no_fnmatch_line(f"*{name}*")


def test_a_simulator_over_http_serves_other_clients_and_programs(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
import subprocess, sys

PROGRAM = '''
import sys
from anthropic import Anthropic
with Anthropic(api_key="any", base_url=sys.argv[1]) as client:
    hi = {"role": "user", "content": "Hi"}
    print(client.messages.create(model="claude-opus-5-5", max_tokens=9, messages=[hi]).content[0].text)
'''

def test_program(simulator):
    served = simulator(Reply.text("Hello."))
    done = subprocess.run([sys.executable, "-c", PROGRAM, served.base_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Hello."
    assert served.simulator.requests[0]["messages"][0]["content"] == "Hi"
""",
    )
    done.assert_outcomes(passed=1)


def test_a_test_that_takes_faults_runs_once_for_each(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
@pytest.mark.faults("refusal", "empty", "duplicate_keys")
def test_named(script, faults):
    script(Reply.tool("price", item="tea"), Reply.text("4 EUR."), lambda _: Reply.text("4 EUR."), faults=faults)

def test_usual(faults):
    assert len(faults) == 1
""",
        "--collect-only",
        "-q",
    )
    names = [line for line in done.outlines if "::" in line]
    assert [name.partition("[")[2] for name in names[:3]] == ["refusal]", "empty]", "duplicate_keys]"]
    assert len(names) > 12


def test_usual_faults_that_cannot_happen_are_skipped_and_named_ones_fail(pytester: pytest.Pytester) -> None:
    body = 'script(lambda _: Reply.text("4 EUR."), faults=faults); assert clerk.run_sync("Tea?").outcome'
    done = run(pytester, f"def test_usual(script, faults):\n    {body}\n", "-rs")
    done.assert_outcomes(passed=9, skipped=5)
    done.stdout.fnmatch_lines(["*this fault happens to tool calls, and the script's reply has none*"])
    run(
        pytester, f"@pytest.mark.faults('invalid_json')\ndef test_named(script, faults):\n    {body}\n"
    ).assert_outcomes(failed=1)


RECORDED = """
def test_recorded(recording):
    assert clerk.run_sync("What is tea?").output == "4 EUR."
"""


def record(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.RunResult:
    """Record the test against a simulator that stands for the API."""
    mind = Script(Reply.tool("price", item="tea"), Reply.text("4 EUR."))
    with served(Simulator(mind)) as base_url, monkeypatch.context() as env:
        env.setenv("ANTHROPIC_BASE_URL", base_url)
        env.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-secret")
        return run(pytester, RECORDED, "--agentkit-record")


def test_a_recording_is_made_and_replayed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    record(pytester, monkeypatch).assert_outcomes(passed=1)
    (file,) = pytester.path.glob("recordings/*/*")
    assert file.name == "test_recorded.jsonl"
    assert "secret" not in file.read_text()
    run(pytester, RECORDED).assert_outcomes(passed=1)


def test_a_test_that_departs_from_its_recording_fails_and_says_where(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(pytester, monkeypatch)
    done = run(pytester, RECORDED.replace("What is tea?", "What is a cup?"))
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*What is a cup?*"])
    done = run(pytester, "def test_recorded(recording):\n    pass\n")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*Nobody asked for*", "*record*anew with --agentkit-record*"])


def test_a_test_that_fails_while_it_is_recorded_leaves_no_recording(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Simulator(Script(Reply.text("5 EUR.")))) as base_url, monkeypatch.context() as env:
        env.setenv("ANTHROPIC_BASE_URL", base_url)
        env.setenv("ANTHROPIC_API_KEY", "any")
        run(pytester, RECORDED, "--agentkit-record").assert_outcomes(failed=1)
    assert [path for path in pytester.path.rglob("*") if path.suffix in (".jsonl", ".new")] == []


def test_without_a_recording_the_test_says_how_to_make_one(pytester: pytest.Pytester) -> None:
    done = run(pytester, RECORDED)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*There is no recording *test_recorded.jsonl: make it with --agentkit-record.*"])


def test_a_run_without_agents_does_not_pay_for_the_plugin() -> None:
    program = "import sys, agentkit.testing.plugin; print([m for m in ('pydantic', 'anthropic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
