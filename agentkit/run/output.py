"""The output of an agent: it is requested from the model, and its answer is validated into a value.

`str` is the text of the last turn. Any other type is requested as JSON under `output_config.format` where it has a
strict form that fits the API's limits, otherwise through an ordinary tool; either way the answer is validated here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar, cast, get_args

from agentkit.errors import AgentkitError, InvalidArguments
from agentkit.messages.message import JSON, JSONObject, ToolCall, encode
from agentkit.messages.strict_json import parse_strict
from agentkit.schema import compile_type
from agentkit.schema.strict.form import NotStrictable, strict_form
from agentkit.schema.validation.object_form import ObjectForm
from agentkit.tools.reserved_names import ANSWER_TOOL

Out = TypeVar("Out")

WRAPPER_PROPERTY = "answer"
"""The only property of the object around an output type that is not an object itself."""


_REPAIR_HEADER = "Your answer does not fit the schema it has to fit. Fix these and give it again:"


class InvalidAnswer(AgentkitError):
    """The answer does not fit the output type; the text is sent to the model and says what is wrong.

    Its cause is what the user's code has raised in the validation, other than a ValueError.
    """


@dataclass(frozen=True)
class OutputSpec(Generic[Out]):
    """One output type: its schema for the model, and the validation of answers."""

    output_type: object
    """The type itself."""

    @property
    def is_text(self) -> bool:
        """True if the output type is `str`: the output is the text of the last turn, unchanged."""
        return self.output_type is str

    @property
    def name(self) -> str:
        """The output type as text, for errors."""
        return _type_text(self.output_type)

    @cached_property
    def form(self) -> ObjectForm[Out]:
        """The compiled type. Raises DefinitionError for a type that has no JSON form."""
        return ObjectForm(compile_type(self.output_type), WRAPPER_PROPERTY)

    @classmethod
    def for_type(cls, output: object) -> OutputSpec[Out]:
        """Compile the output type. Raises DefinitionError when it has no JSON form."""
        spec = cls(output)
        if not spec.is_text:  # text is compiled where somebody asks: a new process has its first reply earlier
            _ = spec.form
        return spec

    @cached_property
    def strict_schema(self) -> JSONObject | None:
        """The schema for `output_config.format`. None: the type has no strict form."""
        try:
            return strict_form(self.form.schema).schema
        except NotStrictable:
            return None

    def answer_tool_param(self) -> JSONObject:
        """Return the definition of the answer tool, which is used where there is no strict form."""
        description = "Give your final answer by calling this tool once. The conversation ends with it."
        return {"name": ANSWER_TOOL, "description": description, "input_schema": self.form.input_schema}

    def from_text(self, text: str) -> Out:
        """Return the value of an answer given as text. Raises InvalidAnswer."""
        if self.is_text:
            return cast("Out", text)
        try:
            value = parse_strict(_strip_code_fence(text))
        except ValueError as error:
            schema = encode(self.form.schema).decode()
            raise InvalidAnswer(
                f"Your answer has to be JSON and nothing else, but it is not ({error}). It has to fit this schema: "
                f"{schema}"
            ) from None
        return self._validate_value(value)

    def from_call(self, call: ToolCall) -> Out:
        """Return the value of an answer given by the answer tool. Raises InvalidAnswer."""
        if call.invalid_input is not None:
            raise InvalidAnswer(f"Your answer is not one JSON object. It began: {call.invalid_input}")
        try:
            return self.form.validate_input(call.input, _REPAIR_HEADER)
        except InvalidArguments as error:
            raise InvalidAnswer(str(error)) from error.__cause__

    def _validate_value(self, value: JSON) -> Out:
        if not isinstance(value, dict):
            schema = encode(self.form.schema).decode()
            raise InvalidAnswer(f"Your answer has to be a JSON object that fits this schema: {schema}")
        try:
            return self.form.validate_object(value, _REPAIR_HEADER)
        except InvalidArguments as error:
            raise InvalidAnswer(str(error)) from error.__cause__


def _type_text(output: object) -> str:
    if isinstance(output, type) and not get_args(output):
        return output.__name__
    return repr(output).replace("typing.", "")


def _strip_code_fence(text: str) -> str:
    """Return the text inside a Markdown fence: models add one where the server does not enforce the format."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text[text.index("\n") : -3]
    return text
