"""Who is next: senders take turns, and each sender's own come in their order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class FairQueue(Generic[Item]):
    """Items of several senders. Everything takes the same time, however long the queue is."""

    def __init__(self) -> None:
        # A plain dict is slow to give its first key when many before it were removed.
        self._senders: OrderedDict[str, OrderedDict[Item, None]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, sender: str, item: Item) -> None:
        """Put an item behind the others of its sender; a sender that had none comes behind the other senders."""
        self._senders.setdefault(sender, OrderedDict())[item] = None
        self._count += 1

    def first(self) -> Item | None:
        """Whose turn it is, until that one is popped or removed. None: nobody waits."""
        return next(iter(next(iter(self._senders.values())))) if self._senders else None

    def pop(self) -> None:
        """Take the first away; its sender's turn is over. Raises StopIteration when there is none."""
        sender, items = next(iter(self._senders.items()))
        items.popitem(last=False)
        self._count -= 1
        if items:
            self._senders.move_to_end(sender)
        else:
            del self._senders[sender]

    def remove(self, sender: str, item: Item) -> None:
        """Take an item away that does not want its turn any more. Raises KeyError when it is not there."""
        items = self._senders[sender]
        del items[item]
        self._count -= 1
        if not items:
            del self._senders[sender]
