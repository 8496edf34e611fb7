"""From evidence to an answer: quoted, computed from the catalogue, or written by a model."""
