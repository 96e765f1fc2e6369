"""Patterns over agents: many documents read by cheap ones and answered by a strong one, with verified quotes."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.patterns.classify.classifier": "Classifier",
        "agentkit.patterns.classify.decision": "Decision",
        "agentkit.patterns.classify.example": "Example",
        "agentkit.patterns.classify.example_store": "ExampleStore",
        "agentkit.patterns.classify.evaluation": "Evaluation evaluate_classifier",
        "agentkit.patterns.document_store": "Gap",
        "agentkit.patterns.evidence": "Evidence Findings",
        "agentkit.patterns.mail.add_report": "AddReport",
        "agentkit.patterns.mail.gmail": "gmail_query",
        "agentkit.patterns.mail.index": "MailIndex",
        "agentkit.patterns.mail.people": "Person",
        "agentkit.patterns.mail.query": "QueryError parse_query",
        "agentkit.patterns.mail.records": "MailAttachment MailHit MailMessage MailThread SearchResult",
        "agentkit.patterns.quotes": "Span find_quote split_quote",
        "agentkit.patterns.read_result": "ReadOptions ReadProgress ReadResult",
        "agentkit.patterns.reading": "plan_reading read_many",
        "agentkit.patterns.reading_plan": "Actual Plan",
        "agentkit.patterns.verification": (
            "Citation Quoted VerifiedQuotes citations_of_api quotes_of verify_output verify_quotes"
        ),
    },
)
