"""One request to a model: client, HTTP transport, stream parsing, errors, retries and rate limits."""
