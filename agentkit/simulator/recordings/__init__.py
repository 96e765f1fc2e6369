"""Real traffic with the API kept in a file, secrets removed, and answers from it, byte for byte."""
