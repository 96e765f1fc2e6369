"""The check for answers that only refer to an earlier reply ("As I said above."), which the parent never sees."""

from __future__ import annotations

import re

POINTER_ONLY_NOTE = (
    "Your reply only points to something that you said before. Nobody sees that: whoever asked you reads your last "
    "reply and nothing else. Give the whole answer now, in this reply."
)

_MAX_POINTER_CHARS = 300
"""A longer text counts as an answer of its own."""

_TURN = r"(?:message|reply|answer|response|turn)"
_THINGS = (
    r"(?:answers?|reports?|reply|results?|findings?|summary|details?|information|list|response|message|analysis|output)"
)
_WHAT = rf"(?:it|this|that|them|everything|(?:(?:the|my|your|all) )?(?:\w+ )?{_THINGS})"
_WHERE = rf"(?:above|before|already|earlier|previously|(?:in|from) (?:my|the) (?:\w+ ){{0,2}}{_TURN})"
_SAID = (
    r"(?:said|mentioned|noted|stated|described|explained|outlined|shown|listed|given|provided|discussed|reported|"
    r"detailed|answered|summari[sz]ed|written|gave|covered)"
)
_I = r"(?:i|we) (?:have |had )?"
_SEE = r"(?:please |again )*(?:see|refer to|look at|look|check|read|consult)(?: back)?"
_IS = r"(?:is|are|was|were|has been|have been|can be)"

_POINTERS = (
    rf"(?:just )?(?:as|like) (?:{_I}|(?:it )?(?:{_IS} )?)(?:already )?{_SAID}(?: {_WHERE})*",  # as I said above
    rf"{_SEE}(?: {_WHAT})?(?: {_WHERE})+",  # see the list above
    rf"{_SEE} (?:my|the) (?:previous|earlier|last|first) {_TURN}",  # please refer to my previous response
    rf"{_I}(?:already )?{_SAID}(?: (?:to )?you)?(?: {_WHAT})?(?: {_WHERE})+",  # I gave you the report earlier
    rf"{_I}already {_SAID}(?: (?:to )?you)?(?: {_WHAT})?",  # I have already answered this
    rf"{_WHAT} (?:{_IS} )?(?:already )?(?:(?:{_SAID}|found|stands?) )?(?:{_WHERE} ?)+",  # my answer is given above
    r"(?:there is |i have )?nothing (?:more |further |else )?to add(?: to (?:that|the above|what i said))?",
    r"(?:the )?(?:same |answer )?(?:as )?above",
)
_FILLERS = (
    r"(?:all |the task is |task |i am |i have )?(?:done|finished|completed?)",
    r"(?:that|this) is (?:all|it)",
    r"(?:please )?let me know if (?:you|there|anything)\b.*",
    r"(?:my |the )?(?:final )?answer|again|please|sorry|thanks|thank you",
)
_POINTER = "|".join(f"(?:{pattern})" for pattern in _POINTERS)  # compiled at the first use: it takes 5 ms
_FILLER = "|".join(f"(?:{pattern})" for pattern in _FILLERS)
_BETWEEN = re.compile(r"[.!?;:,()\n]+|\s[-\u2013\u2014]+\s")
_MARKUP = re.compile(r"[*_`#>\"]+")


def is_pointer_only(text: str) -> bool:
    """Return True if every piece of a short text refers to an earlier reply, or is a filler.

    "Yes, as I said above." and "As mentioned earlier, tea costs 4 EUR." have content of their own: False.
    """
    if len(text) > _MAX_POINTER_CHARS:
        return False
    plain = _MARKUP.sub("", text.replace("\u2019", "'")).lower()
    plain = plain.replace("i've", "i have").replace("i'm", "i am").replace("that's", "that is")
    pieces = [piece for part in _BETWEEN.split(plain) if (piece := " ".join(part.split()))]
    points = [piece for piece in pieces if re.fullmatch(_POINTER, piece)]
    return bool(points) and all(piece in points or re.fullmatch(_FILLER, piece) for piece in pieces)
