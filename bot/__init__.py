"""Everything a person touches: the terminal commands and what they print."""
