"""Every error a user can meet.

One base class, so that a script or a dock catches one name. Each message is one sentence that
says what was wrong, where, and what to do next.
"""

from __future__ import annotations


class Image2DataError(ValueError):
    """Base class of all errors that bad input can raise."""


class ImageError(Image2DataError):
    """The picture cannot be used: wrong shape, wrong type, empty, or no picture at all."""


class ScaleError(Image2DataError):
    """The colour scale cannot be used: colours, values, norm, name or colour bar box."""


class FigureError(Image2DataError):
    """The figure could not be read: no colour-mapped area, or a box that lies outside."""


class ReductionError(Image2DataError):
    """The field cannot be reduced or rebuilt: nothing flat, too few points, bad options."""


class FileError(Image2DataError):
    """A file could not be read or written."""


class MissingExtraError(Image2DataError):
    """An optional package is needed for this and is not installed."""


class CancelledError(Image2DataError):
    """The user stopped the work before it was done; nothing was kept."""
