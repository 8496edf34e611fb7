"""Alerts about papers whose upvotes take off: detected, stored and delivered."""
