"""The last step: what came out goes to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_image2data.errors import FigureError, Image2DataError
from napari_image2data.plugin.jobs import Report
from napari_image2data.plugin.session import Session


def save(session: Session, folder: str, kinds: list[str]) -> None:
    """Write data, points and recipe into a folder."""

    def work(report: Report) -> list[str]:
        from napari_image2data import Recipe, __version__, save_field, save_points
        from napari_image2data.files.recipe import fingerprint

        stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
        written = [save_field(field, target / f"{stem}-data.{kind}") for kind in kinds]
        if cell_grid is not None:
            written.append(save_points(cell_grid.table(), target / f"{stem}-cells.csv"))
        if points is not None:
            written.append(save_points(points, target / f"{stem}-points.csv"))
        recipe = Recipe(name, fingerprint(np.asarray(picture)), __version__)
        for step, options in taken.items():
            recipe = recipe.with_step(step, options)
        written.append(recipe.save(target / f"{stem}-recipe.json"))
        return [path.name for path in written]

    def done(names: list[str]) -> None:
        session.say(f"Saved in {target}: {', '.join(names)}.")

    target = Path(folder).expanduser()
    field = session.guarded(session.need_field)
    if field is None:
        return
    if not folder.strip() or not target.is_dir():
        session.fail(Image2DataError(f"There is no folder {folder!r}; choose one to save into."))
        return
    name, points, taken = session.name(), session.state.points, dict(session.state.steps)
    cell_grid = session.state.cells
    picture = session.guarded(session.first_picture)
    if picture is None:
        raise FigureError("The figure layer is gone.")
    session.jobs.run("save", "Saving", work, done)
