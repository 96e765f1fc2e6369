"""A mailbox narrowed to a profile: queries, a cheap filter, cheap evidence, and a strong writer."""
