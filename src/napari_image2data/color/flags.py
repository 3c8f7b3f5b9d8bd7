"""What can be the matter with a pixel: the bits of ``Field.flags``."""

from __future__ import annotations

from enum import IntFlag


class Flag(IntFlag):
    """Why a pixel was not read, or how its value came about; bits of ``Field.flags``."""

    OFF_SCALE = 1
    """The colour is too far from every colour of the scale; the value is NaN."""
    BELOW = 2
    """The colour is the scale's under colour, or its clipped first colour."""
    ABOVE = 4
    """The colour is the scale's over colour, or its clipped last colour."""
    AMBIGUOUS = 8
    """Another position on the scale explains the colour as well within the noise."""
    OVERLAY = 16
    """Ink lies over the data: text, line, marker, frame; NaN unless FILLED."""
    FILLED = 32
    """The value was interpolated from the surroundings."""
    NO_DATA = 64
    """A colour that stands for "no data", or a transparent pixel; the value is NaN."""
