"""Refuse keywords that a call does not take, and say what was meant: a near name, or the place where it is set.

Options are misspelled, put in the wrong place, or named as another framework names them. Dropped without a word, a
limit would not hold.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import ParamSpec, TypeVar

from agentkit.errors import DefinitionError, UsageError
from agentkit.schema.validation.did_you_mean import nearest_word

P = ParamSpec("P")
R = TypeVar("R")

_MISSPELLED, _NEAR = 0.8, 0.65
"""The similarity, 0 to 1, from which a word is taken for a misspelled other one, or may be one."""

OPTIONS_BY_PLACE: Mapping[str, str] = {
    "Agent": (
        "model instructions input output deps tools description render settings client max_turns output_retries "
        "tool_timeout_s max_concurrent_calls artifacts budget price retry fallback around_model around_tool "
        "guardrails verify redact"
    ),
    "run": "deps client run_id model settings tools budget journal steps",
    "Settings": "max_tokens effort thinking cache cache_scope thread eager tool_choice betas extra",
    "Budget": "max_cost_usd max_input_tokens max_output_tokens max_requests max_seconds",
    "map": "concurrency batch batch_wait_s",
    "as_tool": "name description budget timeout_s max_calls max_depth models verify on_failure",
    "@tool": (
        "name description effect timeout_s retries raises strict examples max_result_tokens available exclusive eager "
        "defer_loading finds_tools allowed_callers reconcile"
    ),
    "Guardrail": "on mode on_error timeout_s server_tools name",
    "Retry": "max_attempts max_seconds first_wait_s longest_wait_s idle_timeout_s total_timeout_s",
    "script": "faults betas",
}
"""The options of each place that takes some, the most likely place first."""

_CONTINUE = "an earlier conversation is continued with `agent.conversation(messages).send(prompt)`"
_LIMIT_TIME = (
    "the seconds of a run are limited with `budget=Budget(max_seconds=...)`, those of a reply with "
    "`Retry(total_timeout_s=..., idle_timeout_s=...)`, those of a tool call with `@tool(timeout_s=...)` or "
    "`Agent(tool_timeout_s=...)`"
)
_OUTPUT = "the type of the output is set with `Agent(..., output=...)`"
_MAX_TURNS = "the number of turns is limited with `Agent(..., max_turns=...)`"
_INSTRUCTIONS = "the system prompt is set with `Agent(..., instructions=...)`"
_CLIENT = "it belongs to the client: `client=AsyncAnthropic(...)`"
_SAMPLING = "the API refuses sampling parameters"
_DEPS = "the dependencies of tools are given with `deps=...`"
_LIMITS = "limits are given with `budget=Budget(...)`"
_LIMIT_NAMES = (
    "requests, tokens, cost and seconds are limited with `Budget(max_requests=..., max_input_tokens=..., "
    "max_output_tokens=..., max_cost_usd=..., max_seconds=...)`"
)
_SUB_AGENTS = "a sub-agent is a tool of the agent: `tools=[other.as_tool()]`"
_SETTINGS = "settings of requests are given with `settings=Settings(...)`"
_FIELDS = 'other fields of a request are given with `settings=Settings(extra={"...": ...})`'
_CONCURRENCY = "items run at once with `agent.map(items, concurrency=...)`"
_RETRIES = (
    "model calls are retried with `Agent(..., retry=Retry(max_attempts=...))`, outputs with `Agent(..., "
    "output_retries=...)`, tool calls with `@tool(retries=...)`"
)
_MIDDLEWARE = "code around calls is given with `Agent(..., around_model=[...], around_tool=[...])`"
_GUARDRAILS = "checks of inputs, tool calls and outputs are given with `Agent(..., guardrails=[Guardrail(check)])`"
_STREAM = "the events of a run come from `agent.stream(prompt)`"
_MCP = "tools of MCP servers come from `agentkit.mcp` and are given with `Agent(..., tools=[...])`"
_LOG = "what happens is seen in the events of `agent.stream(prompt)`, and in the log of the logger `agentkit`"

_WORDS_OF_OTHERS: Mapping[str, str] = {
    _CONTINUE: (
        "message_history messages history chat_history conversation conversation_id previous_response_id thread_id "
        "session session_id memory checkpointer"
    ),
    _LIMIT_TIME: "timeout timeout_s timeout_seconds max_execution_time deadline request_timeout",
    _OUTPUT: "output_type result_type response_format response_model output_schema output_format schema",
    _MAX_TURNS: "max_iterations max_iter max_steps max_tool_calls recursion_limit",
    _INSTRUCTIONS: "system system_prompt system_message instruction role",
    _CLIENT: "api_key base_url http_client default_headers auth_token provider",
    _SAMPLING: "temperature top_p top_k seed",
    _DEPS: "context dependencies deps_type ctx context_type context_variables",
    _LIMITS: "usage_limits limits max_budget max_cost budget_usd max_price",
    _LIMIT_NAMES: (
        "request_limit input_tokens_limit output_tokens_limit total_tokens_limit request_tokens_limit "
        "response_tokens_limit max_usd max_total_tokens max_llm_calls"
    ),
    _SUB_AGENTS: "handoffs sub_agents subagents agents delegates team",
    _SETTINGS: "model_settings model_kwargs generation_config",
    _FIELDS: "metadata user user_id stop_sequences stop service_tier extra_body",
    _CONCURRENCY: "max_concurrency max_workers batch_size concurrent parallel",
    _RETRIES: "max_retries retries",
    _MIDDLEWARE: "callbacks hooks middleware tool_middleware",
    _GUARDRAILS: "input_guardrails output_guardrails tool_input_guardrails moderation safety_settings",
    _STREAM: "stream streaming on_event event_handler event_stream_handler on_token stream_handler",
    _MCP: "mcp_servers mcp_tools mcp toolsets",
    _LOG: "verbose debug logger log_level trace",
}
_OPTIONS_OF = {place: names.split() for place, names in OPTIONS_BY_PLACE.items()}
_HINTS = {word: hint for hint, words in _WORDS_OF_OTHERS.items() for word in words.split()}


def refuse_unknown_options(
    call: str, given: Iterable[str], known: Collection[str], kind: type[UsageError] = DefinitionError
) -> None:
    """Raise an error of this kind for the first keyword that a call does not take, with what was meant."""
    for name in given:
        if name not in known:
            raise kind(f"{call} takes no option `{name}`: {_explain(name, known)}")


def refuses_unknown_options(call: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator for a function that takes a fixed set of keywords: of any other it says what was meant."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        known = frozenset(inspect.signature(function).parameters) - {"self"}

        @functools.wraps(function)
        def call_with_known(*args: P.args, **kwargs: P.kwargs) -> R:
            refuse_unknown_options(call, kwargs, known)
            return function(*args, **kwargs)

        return call_with_known

    return decorate


def refuse_unknown_fields(cls: type[object], call: str) -> None:
    """Let the constructor of a class refuse fields that it has not, and say what was meant."""
    cls.__init__ = refuses_unknown_options(call)(cls.__init__)  # type: ignore[method-assign]


def _explain(name: str, known: Collection[str]) -> str:
    """Return what was meant by an unknown name, as the end of a sentence."""
    own = nearest_word(name, [*known])
    if own is not None and _similarity(name, own) >= _MISSPELLED:
        return f"did you mean `{own}`?"
    if name in _HINTS:
        return f"{_HINTS[name]}."
    place = next((place for place, names in _OPTIONS_OF.items() if name in names), None)
    elsewhere = "" if place is None else f"`{name}` is an option of `{_written_with(place, name)}`."
    if own is not None and (_similarity(name, own) >= _NEAR or not elsewhere):
        return f"did you mean `{own}`? {elsewhere}".rstrip()
    if elsewhere:
        return elsewhere
    for place, names in _OPTIONS_OF.items():
        near = nearest_word(name, names)
        if near is not None and _similarity(name, near) >= _MISSPELLED:
            return f"did you mean `{_written_with(place, near)}`?"
    return f"it takes {', '.join(known)}."


def _written_with(place: str, name: str) -> str:
    """Return how an option of a place is written."""
    keyword = f"{place.lower()}=" if place in ("Budget", "Settings", "Retry") else ""
    return f"{keyword}{place}({name}=...)"


def _similarity(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()
