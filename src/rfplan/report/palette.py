"""Colours of every picture and of the report; told apart without seeing red from green.

The pairs follow the palette of Okabe and Ito for colour-blind readers: teal against vermilion.
"""

from __future__ import annotations

from typing import Final

BONE: Final = "#e9e1c9"
HIP: Final = "#dfdcd3"
VERTEBRA: Final = "#e2ddcc"
CAPTURED: Final = "#007a87"
MISSED: Final = "#c8450c"
UNJUDGED: Final = "#8a6d00"
LESION: Final = "#8b3fb5"
WARM: Final = "#e08a00"
SHAFT: Final = "#5d6670"
TIP: Final = "#e3a70a"
FORAMEN: Final = "#33414d"
JOINT: Final = "#5b4a8a"
CREST: Final = "#7b8794"
INK: Final = "#1c2733"
MUTED: Final = "#56636f"
PAPER: Final = "#ffffff"


def rgb(colour: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1, as the screen shows them, of a colour written ``#rrggbb``."""
    return tuple(int(colour[n : n + 2], 16) / 255.0 for n in (1, 3, 5))  # type: ignore[return-value]


def linear(colour: str) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1 in proportion to light, of a colour written ``#rrggbb``."""
    return tuple(  # type: ignore[return-value]
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb(colour)
    )
