"""Model files for the local model: recommendations, downloads, trials and a llama.cpp check."""

__all__ = ["build_check", "hub", "known_models", "trial"]
