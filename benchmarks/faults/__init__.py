"""Every fault of docs/faults.md as scenarios that really run: `python -m benchmarks.faults` prints the result of each.

The suite runs the same scenarios, see tests/faults/.
"""
