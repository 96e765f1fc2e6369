"""One request to a model: client, HTTP transport, stream parsing, errors, retries and rate limits."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.models.claude": "ClaudeModel",
        "agentkit.models.client": "session",
        "agentkit.models.model": "CountsTokens HoldsThreads Model ReadsBatches",
        "agentkit.models.retry": "Retry",
    },
)
