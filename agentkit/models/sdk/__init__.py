"""The way to the API through a client of the official SDK."""
