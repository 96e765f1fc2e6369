"""The report of adding a source to an index of mail."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentkit.patterns.sources import Gap

MOST_GAPS = 1_000
"""Maximum number of gaps that a report names."""


@dataclass(slots=True)
class AddReport:
    """The messages of a source, those that were new, and those that could not be read."""

    read: int = 0
    """Number of messages of the source, those that were known and those that cannot be read included."""
    new: int = 0
    """Number of messages that were not in the index."""
    unreadable: int = 0
    """Number of messages and files that cannot be read."""
    other_files: int = 0
    """Number of files that hold no mail."""
    seconds: float = 0.0
    """The time that it took."""
    gaps: list[Gap] = field(default_factory=list[Gap])
    """The places that cannot be read, each with the reason; at most `MOST_GAPS`."""

    @property
    def ok(self) -> bool:
        """True if all of the source could be read."""
        return not self.unreadable

    def add_gap(self, place: str, reason: str) -> None:
        """Count something that cannot be read, and name it."""
        self.unreadable += 1
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(Gap(place, reason))

    def __str__(self) -> str:
        unread = f", {self.unreadable} cannot be read" if self.unreadable else ""
        files = "1 file holds" if self.other_files == 1 else f"{self.other_files} files hold"
        other = f", {files} no mail" if self.other_files else ""
        messages = "1 message" if self.read == 1 else f"{self.read} messages"
        return f"{messages}, {self.new} new{unread}{other}; {self.seconds:.1f} s"
