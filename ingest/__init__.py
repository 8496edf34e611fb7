"""Brings papers in: sources, chunking, and the run that puts them into the index."""
