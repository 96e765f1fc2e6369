"""The strict form of a schema: what the API's grammar takes, and which tools of a request get it."""
