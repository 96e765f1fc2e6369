"""Messages are joined as requests have them; what was joined is kept, and what is large is not copied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.encoded_messages import MAX_PIECE_BYTES, EncodedMessages, MessageJoiner
from agentkit.messages.message import Message, user

MOST = MAX_PIECE_BYTES
SIZES = st.lists(st.sampled_from([0, 1, 300, MOST // 3, MOST - 40, MOST - 30, MOST, 2 * MOST]), max_size=9)


@given(st.lists(SIZES, min_size=1, max_size=4))
def test_the_pieces_are_the_messages_with_commas_between_them(steps: list[list[int]]) -> None:
    said: list[Message] = []
    joiner = MessageJoiner()
    before: list[bytes] = []
    for sizes in steps:
        said += [user("x" * size) for size in sizes]
        pieces = list(joiner.encoded(said).pieces)
        assert b"".join(pieces) == b",".join([message.encoded for message in said])
        assert all(len(piece) <= MOST + 1 or any(piece is one.encoded for one in said) for piece in pieces)
        assert all(old is new for old, new in zip(before[:-1], pieces, strict=False))
        before = pieces


def test_another_list_is_joined_anew() -> None:
    joiner = MessageJoiner()
    assert joiner.encoded([user("one"), user("two")]).pieces != joiner.encoded([user("one")]).pieces
    assert joiner.encoded([user("one")]).pieces == (user("one").encoded,)
    assert joiner.encoded([]).pieces == ()


@given(st.integers(0, 5), st.integers(0, 3), st.slices(6), st.integers(-7, 7))
def test_the_messages_of_a_request_are_those_at_its_time(count: int, more: int, part: slice, at: int) -> None:
    said = [user(str(number)) for number in range(count)]
    kept = tuple(said)
    messages = EncodedMessages(said, ())
    said += [user("later")] * more
    assert (list(messages), len(messages), messages[part]) == (list(kept), count, kept[part])
    assert (messages == kept, kept == messages, messages == EncodedMessages(said, ())) == (True, True, not more)
    assert (hash(messages), repr(messages)) == (hash(kept), repr(kept))
    if -count <= at < count:
        assert messages[at] is kept[at]
    else:
        with pytest.raises(IndexError):
            messages[at]
