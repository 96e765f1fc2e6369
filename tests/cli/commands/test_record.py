"""`agentkit record`: any command runs as it is, and what it says to the API is in a file afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from agentkit.cli.main import main
from agentkit.simulator import Recording
from tests.cli.commands.test_simulate import serving
from tests.cli.shop_and_signals import hearing_ctrl_c

ASKS_BY_THE_SDK = """
import sys
import anthropic
client = anthropic.Anthropic(api_key="sk-ant-secret123", max_retries=0)
said = sys.stdin.read()
if said:
    message = {"role": "user", "content": said}
    with client.messages.stream(model="claude-haiku-5-5", max_tokens=100, messages=[message]) as stream:
        print(stream.get_final_text())
print("to stderr", file=sys.stderr)
sys.exit(7)
"""

# The same question without the second that it takes to import the SDK.
ASKS = """
import os, sys
import httpx2
body = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": sys.stdin.read()}]}
headers = {"x-api-key": "sk-ant-secret123", "anthropic-version": "2023-06-01"}
reply = httpx2.post(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json=body, headers=headers)
sys.exit(None if reply.is_success else reply.text)
"""


@pytest.fixture
def upstream(tmp_path: Path) -> Generator[str]:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"text": "Tea is hot."}] * 2), encoding="utf-8")
    with serving("--script", str(script)) as base_url:
        yield base_url


def record(
    path: Path, *options: str, said: str, program: str = ASKS, **environment: str
) -> subprocess.CompletedProcess[str]:
    asks = [sys.executable, "-c", program]
    command = [sys.executable, "-m", "agentkit", "record", "--output", str(path), *options, "--", *asks]
    environment = {**os.environ, **environment}
    return subprocess.run(command, input=said, capture_output=True, text=True, timeout=50, env=environment, check=False)


def test_the_command_keeps_its_streams_and_its_exit_code(upstream: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    done = record(path, "--upstream", upstream, said="What is tea?", program=ASKS_BY_THE_SDK)
    assert (done.returncode, done.stdout) == (7, "Tea is hot.\n")
    assert done.stderr == f"to stderr\nagentkit: 1 exchange recorded to {path}\n"
    (exchange,) = Recording.load(path).exchanges
    assert exchange.is_event_stream
    assert json.loads(exchange.request_body)["messages"][0]["content"] == "What is tea?"
    assert "sk-ant" not in path.read_text()


def test_the_upstream_of_the_environment_is_kept_and_the_file_grows(upstream: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for count in (1, 2):
        record(path, said="What is tea?", ANTHROPIC_BASE_URL=upstream)
        assert len(Recording.load(path).exchanges) == count


def test_the_command_asks_directly_where_a_proxy_leads_to_the_outside(upstream: str, tmp_path: Path) -> None:
    outside = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "example.com"}
    done = record(tmp_path / "run.jsonl", "--upstream", upstream, said="What is tea?", **outside, no_proxy="")
    assert done.returncode == 1  # the command asks our proxy, and that one asks the upstream through the outside's
    assert f"The upstream {upstream} could not be reached" in done.stderr


def test_an_upstream_that_cannot_be_reached_is_the_commands_to_hear(tmp_path: Path) -> None:
    done = record(tmp_path / "run.jsonl", "--upstream", "http://127.0.0.1:9", said="What is tea?")
    assert done.returncode == 1
    assert "The upstream http://127.0.0.1:9 could not be reached" in done.stderr
    assert done.stderr.endswith(f"agentkit: 0 exchanges recorded to {tmp_path / 'run.jsonl'}\n")


WAITS = """
import signal, sys, time
def stop(number, frame):
    print("stopping", flush=True)
    sys.exit(5)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True:  # a signal that comes just before a sleep is heard after it
    time.sleep(0.05)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 5)])
def test_the_command_hears_a_signal_first(tmp_path: Path, number: signal.Signals, code: int) -> None:
    command = hearing_ctrl_c("record", "--output", str(tmp_path / "run.jsonl"), "--", sys.executable, "-c", WAITS)
    # Its own session has no terminal, so nobody but the test sends the signal.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, "stopping\n")
    assert err == f"agentkit: 0 exchanges recorded to {tmp_path / 'run.jsonl'}\n"


COUNTS = """
import signal, time
count = 0
def stop(number, frame):
    global count
    count += 1
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
while not count:
    time.sleep(0.01)
time.sleep(0.5)
print("heard", count, flush=True)
"""

# A terminal of its own for a command, and Ctrl-C typed into it once the command is ready.
TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
try:
    while data := os.read(terminal, 1000):
        if b"ready" in data:
            os.write(terminal, b"\\x03")
        seen += data
except OSError:
    pass  # how a terminal ends
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_ctrl_c_in_a_terminal_reaches_the_command_once(tmp_path: Path) -> None:
    command = hearing_ctrl_c("record", "--output", str(tmp_path / "run.jsonl"), "--", sys.executable, "-c", COUNTS)
    typed = [sys.executable, "-c", TERMINAL, *command]
    done = subprocess.run(typed, capture_output=True, text=True, timeout=50, check=False)
    assert "heard 1" in done.stdout, done
    assert done.returncode == 130


def test_a_command_that_a_signal_ends_gives_a_shells_exit_code(tmp_path: Path) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert main(["record", "--output", str(tmp_path / "x"), "--", sys.executable, "-c", killed]) == 128 + 9


def test_an_answer_that_was_cut_off_is_told_and_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with serving("--fault", "cut:200") as upstream:
        done = record(path, "--upstream", upstream, said="What is tea?")
    assert done.returncode == 1
    head, lost = done.stderr.splitlines()[-2:]
    assert head == f"agentkit: 0 exchanges recorded to {path}"
    assert lost.startswith("agentkit: not recorded: POST /v1/messages was cut off: ")
    assert Recording.load(path).exchanges == ()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "There is nothing to run"),
        (["--"], 2, "There is nothing to run"),
        (["--", "no-such-command"], 2, "'no-such-command' cannot be run: No such file or directory."),
        (["--upstream", "x", "--", "true"], 3, "The upstream 'x' is no address"),
        (["--output", "nowhere/x", "--", "true"], 3, "The recording nowhere/x cannot be written"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(
    options: list[str], code: int, said: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", *options]) == code
    assert said in capsys.readouterr().err
    assert not (shop / "nowhere").exists()
