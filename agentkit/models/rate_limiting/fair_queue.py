"""A fair queue: senders take turns (round robin), and the items of each sender keep their order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)

goes_first: ContextVar[bool] = ContextVar("agentkit_goes_first", default=False)
"""True in code whose requests others wait for: they do not wait for their turn in a queue."""


class FairQueue(Generic[Item]):
    """A queue of items from several senders. Every operation takes constant time."""

    def __init__(self) -> None:
        # A plain dict is slow to give its first key when many before it were removed.
        self._senders: OrderedDict[str, OrderedDict[Item, None]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, sender: str, item: Item) -> None:
        """Append an item to those of its sender; a sender that had none comes after the other senders."""
        self._senders.setdefault(sender, OrderedDict())[item] = None
        self._count += 1

    def add_first(self, sender: str, item: Item) -> None:
        """Append an item to those of its sender, whose turn it is now."""
        self.add(sender, item)
        self._senders.move_to_end(sender, last=False)

    def first(self) -> Item | None:
        """Return the item whose turn it is, without removing it. None: the queue is empty."""
        return next(iter(next(iter(self._senders.values())))) if self._senders else None

    def pop(self) -> None:
        """Remove the first item; its sender goes behind the others. Raises StopIteration when the queue is empty."""
        sender, items = next(iter(self._senders.items()))
        items.popitem(last=False)
        self._count -= 1
        if items:
            self._senders.move_to_end(sender)
        else:
            del self._senders[sender]

    def remove(self, sender: str, item: Item) -> None:
        """Remove an item before its turn. Raises KeyError when it is not in the queue."""
        items = self._senders[sender]
        del items[item]
        self._count -= 1
        if not items:
            del self._senders[sender]
