"""Tiny language models and fake model servers for tests."""
