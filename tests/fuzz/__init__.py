"""Fuzzing of what reads other people's bytes, by hypothesis in the suite and by atheris outside."""
