from agentkit.redaction.redactor import Redactor as Redactor
from agentkit.redaction.secret_patterns import REDACTED as REDACTED
