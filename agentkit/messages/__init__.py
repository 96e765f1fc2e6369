"""The vocabulary of the Messages API: content blocks, messages, tool calls, requests."""

from agentkit.messages.message import (
    JSON,
    AssistantTurn,
    Block,
    Content,
    JSONObject,
    Message,
    ToolCall,
    encode,
    text_block,
    text_of,
    tool_result,
    user,
)
from agentkit.messages.request import EncodedPrefix, Request

__all__ = [
    "JSON",
    "AssistantTurn",
    "Block",
    "Content",
    "EncodedPrefix",
    "JSONObject",
    "Message",
    "Request",
    "ToolCall",
    "encode",
    "text_block",
    "text_of",
    "tool_result",
    "user",
]
