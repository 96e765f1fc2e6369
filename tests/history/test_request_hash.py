"""The hash of a request: the same for the same prefix and messages, whatever was hashed before."""

from __future__ import annotations

from agentkit.history.request_hash import RequestHasher, conversation_hash
from agentkit.messages.message import user
from agentkit.messages.request import EncodedPrefix, Request

PREFIX = EncodedPrefix.encode("Be brief.", ())
MESSAGES = [user(text) for text in ("tea", "coffee", "milk")]


def request(count: int, prefix: EncodedPrefix = PREFIX, **options: object) -> Request:
    return Request(prefix, MESSAGES[:count], {"model": "m", "max_tokens": 10, **options})


def test_a_hash_depends_on_prefix_and_messages_alone() -> None:
    hasher = RequestHasher()
    hashes = [hasher.hash_of(request(count)) for count in (1, 3, 2, 2)]
    assert hashes[2] == hashes[3]
    assert len(set(hashes)) == 3
    assert hashes == [RequestHasher().hash_of(request(count)) for count in (1, 3, 2, 2)]
    assert hasher.hash_of(request(2, effort="low")) == hashes[2]
    assert hasher.hash_of(request(2, EncodedPrefix.encode("Be long.", ()))) != hashes[2]


def test_a_replaced_message_gives_another_hash() -> None:
    hasher = RequestHasher()
    before = hasher.hash_of(request(3))
    changed = Request(PREFIX, [MESSAGES[0], user("cocoa"), MESSAGES[2]], {"model": "m"})
    assert hasher.hash_of(changed) != before
    assert hasher.hash_of(request(3)) == before


def test_an_empty_conversation_has_no_hash() -> None:
    assert conversation_hash(()) == ""
    assert conversation_hash(MESSAGES[:1]) != conversation_hash(MESSAGES[:2]) != ""
