"""HTTP/1.1 to one server: connections that are used again, one request and its response at a time on each.

`pool.py` is the way in. h11 reads and checks what the server sends; asyncio and trio have a connection class each.
"""
