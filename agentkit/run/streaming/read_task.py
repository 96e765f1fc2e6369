"""Work that somebody reads while it goes on, in a root task of its own.

Two rules for this file: every task group and cancel scope of the work is open in that task only; and an error is
passed to the reader by value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import anyio


class ReadTask(ABC):
    """Work in a root task of its own, whose results somebody reads; the reader refers to it, never the reverse."""

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.done = anyio.Event()
        self.error: BaseException | None = None
        """The error of the work, passed by value: it is raised in the reader. None: there is none."""

    @abstractmethod
    async def execute(self) -> None:
        """Do the work."""

    @abstractmethod
    def wake_reader(self) -> None:
        """Tell the reader that the work is over."""

    async def main(self) -> None:
        """The root task; every task group of the work is opened and closed inside it."""
        try:
            with self.scope:
                await self.execute()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - passed by value: it is raised in the reader
            self.error = error
        finally:
            self.wake_reader()
            self.done.set()
