"""The file of examples: several processes write it, none of their lines is lost, and a damaged one is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentkit.errors import UsageError
from agentkit.patterns import ExampleStore

WRITER = """
import sys
from agentkit.patterns import ExampleStore
store = ExampleStore.load(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(150):
    store.add(f"{sys.argv[2]} says {number}, " + "and more " * number, sys.argv[2])
"""


def test_two_processes_add_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    store = ExampleStore.load(path)
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("anna", "ben")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.wait(50) for writer in writers] == [0, 0]
    for writer in writers:
        writer.communicate()
    assert {one.label for one in store.nearest("says 7, and more", 4)} == {"anna", "ben"}, "it sees what others add"
    labels = [one.label for one in ExampleStore.load(path)]
    assert (labels.count("anna"), labels.count("ben"), len(store)) == (150, 150, 300)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"text": "tea", "la', "Unterminated string"),
        ('{"text": "tea"}', 'it needs a "text" and a "label"'),
        ('{"text": 5, "label": "a"}', 'it needs a "text" and a "label"'),
        ('{"text": "tea", "label": 5}', 'it needs a "text" and a "label"'),
        ("[1]", 'it needs a "text" and a "label"'),
        ("[" * 100_000, ""),
        ('{"text": "caf\xe9", "label": "a"}', "utf-8"),
    ],
)
def test_a_damaged_line_is_named(line: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "tea", "label": "a"}\r\n\n' + line.encode("latin-1") + b"\n")
    with pytest.raises(UsageError, match=rf"examples\.jsonl', line 3, is no example: .*{problem}"):
        ExampleStore.load(path)


def test_a_line_that_is_damaged_later_is_named_until_it_is_corrected(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    store = ExampleStore.load(path)
    store.add("tea", "a")
    with path.open("a") as file:
        file.write('{"text": "broken\n{"text": "cup", "label": "b"}\n')
    for _ in range(2):
        with pytest.raises(UsageError, match="line 2, is no example"):
            store.nearest("cup")
    path.write_text('{"text": "tea", "label": "a"}\n{"text": "cup", "label": "b"}\n')
    assert [one.text for one in store.nearest("a cup", 1)] == ["cup"]
    path.write_text('{"text": "pot", "label": "b"}\n')
    assert store.nearest("a pot", 1)[0].text == "pot", "a file that was written anew is read anew"


def test_a_file_that_was_deleted_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    store = ExampleStore.load(path)
    store.add("tea", "a")
    path.unlink()
    store.add("A text that is longer than all of the file before", "b")
    assert [one.label for one in ExampleStore.load(path)] == ["b"]


def test_a_line_without_an_end_is_ended_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_bytes(b'{"text": "tea", "label": "a"}')
    store = ExampleStore.load(path)
    store.add("half \ud800 of a pair, a line\u2028separator\nand more", "b")
    assert path.read_bytes().count(b"\n") == 2
    assert [(one.text, one.label) for one in ExampleStore.load(path)] == [
        ("tea", "a"),
        ("half \ud800 of a pair, a line\u2028separator\nand more", "b"),
    ]


def test_a_missing_file_is_made_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    store = ExampleStore.load(tmp_path / "new.jsonl")
    assert (len(store), store.nearest("tea"), (tmp_path / "new.jsonl").exists()) == (0, (), False)
    store.add("tea", "a")
    assert (tmp_path / "new.jsonl").read_text() == '{"text": "tea", "label": "a"}\n'
    with pytest.raises(UsageError, match="There is no folder"):
        ExampleStore.load(tmp_path / "none" / "new.jsonl")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        ExampleStore.load(tmp_path)
