"""Explanations of the frameworks' verdicts, from their installed source, and the settings that would help."""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "exception": "pydantic-ai turns only `ModelRetry` and wrong arguments into results, langchain's `ToolNode` only "
    "wrong arguments (`_default_handle_tool_errors`); every other exception ends the run and cancels the sibling. A "
    "`try` that raises `ModelRetry`, and `ToolErrorMiddleware` or `ToolRetryMiddleware`, change that. agno sends the "
    "exception's bare text without `is_error`; we let that count.",
    "secret": "The tool runner sends `repr(exception)` (`tool_error_content`), agno and strands the text. In the tool "
    "runner a tool that raises `ToolError` chooses the text. pydantic-ai and langchain leak nothing, as the run ends.",
    "hang": "No time limit for tools by default. pydantic-ai: `Agent(tool_timeout=...)`. Elsewhere the tool brings its "
    "own.",
    "cut_call": "langchain parses the pieces with `parse_partial_json`, agno takes what the SDK's stream parsed in "
    "partial mode; neither looks at the stop reason first. strands raises MaxTokensReachedException.",
    "cut_call_after": "The tool runner ends with the cut message, whose `stop_reason` says `max_tokens`; to retry "
    "is the caller's work. pydantic-ai sends the broken call back once, and raises IncompleteToolCall if it stays "
    "broken.",
    "half_json": "The SDK parses each piece with `from_json(..., partial_mode=True)` and never again in full when the "
    "block stops; its runner and agno execute that. strands takes `{}` for broken JSON: here a required argument was "
    "missing, a tool whose arguments are all optional would have run.",
    "half_json_after": "The run goes on where the call was executed from a part too, but it never ran whole.",
    "arguments": "The tool runner says `Invalid arguments for function order`; the reason stays in `__cause__`.",
    "duplicate_ids": "pydantic-ai compares the ids and raises; the others execute both calls and send both back, which "
    "the API refuses.",
    "duplicate_ids_after": "pydantic-ai's exception is a clean end, but an end.",
    "parallel": "The tool runner awaits the calls in a `for` loop (`_generate_tool_call_response`).",
    "huge": "The others send it whole. strands does too, and shortens the result when the API refuses "
    "(`SlidingWindowConversationManager`). agno: `compress_tool_results=True` summarises results by a model.",
    "surrogate": "Encoding the request fails, in the middle of the run. The tool runner makes texts well formed.",
    "pause": "The server's web search was among the tools. langchain and agno end the run when a turn has no tool call "
    "of theirs; in langchain the last message says `pause_turn`.",
    "strange_stop": "agno reads the stop reason only to see whether it is `tool_use`, and does not keep it.",
    "strange_stop_call": "pydantic-ai and langchain go by the turn's calls, whatever the stop reason. agno's plain "
    "call does not execute, but ends as COMPLETED with nothing said.",
    "refusal": "agno's run is COMPLETED with an empty content. Elsewhere it counts that the result names the refusal: "
    "`stop_reason`, in langchain in the last message's `response_metadata`.",
    "empty": "The four take an empty turn for the answer.",
    "endless": "No limit in the tool runner (`max_iterations=`), agno (`tool_call_limit=`) and strands (`limits=`); "
    "langchain's is 9,999 steps (`recursion_limit`, `ModelCallLimitMiddleware`).",
    "too_long": "pydantic-ai and langchain name the case by an exception of its own, which comes without what was "
    "done so far. To compact before it happens: the tool runner's `compact_before_next_turn()`, langchain's "
    "`SummarizationMiddleware`, pydantic-ai's `ProcessHistory`. agno's status is ERROR as for any other error.",
    "overloaded": "The SDK's own two retries, in all of them.",
    "overloaded_long": "The SDK's two retries are over within two or three seconds. `max_retries=` on the client; "
    "langchain's `ModelRetryMiddleware`; agno's `retries=`. strands' own retries are for 429 only.",
    "error_event": "The SDK retries before the first byte only, and nothing above it retries. "
    "`ModelRetryMiddleware` in langchain, `retries=` in agno and `ModelRetryStrategy.is_retryable` in strands do.",
    "cut": "As for the error event.",
    "stall": "The SDK's read timeout is 600 s (`DEFAULT_TIMEOUT`), for every framework on top of it; `timeout=` on the "
    "client. In the middle of a stream it ends the run rather than retrying.",
    "hour": "The SDK sleeps as long as the header says (`_calculate_retry_timeout`, up to 4,294,967 s), and so does "
    "everything on top of it; `max_retries=0` on the client.",
}
"""By the scenario's name."""
