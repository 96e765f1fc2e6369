"""The parameters of a tool's function: read through wrappers, with annotations resolved one by one."""
