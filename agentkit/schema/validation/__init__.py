"""The model's JSON against a schema: values, or one error text that lets the model repair its call."""
