"""Reports on evaluations: an HTML page, Markdown for pull requests, a text for the terminal."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.reports.html_page": "evaluation_html",
        "agentkit.evals.reports.ladder": "Ladder rating_ladders",
        "agentkit.evals.reports.markdown": "evaluation_markdown",
        "agentkit.evals.reports.terminal_text": "evaluation_text",
    },
)
