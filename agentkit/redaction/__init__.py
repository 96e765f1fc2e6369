"""Redaction: secrets are removed from texts before the model reads them or they are written to logs and files."""

from agentkit.redaction.redactor import Redactor
from agentkit.redaction.secret_patterns import REDACTED

__all__ = [
    "REDACTED",
    "Redactor",
]
