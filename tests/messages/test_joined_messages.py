"""Messages are joined as requests have them; what was joined is kept, and what is large is not copied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.joined_messages import MAX_PIECE_BYTES, JoinedMessages
from agentkit.messages.message import Message, user

MOST = MAX_PIECE_BYTES
SIZES = st.lists(st.sampled_from([0, 1, 300, MOST // 3, MOST - 40, MOST - 30, MOST, 2 * MOST]), max_size=9)


@given(st.lists(SIZES, min_size=1, max_size=4))
def test_the_pieces_are_the_messages_with_commas_between_them(steps: list[list[int]]) -> None:
    said: list[Message] = []
    joined = JoinedMessages()
    before: tuple[bytes, ...] = ()
    for sizes in steps:
        said += [user("x" * size) for size in sizes]
        pieces = joined.pieces_of(said)
        assert b"".join(pieces) == b",".join([message.encoded for message in said])
        assert all(len(piece) <= MOST + 1 or any(piece is one.encoded for one in said) for piece in pieces)
        assert all(old is new for old, new in zip(before[:-1], pieces, strict=False))
        before = pieces


def test_another_list_is_joined_anew() -> None:
    joined = JoinedMessages()
    assert joined.pieces_of([user("one"), user("two")]) != joined.pieces_of([user("one")])
    assert joined.pieces_of([user("one")]) == (user("one").encoded,)
    assert joined.pieces_of([]) == ()
