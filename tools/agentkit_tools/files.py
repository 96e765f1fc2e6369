"""Tools that read files, confined to one folder.

agent = Agent("librarian", model="claude-haiku-5-5", tools=[file_tools("handbook")])
"""

from __future__ import annotations

import difflib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PureWindowsPath
from typing import Annotated, TypeVar

import anyio
import anyio.to_thread
from pydantic import Field

from agentkit import ConfigurationError, ToolError, Toolset, tool
from agentkit_tools import searching

MOST_LINES = 1_000
"""Maximum number of lines that one call reads."""
MOST_CHARS = 50_000
"""Maximum number of characters that one call reads."""
MOST_BYTES = 50_000_000
"""Maximum size of a file that is read, in bytes."""
MOST_LISTED = 500
"""Maximum number of files that one call lists."""
MOST_VISITED = 100_000
"""Maximum number of files of the folder that are visited when listing or searching."""
SEARCH_SECONDS = 10.0
"""Maximum duration of one search in seconds."""
_MOST_LINE_CHARS = 2_000
_ALL_FILES = "**/*"
_CACHES = frozenset({"__pycache__", "node_modules"})

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
    files = _FolderTools(folder.resolve(), include_hidden)
    reading = tool(effect="read")
    return Toolset("files", [reading(files.list_files), reading(files.search_files), reading(files.read_file)])


@dataclass(frozen=True, slots=True)
class _FolderTools:
    root: Path
    include_hidden: bool

    def list_files(self, glob: str = _ALL_FILES) -> str:
        """List the files of the folder, one path a line.

        Args:
            glob: Which files: `*.md` is every Markdown file at any depth, `guide/**` everything below guide.
        """
        found = [name for name in self._file_names() if _matches_glob(name, glob)]
        if not found:
            raise ToolError(f"No file matches {_clip_text(glob)!r}.", hint=f"List everything with glob {_ALL_FILES!r}.")
        more = f"\n[{len(found) - MOST_LISTED} more files: narrow the glob]" if len(found) > MOST_LISTED else ""
        return "\n".join(found[:MOST_LISTED]) + more

    async def search_files(self, pattern: str, regex: bool = False, glob: str = _ALL_FILES) -> str:
        """Find lines of files. Returns `path:line: text` for each, in the order of the paths.

        Args:
            pattern: The text to find in a line; upper and lower case count only if it has upper case itself.
            regex: Whether the pattern is a Python regular expression.
            glob: Which files to search: `*.md` is every Markdown file at any depth.
        """
        if not pattern:
            raise ToolError("The pattern is empty.", hint="Give the text to find.")
        names = await _run_in_thread(lambda: [name for name in self._file_names() if _matches_glob(name, glob)])
        if not names:
            raise ToolError(
                f"No file matches {_clip_text(glob)!r}.", hint=f"Search everything with glob {_ALL_FILES!r}."
            )
        if regex:
            found, more = await self._search_in_process(names, pattern)
        else:
            found, more = await _run_in_thread(
                lambda: searching.search_lines(str(self.root), names, pattern, is_regex=False, seconds=SEARCH_SECONDS)
            )
        note = f"[{more}: narrow the pattern or the glob]" if more else ""
        if not found:
            return note or f"No line of {len(names)} files matches."
        return "\n".join([*found, note] if note else found)

    def read_file(self, path: str, first_line: Line = 1, last_line: Line | None = None) -> str:
        """Read a text file of the folder. Lines come numbered, with a tab after the number.

        Args:
            path: The file, relative to the folder, as `list_files` shows it.
            first_line: Where to begin.
            last_line: Where to end. Left out: the end of the file, or as much as one call may read.
        """
        lines, is_exact = _read_lines(self._resolve_file(path), path)
        if not lines:
            return "[the file is empty]"
        if first_line > len(lines) or (last_line is not None and last_line < first_line):
            raise ToolError(
                f"{path!r} has lines 1 to {len(lines)}; {first_line} to {last_line or 'the end'} are none of them.",
                hint="Ask for lines that it has, the first one not after the last.",
            )
        shown: list[str] = []
        chars = 0
        for number, line in enumerate(lines[first_line - 1 : last_line][:MOST_LINES], first_line):
            clipped = (
                line if len(line) <= _MOST_LINE_CHARS else f"{line[:_MOST_LINE_CHARS]}... [{len(line)} characters]"
            )
            chars += len(clipped) + 8
            if shown and chars > MOST_CHARS:
                break
            shown.append(f"{number:6}\t{clipped}")
        end = first_line + len(shown) - 1
        if end < min(last_line or len(lines), len(lines)):
            shown.append(f"[lines {first_line} to {end} of {len(lines)}: read on with first_line={end + 1}]")
        if not is_exact:
            shown.append("[not UTF-8: what could not be read is shown as \ufffd]")
        return "\n".join(shown)

    async def _search_in_process(self, names: list[str], pattern: str) -> tuple[list[str], str]:
        """Search in a separate process, which can be killed if the pattern backtracks forever."""
        given = {
            "root": str(self.root),
            "names": names,
            "pattern": pattern,
            "is_regex": True,
            "seconds": SEARCH_SECONDS,
        }
        with anyio.move_on_after(SEARCH_SECONDS * 1.2):
            done = await anyio.run_process(
                [sys.executable, "-I", searching.__file__], input=json.dumps(given).encode(), stderr=subprocess.DEVNULL
            )
            answer: tuple[list[str], str] | str = json.loads(done.stdout)
            if isinstance(answer, str):
                hint = "Correct it, or search for plain text with regex=false."
                raise ToolError(f"{_clip_text(pattern)!r} is not a regular expression: {answer}.", hint=hint)
            found, more = answer
            return found, more
        raise ToolError(
            f"The pattern {_clip_text(pattern)!r} took more than {SEARCH_SECONDS:g} seconds.",
            hint="Search for plain text, or for a simpler pattern without nested repetitions, in fewer files.",
        )

    def _file_names(self) -> Iterator[str]:
        """Yield the relative paths of the regular files in the folder, sorted, without links that lead out of it."""
        visited = 0
        for folder, inner, names in os.walk(self.root):
            inner[:] = sorted(name for name in inner if self._is_shown(name) and name not in _CACHES)
            for name in sorted(names):
                visited += 1
                if visited > MOST_VISITED:
                    return
                file = Path(folder, name)
                if self._is_shown(name) and self._is_inside(file) and file.is_file():
                    relative = file.relative_to(self.root).as_posix()
                    if relative.isprintable():  # others would break the list of paths or the request
                        yield relative

    def _is_shown(self, name: str) -> bool:
        return self.include_hidden or not name.startswith(".")

    def _is_inside(self, file: Path) -> bool:
        try:
            return file.resolve().is_relative_to(self.root)
        except RuntimeError:  # a link that leads to itself stays inside
            return True

    def _resolve_file(self, path: str) -> Path:
        """Return the file for a path from the model. Raises ToolError if it is not a regular file in the folder."""
        hint = "Take a path that list_files shows: it is relative to the folder."
        named = _clip_text(path)
        if "\0" in path or not path.strip():
            raise ToolError("The path is empty or holds a NUL character.", hint=hint)
        if path.startswith(("/", "~", "\\")) or PureWindowsPath(path).drive:
            raise ToolError(f"{named!r} is not relative to the folder.", hint=hint)
        file = self.root / path
        if not self._is_inside(file):
            raise ToolError(f"{named!r} leads out of the folder, and nothing outside can be read.", hint=hint)
        try:
            resolved = file.resolve(strict=True)
            mode = resolved.stat().st_mode
        except (OSError, RuntimeError):  # RuntimeError: a link that leads to itself, before Python 3.13
            resolved, mode = self.root, 0
        parts = (*Path(path).parts, *resolved.relative_to(self.root).parts)
        if mode == 0 or not all(self._is_shown(part) or part == ".." for part in parts):
            raise ToolError(f"There is no file {named!r}.{self._did_you_mean(path)}", hint=hint)
        if stat.S_ISDIR(mode):
            raise ToolError(f"{named!r} is a folder.", hint=f"List it with glob '{named.rstrip('/')}/**'.")
        if not stat.S_ISREG(mode):
            raise ToolError(f"{named!r} is not a regular file.", hint=hint)
        return resolved

    def _did_you_mean(self, path: str) -> str:
        names = list(self._file_names())
        close = [name for name in names if name.rpartition("/")[2] == path.rpartition("/")[2]][:3]
        close = close or difflib.get_close_matches(path, names, n=3)
        return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


async def _run_in_thread(function: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(function, abandon_on_cancel=True)


def _clip_text(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}..."


def _read_lines(file: Path, path: str) -> tuple[list[str], bool]:
    """Return the lines of a file, and True if all of it was UTF-8."""
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise ToolError(
                f"{path!r} has {size / 1e6:.0f} MB, too much to read.", hint="Find lines with search_files."
            )
        data = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise ToolError(f"{path!r} cannot be read: {reason}.", hint="Go on without it, and say so.") from None
    if b"\0" in data[:8192]:
        raise ToolError(f"{path!r} is binary, not text.", hint="Go on without it, and say so.")
    try:
        return data.decode("utf-8-sig").splitlines(), True
    except UnicodeDecodeError:
        return data.decode(errors="replace").splitlines(), False


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
