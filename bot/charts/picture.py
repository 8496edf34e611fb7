"""A picture as it is sent: the bytes of a PNG and what is seen on it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """`alt` tells those who do not see the picture what it shows (Discord: 1,024 characters)."""

    png: bytes
    alt: str
