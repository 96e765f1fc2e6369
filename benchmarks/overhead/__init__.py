"""The overhead of a run without failures: by layer, and beside another checkout. `python -m benchmarks.overhead`."""
