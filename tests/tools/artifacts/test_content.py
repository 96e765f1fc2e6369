"""What is kept, in memory and in files: the same in both, found in parts, and gone when nobody holds it."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.tools.artifacts.content import (
    _CHUNK,
    _WINDOW_CHARS,
    FileContents,
    MemoryContents,
    MemoryPool,
    StoredContents,
    find_matches,
    store_contents,
)

FULL = 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the temporary files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_has_room_is_in_memory_and_what_has_none_is_in_a_file_that_only_we_read(folder: Path) -> None:
    room = MemoryPool(10_000)
    small, large = store_contents("x" * 100, room), store_contents("x" * 20_000, room)
    assert isinstance(small, MemoryContents)
    assert isinstance(large, FileContents)
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_the_room_is_free_again_and_the_file_is_gone_when_nobody_holds_it(folder: Path) -> None:
    room = MemoryPool(10_000)
    first = store_contents("x" * 9_000, room)
    assert isinstance(store_contents("y" * 9_000, room), FileContents)
    del first
    gc.collect()
    again = store_contents("z" * 9_000, room)
    assert isinstance(again, MemoryContents)
    assert [*folder.iterdir()] == []


def test_the_file_is_gone_when_the_process_ends(tmp_path: Path) -> None:
    program = (
        "from agentkit.tools.artifacts.content import MemoryPool, store_contents; "
        "kept = store_contents('x' * 1000, MemoryPool(0)); print(kept.read_part(0, 3))"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", program]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (process.stdout, process.stderr) == ("xxx\n", "")
    assert [*tmp_path.iterdir()] == []


def test_a_fork_that_ends_leaves_the_file_to_its_parent(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from agentkit.tools.artifacts.content import MemoryPool, store_contents\n"
        "kept = store_contents('x' * 1000, MemoryPool(0))\n"
        "if (child := os.fork()) == 0:\n"
        "    sys.exit()\n"
        "os.waitpid(child, 0)\n"
        "print(kept.read_part(0, 3))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", program]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (process.stdout, process.stderr) == ("xxx\n", "")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), st.integers(0, 2 * _CHUNK), st.integers(0, 80))
def test_a_part_of_a_file_is_the_part_of_the_text(piece: str, start: int, length: int) -> None:
    text = (piece + "ä€😀x") * (2 * _CHUNK // (len(piece) + 4) + 1)
    contents = store_contents(text, MemoryPool(FULL))
    assert contents.read_part(start, start + length) == text[start : start + length]
    assert contents.length == len(text)


def test_texts_and_bytes_come_back_whole() -> None:
    for whole in ("ä€😀\r\n" * 50_000, "", b"\xff\x00" * 100_000, b""):
        for room in (MemoryPool(), MemoryPool(FULL)):
            contents = store_contents(whole, room)
            assert contents.read_whole() == whole
            assert contents.is_text is isinstance(whole, str)


def test_a_disk_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(OSError, match="nowhere"):
        store_contents("x", MemoryPool(FULL))


@pytest.mark.parametrize("room", [MemoryPool(2**30), MemoryPool(FULL)], ids=["memory", "file"])
def test_places_are_found_once_each_also_where_windows_meet(room: MemoryPool) -> None:
    at = [0, 7, _WINDOW_CHARS - 9, _WINDOW_CHARS - 2, _WINDOW_CHARS + 40, 2 * _WINDOW_CHARS - 5, 2 * _WINDOW_CHARS]
    text = ["."] * (2 * _WINDOW_CHARS + 100)
    for place in at:
        text[place : place + 5] = "tea!?"
    contents = store_contents("".join(text), room)
    pattern = re.compile("tea", re.IGNORECASE)
    assert [start for start, _ in find_matches(contents, pattern)] == [
        match.start() for match in pattern.finditer("".join(text))
    ]
    assert next(find_matches(contents, pattern, 8)) == (_WINDOW_CHARS - 9, _WINDOW_CHARS - 6)
    assert list(find_matches(contents, pattern, 2 * _WINDOW_CHARS + 1)) == []


def test_many_threads_share_the_room() -> None:
    room = MemoryPool(64 * 1_000)
    kept: list[StoredContents] = []

    def keep() -> None:
        kept.extend(store_contents("x" * 900, room) for _ in range(50))

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_memory = [one for one in kept if isinstance(one, MemoryContents)]
    assert 0 < sum(one.size_bytes for one in in_memory) <= 64 * 1_000
    assert len(kept) == 400
