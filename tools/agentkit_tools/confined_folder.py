"""Find files in one folder, and nothing outside it: links are resolved before a path is checked."""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from agentkit import ToolError

MOST_VISITED = 100_000
"""Maximum number of files of the folder that are visited when listing or searching."""
_CACHES = frozenset({"__pycache__", "node_modules"})


@dataclass(slots=True)
class FileList:
    """The files of a folder."""

    names: list[str] = field(default_factory=list[str])
    """Paths relative to the folder, sorted."""
    left_out: list[str] = field(default_factory=list[str])
    """Reasons why names may be missing."""


@dataclass(frozen=True, slots=True)
class ConfinedFolder:
    """A folder whose files can be listed and opened; hidden ones only if asked for, also behind links."""

    root: Path
    include_hidden: bool
    most_visited: int = MOST_VISITED

    def list_files(self) -> FileList:
        """Return the regular files in the folder, without links that lead out of it."""
        found = FileList()
        failed: list[OSError] = []
        visited = unprintable = 0
        for folder, inner, names in os.walk(self.root, onerror=failed.append):
            inner[:] = sorted(name for name in inner if self._is_shown(name) and name not in _CACHES)
            for name in sorted(names):
                visited += 1
                if visited > self.most_visited:
                    found.left_out.append(f"only the first {self.most_visited} files of the folder were visited")
                    return found
                file = Path(folder, name)
                if self._is_shown(name) and self._is_inside(file) and file.is_file():
                    relative = file.relative_to(self.root).as_posix()
                    if relative.isprintable():  # others would break the list of paths or the request
                        found.names.append(relative)
                    else:
                        unprintable += 1
        if unprintable:
            found.left_out.append(f"{unprintable} files have names that cannot be shown")
        for error in failed:
            name = Path(error.filename).relative_to(self.root).as_posix()
            found.left_out.append(f"the folder {clip_text(name)!a} cannot be opened")
        return found

    def resolve_file(self, path: str) -> Path:
        """Return the file for a path from the model. Raises ToolError if it is not a regular file in the folder."""
        hint = "Take a path that list_files shows: it is relative to the folder."
        named = clip_text(path)
        if "\0" in path or not path.strip():
            raise ToolError("The path is empty or holds a NUL character.", hint=hint)
        if path.startswith(("/", "~", "\\")) or PureWindowsPath(path).drive:
            raise ToolError(f"{named!r} is not relative to the folder.", hint=hint)
        file = self.root / path
        resolved = self._resolve(file)
        if resolved is not None and not resolved.is_relative_to(self.root):
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

    def _is_shown(self, name: str) -> bool:
        return self.include_hidden or not name.startswith(".")

    def _is_inside(self, file: Path) -> bool:
        """Return True unless a file is a link that leads out of the folder, or to what is hidden in it."""
        resolved = self._resolve(file)
        if resolved is None:
            return True
        return resolved.is_relative_to(self.root) and all(map(self._is_shown, resolved.relative_to(self.root).parts))

    def _resolve(self, file: Path) -> Path | None:
        """Return where a path leads. None: a link that leads to itself, which stays inside."""
        try:
            return file.resolve()
        except RuntimeError:
            return None

    def _did_you_mean(self, path: str) -> str:
        names = self.list_files().names
        close = [name for name in names if name.rpartition("/")[2] == path.rpartition("/")[2]][:3]
        close = close or difflib.get_close_matches(path, names, n=3)
        return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def clip_text(text: str) -> str:
    """Return a text that a message can quote."""
    return text if len(text) <= 100 else f"{text[:100]}..."
