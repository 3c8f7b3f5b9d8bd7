"""What belongs to one figure layer: what was chosen and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as field_of
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_image2data.pipeline import STEPS as RECIPE
from napari_image2data.plugin.choices import Choices

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Layer

    from napari_image2data.decode.cells import CellGrid
    from napari_image2data.decode.field import Field
    from napari_image2data.figure.panel import Figure

STEPS = ("reading", "choices", "field", "mask", "labels", "points", "rebuilt")
"""Results in the order in which they depend on each other."""

NEEDS = {
    "mask": "field",
    "cells": "field",
    "reduce": "field",
    "curve": "field",
    "cluster": "mask",
    "points": "labels",
    "rebuild": "points",
}
"""Result that a piece of work (its key) begins with."""


@dataclass
class State:
    """All that belongs to one figure layer."""

    reading: Figure | None = None
    panels: list[Choices] = field_of(default_factory=lambda: [Choices()])
    panel: int = 0
    looked_up: Field | None = None
    """Every pixel's value whatever its distance, for the threshold's slider."""
    decoded: Field | None = None
    """The field as decoded, before the slider."""
    field: Field | None = None
    cells: CellGrid | None = None
    mask: np.ndarray | None = None
    labels: np.ndarray | None = None
    points: pd.DataFrame | None = None
    curve: pd.DataFrame | None = None
    again: np.ndarray | None = None
    report: Any = None
    steps: dict[str, dict[str, Any]] = field_of(default_factory=dict)
    layers: dict[str, Layer] = field_of(default_factory=dict)
    name: str = ""
    """The figure's name when it was last looked at, which its layers' names begin with."""
    live: set[str] = field_of(default_factory=set)
    """Steps that a person has run: they run again when what they need changes."""
    put_away: set[str] = field_of(default_factory=set)
    """Roles of layers that a dock has hidden: they are shown again when they are made anew."""
    compared: Layer | None = None
    """The reconstruction that was shown beside the data already; a new one is."""
    hidden_to_compare: dict[str, bool] = field_of(default_factory=dict)
    """Roles of layers hidden while pictures are compared, and whether they come back after it."""

    def forget(self, first: str) -> tuple[str, ...]:
        """Drop the results from ``first`` on; return which steps those are."""
        dropped = STEPS[STEPS.index(first) :]
        for step in dropped:
            if step == "field":
                self.field = self.looked_up = self.decoded = self.cells = None
            elif step == "rebuilt":
                self.again = self.report = None
            elif step in ("mask", "labels", "points"):
                setattr(self, step, None)
                if step == "points":
                    self.curve = None
        return dropped

    def record(self, step: str, options: dict[str, Any]) -> None:
        """Keep a step's options for the recipe; what came after it is dropped from there."""
        kept = dict(self.steps)
        if step != "cells":  # nothing follows from the cells
            for later in RECIPE[RECIPE.index(step) + 1 :]:
                kept.pop(later, None)
        if step in ("reduce", "find_nodes"):
            for other in ("mask", "cluster", "reduce"):
                kept.pop(other, None)
        kept.pop(step, None)
        self.steps = {**kept, step: options}

    def provenance(self, unit: str) -> dict[str, Any]:
        """Where the present results come from, as plain values."""
        from napari_image2data import __version__
        from napari_image2data.files.stored import to_plain

        about: dict[str, Any] = {
            "version": __version__,
            "unit": unit,
            "steps": {
                step: {name: to_plain(value) for name, value in options.items()}
                for step, options in self.steps.items()
            },
        }
        if self.field is None:
            return about
        about["box"] = list(self.field.box or ())
        scale = self.field.scale
        if scale is not None:
            about["scale"] = {
                "name": scale.name,
                "vmin": float(scale.vmin),
                "vmax": float(scale.vmax),
                "norm": scale.norm,
                "discrete": bool(scale.discrete),
                "colors": len(scale.colors),
                "checksum": float(np.sum(scale.colors * np.arange(1, 4))),
            }
        return about
