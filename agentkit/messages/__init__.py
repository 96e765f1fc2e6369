"""The vocabulary of the Messages API: content blocks, messages, tool calls, requests."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.messages.container": "Container",
        "agentkit.messages.content": "Document File Image",
        "agentkit.messages.message": (
            "JSON AssistantTurn Content JSONObject Message ToolCall encode text_block text_of tool_result user"
        ),
        "agentkit.messages.request": "EncodedPrefix Request",
    },
)
