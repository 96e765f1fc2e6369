"""The shape of a request body: its fields and their types, as far as the rules read them.

The API's own error texts are pydantic's with the path in front: `messages.0.content.1.text.text: Field required`.
Fields and block types that are not listed here pass.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal, NotRequired, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from agentkit.messages.message import JSONObject

_ALLOW_EXTRA = ConfigDict(extra="ignore")
_MESSAGE_PATH_LENGTH = 2  # the length of the path of a message, such as ("messages", 0)
_KINDS = ("text", "thinking", "tool_use", "tool_result", "image", "document", "tool_addition", "tool_removal")


@with_config(_ALLOW_EXTRA)
class _Marker(TypedDict):
    type: Literal["ephemeral"]
    ttl: NotRequired[Literal["5m", "1h"] | None]


@with_config(_ALLOW_EXTRA)
class _Marked(TypedDict):
    cache_control: NotRequired[_Marker | None]


@with_config(_ALLOW_EXTRA)
class _Text(_Marked):
    text: str


@with_config(_ALLOW_EXTRA)
class _SystemText(_Text):
    type: Literal["text"]


@with_config(_ALLOW_EXTRA)
class _Thinking(_Marked):
    thinking: str
    signature: str


@with_config(_ALLOW_EXTRA)
class _ToolUse(_Marked):
    id: str
    name: str
    input: JSONObject


@with_config(_ALLOW_EXTRA)
class _Sourced(_Marked):
    source: JSONObject


def _kind_of_block(block: object) -> str:
    kind = block.get("type") if isinstance(block, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any JSON
    return kind if kind in _KINDS else "_other"


@with_config(_ALLOW_EXTRA)
class _ToolChange(_Marked):
    tool: _ChangedTool


@with_config(_ALLOW_EXTRA)
class _ChangedTool(TypedDict):
    type: str
    definition: NotRequired[JSONObject]


@with_config(_ALLOW_EXTRA)
class _Other(_Marked):
    type: str


@with_config(_ALLOW_EXTRA)
class _ToolResult(_Marked):
    tool_use_id: str
    content: NotRequired[_Content | None]
    is_error: NotRequired[bool | None]


def _kind_of_content(content: object) -> str:
    return "_text" if isinstance(content, str) else "_blocks"


_Block: TypeAlias = Annotated[
    Annotated[_Text, Tag("text")]
    | Annotated[_Thinking, Tag("thinking")]
    | Annotated[_ToolUse, Tag("tool_use")]
    | Annotated[_ToolResult, Tag("tool_result")]
    | Annotated[_Sourced, Tag("image")]
    | Annotated[_Sourced, Tag("document")]
    | Annotated[_ToolChange, Tag("tool_addition")]
    | Annotated[_ToolChange, Tag("tool_removal")]
    | Annotated[_Other, Tag("_other")],
    Discriminator(_kind_of_block),
]
_Content: TypeAlias = Annotated[
    Annotated[str, Tag("_text")] | Annotated[list[_Block], Tag("_blocks")], Discriminator(_kind_of_content)
]


@with_config(_ALLOW_EXTRA)
class _Message(TypedDict):
    role: Literal["user", "assistant", "system"]
    content: _Content


@with_config(_ALLOW_EXTRA)
class _CustomTool(_Marked):
    name: str
    type: NotRequired[Literal["custom"] | None]
    description: NotRequired[str | None]
    input_schema: NotRequired[JSONObject]
    strict: NotRequired[bool | None]


@with_config(_ALLOW_EXTRA)
class _ServerTool(_Marked):
    type: str
    name: NotRequired[str]


def _kind_of_tool(tool: object) -> str:
    kind = tool.get("type") if isinstance(tool, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any JSON
    return "custom" if kind in (None, "custom") else "_server"


_Tool: TypeAlias = Annotated[
    Annotated[_CustomTool, Tag("custom")] | Annotated[_ServerTool, Tag("_server")], Discriminator(_kind_of_tool)
]


@with_config(_ALLOW_EXTRA)
class _ToolChoice(TypedDict):
    type: Literal["auto", "any", "tool", "none"]
    name: NotRequired[str]


@with_config(_ALLOW_EXTRA)
class _ThinkingMode(TypedDict):
    type: Literal["adaptive", "enabled", "disabled", "between_tools"]
    budget_tokens: NotRequired[int]
    block_binding: NotRequired[JSONObject | None]
    display: NotRequired[Literal["summarized", "omitted"] | None]


@with_config(_ALLOW_EXTRA)
class _Format(TypedDict):
    type: Literal["json_schema"]
    schema: JSONObject


@with_config(_ALLOW_EXTRA)
class _OutputConfig(TypedDict):
    effort: NotRequired[Literal["low", "medium", "high", "xhigh", "max"] | None]
    format: NotRequired[_Format | None]


@with_config(_ALLOW_EXTRA)
class _Named(TypedDict):
    name: str


@with_config(_ALLOW_EXTRA)
class _Compaction(TypedDict):
    type: Literal["summarize"]
    instructions: NotRequired[str | None]


_System: TypeAlias = Annotated[
    Annotated[str, Tag("_text")] | Annotated[list[_SystemText], Tag("_blocks")], Discriminator(_kind_of_content)
]


@with_config(_ALLOW_EXTRA)
class _CountTokensBody(_Marked):
    model: str
    messages: Annotated[list[_Message], Field(max_length=100_000)]
    system: NotRequired[_System]
    tools: NotRequired[list[_Tool] | None]
    tool_choice: NotRequired[_ToolChoice | None]
    thinking: NotRequired[_ThinkingMode | None]
    output_config: NotRequired[_OutputConfig | None]
    stop_sequences: NotRequired[list[str] | None]
    mcp_servers: NotRequired[list[_Named] | None]
    compaction: NotRequired[_Compaction | None]
    service_tier: NotRequired[Literal["auto", "standard_only"] | None]
    speed: NotRequired[Literal["standard", "fast"] | None]
    stream: NotRequired[bool | None]


@with_config(_ALLOW_EXTRA)
class _MessageBody(_CountTokensBody):
    max_tokens: Annotated[int, Field(ge=0)]


@cache
def _adapter(*, counting: bool) -> TypeAdapter[_CountTokensBody] | TypeAdapter[_MessageBody]:
    return TypeAdapter(_CountTokensBody) if counting else TypeAdapter(_MessageBody)


def find_shape_error(body: JSONObject, *, counting: bool) -> str | None:
    """Return the API's text for the first field that is missing or of a wrong type. None: the shape is right."""
    try:
        _adapter(counting=counting).validate_python(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if (
            first["type"] == "dict_type"
            and first["loc"][:1] == ("messages",)
            and len(first["loc"]) == _MESSAGE_PATH_LENGTH
        ):
            return f"messages.{first['loc'][1]}: Input does not match the expected shape."
        path = ".".join(str(step) for step in first["loc"] if not str(step).startswith("_"))
        return f"{path}: {first['msg']}"
    return None
