"""Recordings of real API traffic in files, without secrets, and replays from them, byte for byte."""
