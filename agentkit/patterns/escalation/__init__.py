"""The cascade: cheap first, checked by something that is not the worker, and the stronger model only where needed."""
