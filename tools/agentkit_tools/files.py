"""Tools that read files, confined to one folder.

agent = Agent("librarian", model="claude-haiku-5-5", tools=[file_tools("handbook")])
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, TypeVar

import anyio
import anyio.to_thread
from pydantic import Field, TypeAdapter

from agentkit import ConfigurationError, ToolError, Toolset, tool
from agentkit_tools.confined_folder import ConfinedFolder, clip_text
from agentkit_tools.searching import Found, search_lines
from agentkit_tools.text_lines import TextFile, numbered_lines, open_text
from agentkit_tools.unreadable import NotReadable

MOST_LINES = 1_000
"""Maximum number of lines that one call reads."""
MOST_CHARS = 50_000
"""Maximum number of characters that one call reads."""
MOST_BYTES = 50_000_000
"""Size in bytes up to which the lines of a file are counted; of bigger ones the part that is asked for is read."""
MOST_LISTED = 500
"""Maximum number of files that one call lists."""
SEARCH_SECONDS = 10.0
"""Maximum duration of one search in seconds."""
_MOST_LINE_CHARS = 2_000
_ALL_FILES = "**/*"
_MOST_NAMED = 10
_SEARCH_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from agentkit_tools.searching import main; main()"

_FOUND: TypeAdapter[Found | str] = TypeAdapter(Found | str)

T = TypeVar("T")
Line = Annotated[int, Field(ge=1)]
"""The number of a line, from 1."""


def file_tools(root: str | Path, *, include_hidden: bool = False) -> Toolset:
    """Return three read-only tools for one folder: `list_files`, `search_files`, `read_file`.

    Nothing outside the folder can be reached: links are resolved before a path is checked.

    Args:
        root: The folder.
        include_hidden: True: files and folders whose names begin with a dot are included.

    Raises:
        ConfigurationError: There is no such folder.
    """
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise ConfigurationError(f"The folder {str(root)!r} for file tools does not exist or is not a folder.")
    files = _FolderTools(ConfinedFolder(folder.resolve(), include_hidden))
    reading = tool(effect="read")
    return Toolset("files", [reading(files.list_files), reading(files.search_files), reading(files.read_file)])


@dataclass(frozen=True, slots=True)
class _FolderTools:
    folder: ConfinedFolder

    def list_files(self, glob: str = _ALL_FILES) -> str:
        """List the files of the folder, one path a line.

        Args:
            glob: Which files: `*.md` is every Markdown file at any depth, `guide/**` everything below guide.
        """
        listed = self.folder.list_files()
        found = [name for name in listed.names if _matches_glob(name, glob)]
        if not found:
            raise ToolError(
                f"No file matches {clip_text(glob)!r}.{_note(listed.left_out)}",
                hint=f"List everything with glob {_ALL_FILES!r}.",
            )
        more = f"\n[{len(found) - MOST_LISTED} more files: narrow the glob]" if len(found) > MOST_LISTED else ""
        return "\n".join(found[:MOST_LISTED]) + more + "".join(f"\n[{each}]" for each in listed.left_out)

    async def search_files(self, pattern: str, regex: bool = False, glob: str = _ALL_FILES) -> str:
        """Find lines of text files. Returns `path:line: text` for each, in the order of the paths.

        Args:
            pattern: The text to find in a line; upper and lower case count only if it has upper case itself.
            regex: Whether the pattern is a Python regular expression.
            glob: Which files to search: `*.md` is every Markdown file at any depth.
        """
        if not pattern:
            raise ToolError("The pattern is empty.", hint="Give the text to find.")
        listed = await _run_in_thread(self.folder.list_files)
        names = [name for name in listed.names if _matches_glob(name, glob)]
        if not names:
            raise ToolError(
                f"No file matches {clip_text(glob)!r}.{_note(listed.left_out)}",
                hint=f"Search everything with glob {_ALL_FILES!r}.",
            )
        if regex:
            found = await self._search_in_process(names, pattern)
        else:
            root = str(self.folder.root)
            found = await _run_in_thread(
                lambda: search_lines(root, names, pattern, is_regex=False, seconds=SEARCH_SECONDS)
            )
        notes = [f"[{found.stopped}: narrow the pattern or the glob]"] if found.stopped else []
        unread = [*found.unread[:_MOST_NAMED], *listed.left_out]
        if len(found.unread) > _MOST_NAMED:
            unread.append(f"{len(found.unread) - _MOST_NAMED} more files")
        notes += [f"[not searched: {'; '.join(unread)}]"] if unread else []
        if not found.lines and not found.stopped and found.searched:
            notes.append(f"No line of {found.searched} files matches.")
        return "\n".join([*found.lines, *notes])

    def read_file(self, path: str, first_line: Line = 1, last_line: Line | None = None) -> str:
        """Read a text file of the folder. Lines come numbered, with a tab after the number.

        Args:
            path: The file, relative to the folder, as `list_files` shows it.
            first_line: Where to begin.
            last_line: Where to end. Left out: the end of the file, or as much as one call may read.
        """
        file = self.folder.resolve_file(path)
        try:
            size = file.stat().st_size
            with open_text(file) as opened:
                text_file = TextFile(opened)
                return _show_lines(text_file, path, first_line, last_line, counts_all=size <= MOST_BYTES)
        except NotReadable as error:
            reason = "is binary, not text" if str(error) == "binary" else f"cannot be read: {error}"
        except OSError as error:
            reason = f"cannot be read: {(error.strerror or 'it cannot be opened').lower()}"
        raise ToolError(f"{path!r} {reason}.", hint="Go on without it, and say so.")

    async def _search_in_process(self, names: list[str], pattern: str) -> Found:
        """Search in a separate process, which can be killed if the pattern backtracks forever."""
        given = {
            "root": str(self.folder.root),
            "names": names,
            "pattern": pattern,
            "is_regex": True,
            "seconds": SEARCH_SECONDS,
        }
        with anyio.move_on_after(SEARCH_SECONDS * 1.2):
            program = [sys.executable, "-I", "-c", _SEARCH_PROGRAM, str(Path(__file__).parents[1])]
            done = await anyio.run_process(program, input=json.dumps(given).encode(), stderr=subprocess.DEVNULL)
            answer = _FOUND.validate_json(done.stdout)
            if isinstance(answer, str):
                hint = "Correct it, or search for plain text with regex=false."
                raise ToolError(f"{clip_text(pattern)!r} is not a regular expression: {answer}.", hint=hint)
            return answer
        raise ToolError(
            f"The pattern {clip_text(pattern)!r} took more than {SEARCH_SECONDS:g} seconds.",
            hint="Search for plain text, or for a simpler pattern without nested repetitions, in fewer files.",
        )


async def _run_in_thread(function: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(function, abandon_on_cancel=True)


def _note(left_out: list[str]) -> str:
    return "".join(f" Left out: {each}." for each in left_out)


def _show_lines(text_file: TextFile, path: str, first_line: int, last_line: int | None, *, counts_all: bool) -> str:
    """Return a range of lines with their numbers, and a note where it ends before the file or what was asked for."""
    shown: list[str] = []
    chars, count, is_full = 0, 0, False
    for count, line in numbered_lines(text_file):
        if count < first_line or is_full or count > (last_line or count):
            if (is_full or shown) and not counts_all:
                break
            continue
        clipped = line if len(line) <= _MOST_LINE_CHARS else f"{line[:_MOST_LINE_CHARS]}... [{len(line)} characters]"
        chars += len(clipped) + 8
        is_full = len(shown) == MOST_LINES or (bool(shown) and chars > MOST_CHARS)
        if not is_full:
            shown.append(f"{count:6}\t{clipped}")
    if not count:
        return "[the file is empty]"
    if not shown:
        raise ToolError(
            f"{path!r} has lines 1 to {count}; {first_line} to {last_line or 'the end'} are none of them.",
            hint="Ask for lines that it has, the first one not after the last.",
        )
    end = first_line + len(shown) - 1
    if end < min(last_line or count, count):
        total = f" of {count}" if counts_all else ""
        shown.append(f"[lines {first_line} to {end}{total}: read on with first_line={end + 1}]")
    if not text_file.is_exact:
        shown.append("[not all of it is UTF-8: other bytes are shown as in Windows-1252]")
    return "\n".join(shown)


def _matches_glob(name: str, glob: str) -> bool:
    """Return True if a path matches; a glob without a slash is matched against the file name only."""
    if "/" not in glob.strip("/"):
        return fnmatchcase(name.rpartition("/")[2], glob) or name == glob or (glob == "**")
    wanted, parts = glob.removeprefix("./").strip("/").split("/")[:32], name.split("/")
    reached: set[int] = {0}  # numbers of path parts that the glob so far can match
    for step in wanted:
        if step == "**":
            reached = {at for at in range(len(parts) + 1) if reached and at >= min(reached)}
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], step)}
    return len(parts) in reached
