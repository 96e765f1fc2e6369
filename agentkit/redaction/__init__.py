"""Secrets are taken out of what the model reads and of what is written down."""

from agentkit.redaction.redactor import Redactor
from agentkit.redaction.secret_patterns import REDACTED

__all__ = [
    "REDACTED",
    "Redactor",
]
