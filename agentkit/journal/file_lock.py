"""A lock of the operating system on an open file: it ends when the file is closed, or when its process dies."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30  # far behind the content of the file, which everybody may read

    def try_lock(descriptor: int, *, is_shared: bool = False) -> bool:  # noqa: ARG001 - it has no such locks
        """Lock the file without waiting. False: another descriptor holds a lock that excludes this one."""
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int, *, is_shared: bool = False) -> bool:
        """Lock the file without waiting. False: another descriptor holds a lock that excludes this one."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
