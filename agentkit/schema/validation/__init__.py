"""Validate the model's JSON against a schema: values, or one error text with which the model can repair its call."""
