"""One request to a model: client, transport, stream, errors, retries."""
