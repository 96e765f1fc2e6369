"""`agentkit simulate`: the official SDK and curl hold a conversation with it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anthropic
import httpx2
import pytest

from agentkit.cli.commands.simulate import read_script
from agentkit.cli.main import main
from agentkit.cli.terminal.exit_codes import CommandError
from tests.cli.shop_and_signals import hearing_ctrl_c

REPLIES = [
    [{"tool": "add", "input": {"a": 1, "b": 2}}, {"tool": "add", "input": {"a": 3, "b": 4}}],
    {"text": "3 and 7"},
]


@contextmanager
def serving(*options: str) -> Generator[str]:
    command = hearing_ctrl_c("simulate", "--port", "0", *options)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
    assert address
    try:
        yield address.group()
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert "Traceback" not in err


@pytest.fixture
def base_url(tmp_path: Path) -> Generator[str]:
    (tmp_path / "script.json").write_text(json.dumps(REPLIES), encoding="utf-8")
    with serving("--script", str(tmp_path / "script.json")) as url:
        yield url


def test_the_sdks_tool_runner_holds_a_conversation(base_url: str) -> None:
    @anthropic.beta_tool
    def add(a: int, b: int) -> str:
        """Add."""
        return str(a + b)

    with anthropic.Anthropic(api_key="k", base_url=base_url) as client:
        runner = client.beta.messages.tool_runner(
            model="claude-opus-5-5",
            max_tokens=100,
            tools=[add],
            messages=[{"role": "user", "content": "Add."}],
            thread=False,
        )
        message = runner.until_done()
    assert message.content[0].to_dict()["text"] == "3 and 7"


def curl(base_url: str, body: object) -> dict[str, object]:
    headers = ["-H", "content-type: application/json", "-H", "x-api-key: any", "-H", "anthropic-version: 2026-10-21"]
    command = ["curl", "-sS", *headers, "-d", json.dumps(body), f"{base_url}/v1/messages"]
    answer: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return answer


@pytest.mark.system(program="curl", install="apt-get install curl")
def test_curl_holds_a_conversation(base_url: str) -> None:
    messages: list[object] = [{"role": "user", "content": "Add."}]
    body = {"model": "claude-opus-5-5", "max_tokens": 100, "messages": messages}
    first = curl(base_url, body)
    assert first["stop_reason"] == "tool_use"
    calls = first["content"]
    assert isinstance(calls, list)
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "x"} for call in calls]
    messages += [{"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    assert curl(base_url, body)["content"] == [{"type": "text", "text": "3 and 7"}]
    messages.pop()
    refused = curl(base_url, {**body, "messages": [*messages, {"role": "user", "content": "x"}]})
    assert "without `tool_result` blocks" in json.dumps(refused)


def test_an_agent_runs_against_it_by_its_address(base_url: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "shop:clerk", "Add.", "--base-url", base_url]) == 0
    assert capsys.readouterr().out == "3 and 7\n"


def test_without_a_script_the_offline_mind_answers() -> None:
    with serving() as base_url, anthropic.Anthropic(api_key="k", base_url=base_url) as client:
        message = client.messages.create(
            model="claude-haiku-5-5", max_tokens=100, messages=[{"role": "user", "content": "Who are you?"}]
        )
    assert "not a language model" in message.to_json()


@pytest.mark.parametrize("text", ["{", "{}", "[]", '[{"txt": "x"}]', '[{"tool": "x", "input": 5}]', "[[]]"])
def test_a_script_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=r"script\.json"):
        read_script(tmp_path / "script.json")


def test_a_port_in_use_is_said_so(base_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    port = base_url.rpartition(":")[2]
    assert main(["simulate", "--port", port]) == 3
    assert f"Cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def statuses(base_url: str, count: int, **more: str) -> list[int]:
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"x-api-key": "any", "anthropic-version": "2026-10-21", **more}
    with httpx2.Client(headers=headers) as http:
        return [http.post(f"{base_url}/v1/messages", json=body).status_code for _ in range(count)]


def test_faults_befall_requests_in_their_order() -> None:
    with serving("--fault", "status:529", "--fault", "none", "--fault", "status:429,retry_after=1") as base_url:
        assert statuses(base_url, 4) == [529, 200, 429, 200]


def test_a_beta_that_it_does_not_know_is_taken_when_it_is_told() -> None:
    with serving("--beta", "a-2030-01-01", "--beta", "b-2030-01-01") as base_url:
        for betas, status in (("a-2030-01-01,b-2030-01-01", 200), ("c-2030-01-01", 400)):
            assert statuses(base_url, 1, **{"anthropic-beta": betas}) == [status]


def test_faults_are_drawn_by_a_seed() -> None:
    seen = []
    for seed in ("1", "1", "2"):
        options = ("--fault-rate", "0.5", "--fault", "status:500", "--fault", "status:529", "--seed", seed)
        with serving(*options) as base_url:
            seen.append(statuses(base_url, 12))
    assert seen[0] == seen[1] != seen[2]
    assert {200, 500, 529} == {*seen[0]}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "explode"], "There is no fault 'explode'"),
        (["--fault-rate", "2"], "--fault-rate: a mix has a rate between 0 and 1"),
        (["--fault", "drop", "--recording", "x.jsonl"], "Faults go with a script or the offline responder"),
    ],
)
def test_faults_that_cannot_be_are_refused(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--port", "0", *options]) in (2, 3)
    assert words in capsys.readouterr().err


def test_the_faults_that_there_are_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--list-faults"]) == 0
    assert "cut:at\n    The connection breaks" in capsys.readouterr().out


def test_it_outlives_the_reader_of_its_log() -> None:
    process = subprocess.Popen(hearing_ctrl_c("simulate", "--port", "0"), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
    assert address
    process.stderr.close()
    try:
        body = {"model": "claude-opus-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
        headers = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
        with httpx2.Client(trust_env=False) as client:
            for _ in range(3):
                response = client.post(f"{address.group()}/v1/messages", json=body, headers=headers)
                assert response.status_code == 200
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_script_with_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('[{"text": "\\ud83d"}]')
    with pytest.raises(CommandError, match="half of a surrogate pair"):
        read_script(tmp_path / "half.json")
