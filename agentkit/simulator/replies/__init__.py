"""One turn of the model: as data, as a response on the wire, and the responders that decide what it says."""
