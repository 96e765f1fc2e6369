"""Redaction: secrets are removed from texts before the model reads them or they are written to logs and files."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.redaction.redactor": "Redactor",
        "agentkit.redaction.secret_patterns": "REDACTED",
    },
)
