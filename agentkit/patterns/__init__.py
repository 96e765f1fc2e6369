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
        "agentkit.patterns.few_shot.copying": "CopiedPassage CopyCheck check_copying",
        "agentkit.patterns.few_shot.demonstration": "Demonstration",
        "agentkit.patterns.few_shot.examples": "Examples",
        "agentkit.patterns.escalation.agreement": "Agreement",
        "agentkit.patterns.escalation.cascade": "cascade",
        "agentkit.patterns.escalation.grader": "Grade grading_agent",
        "agentkit.patterns.escalation.levels": "AnyLevel Level",
        "agentkit.patterns.escalation.measurement": "measure_cascade",
        "agentkit.patterns.escalation.measures": "CascadeMeasurement",
        "agentkit.patterns.escalation.result": "Attempt CascadeResult",
        "agentkit.patterns.escalation.results": "CascadeResults LevelMeasures",
        "agentkit.patterns.few_shot.write_like": "write_like",
        "agentkit.patterns.few_shot.written_text": "WrittenText",
        "agentkit.patterns.sources": "Gap",
        "agentkit.patterns.reading.evidence": "Evidence Findings",
        "agentkit.patterns.mail.add_report": "AddReport",
        "agentkit.patterns.mail.gmail": "gmail_query",
        "agentkit.patterns.mail.index": "MailIndex",
        "agentkit.patterns.mail.people": "Person",
        "agentkit.patterns.mail.query": "QueryError parse_query",
        "agentkit.patterns.mail.records": "MailAttachment MailHit MailMessage MailThread SearchResult",
        "agentkit.patterns.profile.funnel": "funnel plan_funnel",
        "agentkit.patterns.profile.outline": "Profile",
        "agentkit.patterns.profile.result": (
            "FunnelOptions FunnelProgress FunnelResult QueryCount StageReport Statement"
        ),
        "agentkit.patterns.quotes.matching": "Span find_quote split_quote",
        "agentkit.patterns.reading.result": "ReadOptions ReadProgress ReadResult",
        "agentkit.patterns.reading.read_many": "plan_reading read_many",
        "agentkit.patterns.reading.plan": "Actual Plan",
        "agentkit.patterns.quotes.verification": (
            "Citation Quoted VerifiedQuotes citations_of_api quotes_of verify_output verify_quotes"
        ),
    },
)
