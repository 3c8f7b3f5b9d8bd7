"""Step 7 of the docks: data, points and recipe to files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from magicgui.widgets import ComboBox, FileEdit

from napari_image2data.plugin import save_steps
from napari_image2data.plugin.controls import Section, button
from napari_image2data.plugin.session import Session

FORMATS = {
    "NPZ (all of it, for NumPy)": ("npz", None),
    "CSV (a row a pixel)": ("csv", None),
    "NetCDF (with axes)": ("nc", "xarray"),
    "GeoTIFF": ("tif", "rasterio"),
    "XYZ": ("xyz", None),
}
"""Words, file ending, and the package that must be there."""


class SaveSection(Section):
    """Save the decoded data, the points and the recipe."""

    def __init__(self, session: Session, title: str = "7  Save", *, folded: bool = True) -> None:
        super().__init__(
            title,
            "Writes the data, the points (CSV) and the recipe (JSON), to do it all again.",
            folded=folded,
        )
        self.session = session
        known = [
            (words, ending)
            for words, (ending, package) in FORMATS.items()
            if package is None or find_spec(package) is not None
        ]
        self.format = ComboBox(label="data as", choices=known, tooltip="File format of the data")
        self.folder = FileEdit(
            label="folder", mode="d", value=str(Path.cwd()), tooltip="Where to write the files"
        )
        self.form.extend([self.format, self.folder])
        self.save = button("Save", "Write data, points and recipe", primary=True)
        self.below.append(self.save)
        self.save.changed.connect(self.run)

    def run(self) -> None:
        """Write the files."""
        save_steps.save(self.session, str(self.folder.value), [self.format.value])
