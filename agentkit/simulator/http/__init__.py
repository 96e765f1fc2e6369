"""HTTP of the simulator: the server protocol, the HTTP/1.1 server, and the clients without a socket."""
