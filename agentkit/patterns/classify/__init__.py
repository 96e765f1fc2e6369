"""Texts sorted into categories by a cheap model, with hand-scored examples, and how well it does so, measured."""
