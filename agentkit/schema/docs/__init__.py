"""Texts that describe types and parameters: docstrings and notes in annotations."""
