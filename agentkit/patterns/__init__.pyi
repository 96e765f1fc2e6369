from agentkit.patterns.quotes import Span as Span
from agentkit.patterns.quotes import find_quote as find_quote
from agentkit.patterns.quotes import split_quote as split_quote
from agentkit.patterns.verification import Citation as Citation
from agentkit.patterns.verification import Quoted as Quoted
from agentkit.patterns.verification import VerifiedQuotes as VerifiedQuotes
from agentkit.patterns.verification import verify_output as verify_output
from agentkit.patterns.verification import verify_quotes as verify_quotes
