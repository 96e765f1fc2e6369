"""Files of one folder; what is refused is tried in test_files.py."""

import os
from pathlib import Path

from agentkit_tools.confined_folder import ConfinedFolder, clip_text


def test_names_that_cannot_be_shown_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt")).touch()
    found = ConfinedFolder(tmp_path, False).list_files()
    assert (found.names, found.left_out) == (["a.txt"], ["1 files have names that cannot be shown"])


def test_a_folder_is_visited_up_to_a_limit(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    found = ConfinedFolder(tmp_path, False, most_visited=1).list_files()
    assert (found.names, found.left_out) == (["a"], ["only the first 1 files of the folder were visited"])


def test_a_link_inside_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to("a")
    folder = ConfinedFolder(tmp_path, False)
    assert folder.list_files().names == ["a", "b"]
    assert folder.resolve_file("b") == tmp_path / "a"


def test_a_long_text_is_clipped() -> None:
    assert clip_text("x" * 200) == "x" * 100 + "..."
