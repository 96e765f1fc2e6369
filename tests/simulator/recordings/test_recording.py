"""The file of a recording: many write to it at once, every line is whole, and what is wrong with one is said."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentkit.errors import ConfigurationError
from agentkit.messages.message import encode
from agentkit.simulator.recordings.exchange import Exchange
from agentkit.simulator.recordings.recording import FORMAT, Recording, RecordingFile


def exchange(answer: str) -> Exchange:
    headers = {"content-type": "application/json"}
    return Exchange("POST", "/v1/messages", headers, b'{"a":1}', 200, headers, encode({"said": answer}))


def answers(path: Path) -> list[str]:
    return [json.loads(exchange.response_body)["said"] for exchange in Recording.load(path).exchanges]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def test_a_line_is_readable_and_the_first_one_names_the_format(path: Path) -> None:
    RecordingFile(path).append(exchange("é \u2028"))
    head, line = path.read_bytes().rstrip(b"\n").split(b"\n")
    assert json.loads(head) == {"agentkit_recording": FORMAT}
    kind = {"content-type": "application/json"}
    assert json.loads(line) == {
        "request": {"method": "POST", "path": "/v1/messages", "headers": kind, "json": {"a": 1}},
        "response": {"status": 200, "headers": kind, "json": {"said": "é \u2028"}},
    }


def test_what_was_appended_is_read_in_order_with_its_place(path: Path) -> None:
    for said in ("one", "two \u2028 \x85 \r three", ""):
        RecordingFile(path).append(exchange(said))
    assert answers(path) == ["one", "two \u2028 \x85 \r three", ""]
    assert [exchange.origin for exchange in Recording.load(path).exchanges] == [f"run.jsonl:{n}" for n in (2, 3, 4)]
    assert Recording.load(str(path)).name == "run.jsonl"


def test_a_byte_order_mark_that_an_editor_wrote_is_passed_over(path: Path) -> None:
    RecordingFile(path).append(exchange("one"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert answers(path) == ["one"]


def test_an_empty_file_gets_its_first_line(path: Path) -> None:
    path.touch()
    RecordingFile(path)
    assert path.read_text() == '{"agentkit_recording":1}\n'
    assert Recording.load(path).exchanges == ()


def test_recordings_can_be_joined(path: Path, tmp_path: Path) -> None:
    RecordingFile(path).append(exchange("one"))
    RecordingFile(tmp_path / "other").append(exchange("two"))
    path.write_bytes(path.read_bytes() + (tmp_path / "other").read_bytes() + b"\n")
    assert answers(path) == ["one", "two"]


def test_threads_write_whole_lines(path: Path) -> None:
    def write(n: int) -> None:
        RecordingFile(path).append(exchange(f"{n} " + "x" * 50_000))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(200)))
    assert sorted(int(said.split()[0]) for said in answers(path)) == list(range(200))


_WRITER = """
import sys
from pathlib import Path
from agentkit.simulator.recordings.exchange import Exchange
from agentkit.simulator.recordings.recording import RecordingFile
path, name = Path(sys.argv[1]), sys.argv[2]
sys.stdin.read()
for n in range(100):
    body = b'{"said":"%b %d %b"}' % (name.encode(), n, b"x" * 20_000)
    RecordingFile(path).append(Exchange("POST", "/v1/messages", {}, b"", 200, {}, body))
"""


def test_processes_write_whole_lines(path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(path)]
    writers = [subprocess.Popen([*command, name], stdin=subprocess.PIPE) for name in "abcd"]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    assert [writer.wait(50) for writer in writers] == [0, 0, 0, 0]
    said = [answer.rsplit(" ", 1)[0] for answer in answers(path)]
    assert sorted(said) == sorted(f"{name} {n}" for name in "abcd" for n in range(100))
    for name in "abcd":
        assert [text for text in said if text[0] == name] == [f"{name} {n}" for n in range(100)]


def test_a_last_line_that_is_cut_off_is_refused_with_what_to_do(path: Path) -> None:
    RecordingFile(path).append(exchange("one"))
    RecordingFile(path).append(exchange("two"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(
        ConfigurationError, match=rf"^The last line of {path}, line 3, is cut off: .+ Delete that line\.$"
    ):
        Recording.load(path)


def test_what_is_appended_after_a_cut_is_whole(path: Path) -> None:
    RecordingFile(path).append(exchange("one"))
    path.write_bytes(path.read_bytes()[:-20])
    RecordingFile(path).append(exchange("two"))
    lines = path.read_bytes().split(b"\n")
    assert len(lines) == 4
    assert json.loads(lines[2])["response"]["json"] == {"said": "two"}
    with pytest.raises(ConfigurationError, match=rf"^Line 2 of {path} is not JSON: "):
        Recording.load(path)


def test_a_last_line_without_its_end_is_read_when_it_is_whole(path: Path) -> None:
    RecordingFile(path).append(exchange("one"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert answers(path) == ["one"]
    RecordingFile(path).append(exchange("two"))
    assert answers(path) == ["one", "two"]


@pytest.mark.parametrize("version", [2, "1", None])
def test_another_format_is_refused_by_its_number(path: Path, version: object) -> None:
    path.write_text(json.dumps({"agentkit_recording": version}) + "\n")
    with pytest.raises(ConfigurationError, match=rf"was recorded in format {version!r}, and this version .+ reads 1"):
        Recording.load(path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("5", "is no exchange, but JSON of another kind"),
        ("{}", r"is no exchange: KeyError\('request'\)"),
        ('{"request": {"method": "POST", "path": "/"}, "response": {"status": "x"}}', "is no exchange: ValueError"),
        ('{"request": {"method": "POST", "path": 5}, "response": {"status": 200}}', "is no exchange: TypeError"),
        ("no", "is not JSON"),
        ("[" * 5000, "is not JSON"),
    ],
)
def test_a_line_that_is_no_exchange_is_named(path: Path, line: str, said: str) -> None:
    path.write_text('{"agentkit_recording":1}\n' + line + "\n")
    with pytest.raises(ConfigurationError, match=rf"^Line 2 of {path} {said}"):
        Recording.load(path)


def test_a_file_that_cannot_be_read_or_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read: No such file"):
        Recording.load(tmp_path / "run.jsonl")
    with pytest.raises(ConfigurationError, match=r"cannot be written: Is a directory"):
        RecordingFile(tmp_path)


def test_a_folder_is_read_whole_in_the_order_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    RecordingFile(tmp_path / "c.jsonl").append(exchange("three"))
    RecordingFile(tmp_path / "a.jsonl").append(exchange("one"))
    RecordingFile(tmp_path / "b" / "x.jsonl").append(exchange("two"))
    (tmp_path / "notes.txt").write_text("nothing")
    assert answers(tmp_path) == ["one", "two", "three"]
    assert Recording.load(tmp_path).name == tmp_path.name


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"holds no recordings: no file in it ends in \.jsonl, \.yaml or \.yml"
    ):
        Recording.load(tmp_path)
