"""The reply of a block: as the output of the run, and as the text that the conversation keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from agentkit.errors import InvalidArguments
from agentkit.messages.message import JSONObject, encode
from agentkit.run.result import Answer

if TYPE_CHECKING:
    from agentkit.run.output import OutputSpec

Out = TypeVar("Out")


def answer_of_reply(spec: OutputSpec[Out], reply: object) -> Answer[Out] | None:
    """Return a reply as the output, if it fits the output type. None: it does not, or there is none."""
    if reply is None:
        return None
    if spec.is_text:
        return Answer(cast("Out", reply)) if isinstance(reply, str) else None
    from pydantic_core import to_jsonable_python

    value = to_jsonable_python(reply, fallback=repr)
    given = {spec.form.key: value} if spec.form.is_wrapped else value
    try:
        return Answer(spec.form.validate_object(cast("JSONObject", given), "")) if isinstance(given, dict) else None
    except InvalidArguments:
        return None


def text_of_reply(reply: object) -> str:
    """Return a reply as text, for the conversation. Empty: there is none."""
    if reply is None or isinstance(reply, str):
        return reply or ""
    from pydantic_core import to_jsonable_python

    return encode(to_jsonable_python(reply, fallback=repr)).decode()
