"""A small open model, served here, through the suites: numbers that no script wrote."""
