"""Recipe: every choice of a run, as JSON, so that it can be run again, bit for bit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_image2data.errors import FileError
from napari_image2data.files.stored import to_plain
from napari_image2data.files.tables import atomic

FORMAT = 1


@dataclass(frozen=True)
class Recipe:
    """What was done to a picture: the picture's fingerprint and the steps with all their options.

    Attributes
    ----------
    source : str or None
        File name of the picture, None for an array.
    fingerprint : str
        SHA-256 of the picture's pixels (shape, type and bytes).
    version : str
        Version of the package that wrote the recipe.
    steps : tuple of (str, dict)
        Method names of `ImageToData` and their options, in order. A scale or an axis that was
        read from the figure stands here with its numbers, so running again needs no reading.

    Examples
    --------
    >>> recipe = Recipe("figure.png", "", "0.1.0", (("mask", {"tolerance": 0.01}),))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    """

    source: str | None
    fingerprint: str
    version: str
    steps: tuple[tuple[str, dict[str, Any]], ...] = field(default=())

    def with_step(self, name: str, options: dict[str, Any]) -> Recipe:
        """Return a recipe in which ``name`` replaces its earlier run and all that followed it."""
        names = [step for step, _ in self.steps]
        kept = self.steps[: names.index(name)] if name in names else self.steps
        return Recipe(
            self.source, self.fingerprint, self.version, (*kept, (name, to_plain(options)))
        )

    def to_json(self) -> str:
        """JSON text; numbers keep all their digits."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Recipe from the text of `to_json`.

        Raises
        ------
        FileError
            When the text is no recipe, or one of a newer format.
        """
        try:
            stored = json.loads(text)
            if stored["format"] > FORMAT:
                raise FileError(
                    f"The recipe has format {stored['format']}, newer than this package knows "
                    f"({FORMAT}); update napari-image2data."
                )
            steps = tuple((str(name), dict(options)) for name, options in stored["steps"])
            return cls(stored["source"], stored["fingerprint"], stored["version"], steps)
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise FileError(
                "This is not a recipe of napari-image2data; use a file that recipe.save wrote."
            ) from error

    def save(self, path: str | Path) -> Path:
        """Write the recipe as JSON."""
        path = Path(path)
        with atomic(path) as temporary:
            temporary.write_text(self.to_json(), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe that `save` wrote.

        Raises
        ------
        FileError
            When the file is missing or is no recipe.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"{str(path)!r} cannot be read: {error}.") from error
        return cls.from_json(text)


def fingerprint(image: np.ndarray) -> str:
    """SHA-256 of a picture's shape, type and pixels, in hexadecimal digits."""
    image = np.ascontiguousarray(image)
    head = f"{image.shape}{image.dtype.str}".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()
