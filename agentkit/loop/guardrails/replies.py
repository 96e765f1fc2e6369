"""The reply of a block: as the output of the run, and as the text that the conversation keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from agentkit.errors import InvalidArguments
from agentkit.log import log
from agentkit.messages.message import JSONObject, encode
from agentkit.run.guardrails.verdicts import reply_to_json
from agentkit.run.result import Answer

if TYPE_CHECKING:
    from agentkit.run.output import OutputSpec

Out = TypeVar("Out")


def answer_of_reply(spec: OutputSpec[Out], reply: object) -> Answer[Out] | None:
    """Return a reply as the output, if it fits the output type. None: it does not, or there is none."""
    if reply is None:
        return None
    if spec.is_text and isinstance(reply, str):
        return Answer(cast("Out", reply))
    value = reply_to_json(reply)
    if value is None:
        log().error("the reply of a block has no JSON form", reply=type(reply).__name__)
        return None
    if spec.is_text:
        return None
    given = {spec.form.key: value} if spec.form.is_wrapped else value
    try:
        return Answer(spec.form.validate_object(cast("JSONObject", given), "")) if isinstance(given, dict) else None
    except InvalidArguments:
        return None


def text_of_reply(reply: object) -> str:
    """Return a reply as text, for the conversation. Empty: there is none."""
    if isinstance(reply, str):
        return reply
    value = reply_to_json(reply)
    return "" if value is None else encode(value).decode()
