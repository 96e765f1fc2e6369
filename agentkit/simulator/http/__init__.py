"""HTTP of the simulator: the server protocol, the HTTP/1.1 server, and the in-process transport of the SDK's client."""
