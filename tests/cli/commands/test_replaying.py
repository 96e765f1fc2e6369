"""`agentkit simulate --recording`: a recording answers over HTTP, and stderr tells what was asked otherwise."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import anthropic
import anyio
import pytest

from agentkit.cli.main import main
from agentkit.simulator import Reply, Script, Simulator, recording_client
from tests.cli.shop_and_signals import hearing_ctrl_c


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    async def record() -> None:
        client = recording_client(Simulator(Script(Reply.text("Tea is hot."), Reply.text("So it is."))).client(), path)
        for text in ("What is tea?", "Really?"):
            await client.messages.create(
                model="claude-opus-5-5", max_tokens=50, messages=[{"role": "user", "content": text}]
            )

    path = tmp_path / "folder" / "run.jsonl"
    path.parent.mkdir()
    anyio.run(record)
    return path


def ask(base_url: str, text: str) -> str:
    with anthropic.Anthropic(api_key="any", base_url=base_url) as client:
        message = client.messages.create(
            model="claude-opus-5-5", max_tokens=50, messages=[{"role": "user", "content": text}]
        )
    return str(message.content[0].to_dict()["text"])


def serve(*options: str) -> tuple[subprocess.Popen[str], str]:
    command = hearing_ctrl_c("simulate", "--port", "0", *options)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    return process, process.stderr.readline().split()[1]


def end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    return err


def test_a_recording_answers_what_was_recorded_and_says_what_was_not(recording: Path) -> None:
    process, base_url = serve("--recording", str(recording))
    try:
        assert ask(base_url, "What is tea?") == "Tea is hot."
        with pytest.raises(anthropic.BadRequestError, match="What is coffee"):
            ask(base_url, "What is coffee?")
    finally:
        err = end(process)
    assert "200 POST /v1/messages" in err
    assert "400 POST /v1/messages" in err
    assert 'messages.0.content: recorded "Really?", now "What is coffee?"' in err
    assert err.endswith("1 request answered, 1 not recorded; 1 recorded exchange not asked for.\n")


def test_a_lenient_one_answers_by_the_nearest_and_says_so(recording: Path) -> None:
    process, base_url = serve("--recording", str(recording.parent), "--lenient")
    try:
        assert ask(base_url, "Really?") == "So it is."
        assert ask(base_url, "What is coffee?") == "Tea is hot."
    finally:
        err = end(process)
    assert 'messages.0.content: recorded "What is tea?", now "What is coffee?"' in err
    assert err.endswith(
        "2 requests answered (1 by the nearest one), 0 not recorded; 0 recorded exchanges not asked for.\n"
    )


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--recording", "nowhere.jsonl"], 3, "The recording nowhere.jsonl cannot be read: No such file"),
        (["--lenient"], 2, "--lenient goes with --recording."),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(
    options: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *options]) == code
    assert said in capsys.readouterr().err


def test_a_script_and_a_recording_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", "--script", "a", "--recording", "b"])
    assert "not allowed with argument" in capsys.readouterr().err
