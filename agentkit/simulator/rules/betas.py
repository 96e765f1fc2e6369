"""The betas of the API: the names that its `anthropic-beta` header takes, and the fields of a body that need one."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

KNOWN_BETAS = frozenset(
    {
        # Those that the official SDK lists.
        *("computer-use-2024-10-22", "computer-use-2025-01-24", "computer-use-2025-11-24", "output-128k-2025-02-19"),
        *("mcp-client-2025-04-04", "mcp-client-2025-11-20", "mcp-client-2026-09-15", "mcp-tunnels-2026-06-22"),
        *("dev-full-thinking-2025-05-14", "interleaved-thinking-2025-05-14", "thinking-token-count-2026-05-13"),
        *("thinking-display-updates-2026-08-18", "thinking-binding-controls-2026-08-01", "context-1m-2025-08-07"),
        *("code-execution-2025-05-22", "context-management-2025-06-27", "model-context-window-exceeded-2025-08-26"),
        *("fast-mode-2026-02-01", "output-300k-2026-03-24", "user-profiles-2026-03-24", "user-profiles-2026-08-18"),
        *("user-profiles-2026-09-04", "user-profiles-billing-2026-10-01", "advisor-tool-2026-03-01"),
        *("managed-agents-2026-04-01", "dreaming-2026-04-21", "server-side-fallback-2026-06-01"),
        *("server-side-fallback-2026-07-01", "fallback-credit-2026-06-01", "fallback-credit-2026-07-01"),
        *("agent-memory-2026-07-22", "mid-conversation-tool-changes-2026-07-01", "compact-2026-01-12"),
        *("compact-2026-09-04", "structured-outputs-2025-11-13", "task-budgets-2026-03-13"),
        *("mid-conversation-output-config-2026-07-01", "mid-conversation-system-clear-at-2026-08-21"),
        *("inline-tools-2026-09-15", "ce-plugins-2026-09-01", "spend-limit-reads-2026-09-26"),
        *("telemetry-destinations-2026-08-11", "webhooks-2026-10-07", "admin-user-sign-out-2026-10-08"),
        *("message-threads-2026-08-12", "analytics-usage-cost-2026-08-24", "experimental-claude-tag-2026-10-21"),
        *("message-batches-2024-09-24", "prompt-caching-2024-07-31", "pdfs-2024-09-25", "token-counting-2024-11-01"),
        *("token-efficient-tools-2025-02-19", "files-api-2025-04-14", "extended-cache-ttl-2025-04-11"),
        *("skills-2025-10-02", "cache-diagnosis-2026-04-07", "ce-user-management-2026-07-13", "efs-2026-10-01"),
        *("ce-claude-code-managed-settings-2026-10-06", "google-managed-data-controls-2026-09-01"),
        # Older ones, whose features need none any more; recorded traffic and older programs send them.
        *("tools-2024-04-04", "tools-2024-05-16", "max-tokens-3-5-sonnet-2024-07-15", "code-execution-2025-08-25"),
        *("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19", "tool-examples-2025-10-29"),
        *("web-fetch-2025-09-10", "effort-2025-11-24", "fine-grained-tool-streaming-2025-05-14"),
    }
)
"""The names that the header takes; any other one is refused."""

_FIELD_BETAS: dict[str, tuple[str, ...]] = {
    "context_management": ("context-management-2025-06-27", "compact-2026-01-12"),
    "compaction": ("compact-2026-09-04",),
    "mcp_servers": ("mcp-client-",),
    "fallbacks": ("server-side-fallback-",),
    "output_format": ("structured-outputs-",),
}
"""Fields that need a beta, with the beginnings of the names of those that allow it; one is enough."""


def unknown_betas_text(betas: Collection[str], known: Collection[str]) -> str | None:
    """Return the API's error text for betas that it does not know. None: it knows all of them."""
    unknown = [beta for beta in sorted(betas) if beta not in known]
    if not unknown:
        return None
    names = ", ".join(f"`{beta}`" for beta in unknown)
    return (
        f"Unexpected value(s) {names} for the `anthropic-beta` header. Please consult our documentation at "
        "docs.claude.com or try again without the header."
    )


def fields_without_beta(body: JSONObject, betas: Collection[str]) -> list[str]:
    """Return the fields of a body that the betas of its request do not allow."""
    return [
        name
        for name, allowing in _FIELD_BETAS.items()
        if name in body and not any(given.startswith(allowing) for given in betas)
    ]
