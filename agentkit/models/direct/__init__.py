"""The way to the API without the SDK: one address, one credential, connections of our own."""
