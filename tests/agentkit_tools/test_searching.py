"""Searching lines of files, and the program that does it in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from agentkit_tools import files, searching


def search(folder: Path, pattern: str, *, is_regex: bool = False, seconds: float = 10) -> tuple[list[str], str]:
    found = find(folder, pattern, is_regex=is_regex, seconds=seconds)
    return found.lines, found.stopped


def find(folder: Path, pattern: str, *, is_regex: bool = False, seconds: float = 10) -> searching.Found:
    names = sorted(file.name for file in folder.iterdir())
    return searching.search_lines(str(folder), names, pattern, is_regex=is_regex, seconds=seconds)


def test_lines_come_with_their_file_and_number(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("tea\ncoffee\nTea")
    assert search(tmp_path, "tea") == (["a.txt:1: tea", "a.txt:3: Tea"], "")
    assert search(tmp_path, "Tea") == (["a.txt:3: Tea"], "")
    assert search(tmp_path, "^co.*e$", is_regex=True) == (["a.txt:2: coffee"], "")


def test_plain_text_is_no_expression(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a.b\naxb")
    assert search(tmp_path, "a.b") == (["a.txt:1: a.b"], "")


def test_matches_are_bounded_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("tea\n" * 200)
    found, more = search(tmp_path, "tea")
    assert (len(found), more) == (100, "the first 100 matches are shown")


def test_a_long_line_is_shown_around_the_match(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 1_000 + "tea" + "y" * 1_000)
    [line] = search(tmp_path, "tea")[0]
    assert "xteay" in line
    assert len(line) < 330


def test_files_that_are_binary_or_gone_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"tea\0")
    (tmp_path / "b.txt").symlink_to("nowhere")
    (tmp_path / "c.txt").write_bytes(b"caf\xe9")
    found = find(tmp_path, "tea")
    assert (found.lines, found.searched) == ([], 1)
    assert found.unread == ["a.bin (binary)", "b.txt (no such file or directory)"]
    found = find(tmp_path, "é")
    assert found.lines == ["c.txt:1: café"]
    assert found.unread[2:] == ["c.txt (not UTF-8, so that only its ASCII characters can be found)"]


def test_a_file_is_searched_in_blocks_with_one_count_of_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("é\n" * 600_000 + "tea\n")
    assert search(tmp_path, "tea") == (["a.txt:600001: tea"], "")
    assert search(tmp_path, "^te.$", is_regex=True) == (["a.txt:600001: tea"], "")


def test_it_stops_when_the_time_is_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("coffee\n" * 10)
    found, more = search(tmp_path, "tea", seconds=0)
    assert (found, more) == ([], "the search stopped after 0 seconds, in a.txt")


def test_as_a_program_it_says_what_is_wrong_with_a_pattern(tmp_path: Path) -> None:
    given = {"root": str(tmp_path), "names": [], "pattern": "(", "is_regex": True, "seconds": 1}
    program = [sys.executable, "-I", "-c", files._SEARCH_PROGRAM, str(Path(searching.__file__).parents[1])]
    done = subprocess.run(program, input=json.dumps(given), capture_output=True, text=True, check=True)
    assert "unterminated subpattern" in json.loads(done.stdout)
