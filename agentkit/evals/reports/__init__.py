"""Reports on evaluations: an HTML page, Markdown for pull requests, a text for the terminal."""
