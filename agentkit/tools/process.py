"""Run programs from async tools: `await agentkit.process.run(["git", "log"])`. No process outlives the call.

Each program gets a session of its own. Its whole process group is killed when the call is cancelled, times out or
fails, and when the program has ended and left processes behind. This needs POSIX: elsewhere `run` raises UsageError. A
sync tool uses `subprocess.run`, which cannot be cancelled.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import anyio

from agentkit.errors import ToolError, UsageError
from agentkit.tools.process_group import end_process_group, wait_for_exit

DEFAULT_MAX_OUTPUT_BYTES = 1_000_000
"""Bytes of stdout, and as many of stderr, that are kept."""
_DRAIN_TIMEOUT_S = 0.2
"""Seconds to wait for the end of the output once the program has ended: its children may hold the pipes open."""
_CHUNK_BYTES = 65_536
_MAX_PIPE_CHUNKS = 32
"""Chunks to read after the end: more than a pipe buffer holds."""
_HEAD_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Completed:
    """The exit code and output of a program that has ended."""

    returncode: int
    """The exit code; the negative signal number if a signal ended the program."""
    stdout: str
    """Its output as text; bytes that are not UTF-8 are replaced."""
    stderr: str
    """Its error output, decoded in the same way."""
    is_truncated: bool
    """True if the middle of a long output is left out; the text says where, and how much."""


async def run(
    args: Sequence[str | os.PathLike[str]],
    *,
    input: str | bytes | None = None,  # noqa: A002 - the name that subprocess gave it
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    max_output_bytes: int = DEFAULT_MAX_OUTPUT_BYTES,
) -> Completed:
    """Run a program to its end, without a shell, and return its exit code and output.

    Args:
        args: The program and its arguments, one string each.
        input: The standard input. None: empty.
        cwd: The working directory. None: that of this process.
        env: The complete environment. None: that of this process.
        timeout_s: Seconds until the program is stopped. None: no limit but the timeout of the tool.
        max_output_bytes: Bytes of each output that are kept, head and tail; the rest is read, counted and dropped.

    Raises:
        ToolError: The program does not exist or cannot be started; the text names it.
        TimeoutError: The program was stopped after `timeout_s`.
        UsageError: `args` is not a list of strings, or this is not a POSIX system.
    """
    command = _checked_args(args)
    given = input.encode("utf-8", "surrogateescape") if isinstance(input, str) else input
    stdout, stderr = _OutputBuffer(max_output_bytes), _OutputBuffer(max_output_bytes)
    async with _open_process(command, given is not None, cwd, env) as process:
        with anyio.move_on_after(math.inf if timeout_s is None else timeout_s) as limit:
            await _communicate(process, given or b"", stdout, stderr)
    if limit.cancelled_caught:
        raise TimeoutError(f"`{_program_name(command)}` took longer than {timeout_s} s and was stopped.")
    return Completed(process.wait(), stdout.text(), stderr.text(), stdout.is_truncated or stderr.is_truncated)


def _checked_args(args: object) -> list[str]:
    if os.name != "posix":
        raise UsageError("agentkit.process needs a POSIX system: Linux or macOS.")
    if isinstance(args, str | bytes):
        raise UsageError(
            f'process.run takes a list, one string an argument: ["git", "log"], not {args!r}; no shell runs'
        )
    listed = list(cast("Sequence[object]", args))
    if not listed or not all(isinstance(arg, str | os.PathLike) for arg in listed):
        raise UsageError(f"process.run takes a program and its arguments, strings all of them, not {listed!r}")
    return [os.fspath(arg) for arg in cast("list[str]", listed)]


@asynccontextmanager
async def _open_process(
    command: list[str], takes_input: bool, cwd: str | os.PathLike[str] | None, env: Mapping[str, str] | None
) -> AsyncGenerator[subprocess.Popen[bytes]]:
    """Start the program. At the end of the block it and its process group have ended, and its pipes are closed."""
    stdin = subprocess.PIPE if takes_input else subprocess.DEVNULL
    try:
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - argv only; starting takes a millisecond, and the rest is async
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, env=env,
            bufsize=0, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise _start_error(command, cwd, error) from error
    try:
        yield process
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await end_process_group(process)
        finally:
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def _start_error(command: list[str], cwd: str | os.PathLike[str] | None, error: OSError | ValueError) -> ToolError:
    name = _program_name(command)
    if not isinstance(error, OSError):
        return ToolError(f"`{name}` was not started: an argument holds a character that no program can be given.")
    if cwd is not None and not Path(cwd).is_dir():
        return ToolError(f"`{name}` was not started: its working directory does not exist.")
    if isinstance(error, FileNotFoundError):
        return ToolError(f"There is no program `{name}` here, so nothing was executed.")
    return ToolError(f"`{name}` was not started: {(error.strerror or 'the system refused').lower()}.")


def _program_name(command: list[str]) -> str:
    return Path(command[0]).name


# -- while it runs ---------------------------------------------------------------------------------------------------


async def _communicate(
    process: subprocess.Popen[bytes], given: bytes, stdout: _OutputBuffer, stderr: _OutputBuffer
) -> None:
    """Write the input and read the outputs until the program has ended, even if others hold its pipes open."""
    outputs = [(pipe, kept) for pipe, kept in ((process.stdout, stdout), (process.stderr, stderr)) if pipe is not None]
    are_read = anyio.Event()

    async def read_all() -> None:
        async with anyio.create_task_group() as readers:
            for pipe, kept in outputs:
                readers.start_soon(_read_output, pipe, kept)
        are_read.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_all)
        if process.stdin is not None:
            tasks.start_soon(_write_input, process.stdin, given)
        await wait_for_exit(process)
        with anyio.move_on_after(_DRAIN_TIMEOUT_S):
            await are_read.wait()
        tasks.cancel_scope.cancel()
    for pipe, kept in outputs:
        kept.read_rest(pipe)


async def _write_input(pipe: IO[bytes], given: bytes) -> None:
    os.set_blocking(pipe.fileno(), False)
    left = memoryview(given)
    while left:
        await anyio.wait_writable(pipe.fileno())
        try:
            left = left[os.write(pipe.fileno(), left[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            continue
        except BrokenPipeError:  # the program reads no more input
            break
    pipe.close()


async def _read_output(pipe: IO[bytes], kept: _OutputBuffer) -> None:
    os.set_blocking(pipe.fileno(), False)
    while True:
        await anyio.wait_readable(pipe.fileno())
        if kept.read_chunk(pipe) == 0:
            return


@dataclass(slots=True)
class _OutputBuffer:
    """The head and the tail of an output, in bounded memory."""

    max_bytes: int
    total_bytes: int = 0
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)

    def read_chunk(self, pipe: IO[bytes]) -> int | None:
        """Read once and return the number of bytes, 0 at the end. None: nothing to read yet."""
        try:
            data = os.read(pipe.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return None
        self.total_bytes += len(data)
        room = int(self.max_bytes * _HEAD_SHARE) - len(self.head)
        self.head += data[:room]
        self.tail += data[max(room, 0) :]
        if len(self.tail) > 2 * self.max_bytes:
            del self.tail[: len(self.tail) - self.max_bytes]
        return len(data)

    def read_rest(self, pipe: IO[bytes]) -> None:
        """Read what the pipe buffer holds, not more: other processes may go on writing."""
        for _ in range(_MAX_PIPE_CHUNKS):
            if not self.read_chunk(pipe):
                return

    @property
    def is_truncated(self) -> bool:
        return self.total_bytes > self.max_bytes

    def text(self) -> str:
        if not self.is_truncated:
            return (self.head + self.tail).decode(errors="replace")
        tail = self.tail[len(self.tail) - (self.max_bytes - len(self.head)) :]
        left_out = f"\n[{self.total_bytes - self.max_bytes:,} of {self.total_bytes:,} bytes left out here]\n"
        return self.head.decode(errors="replace") + left_out + tail.decode(errors="replace")
