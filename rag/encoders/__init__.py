"""The models that turn text into vectors, and the cross-encoders that read two texts together."""
