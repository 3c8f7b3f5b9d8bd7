"""The code in README and docs/scripting.md runs as it stands there."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_image2data.demo import example_figure
from napari_image2data.files.images import read_image

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs" / "scripting.md"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the files which the pages name."""
    shutil.copy(example_figure(), tmp_path / "figure.png")  # Pillow looks at the content
    shutil.copy(example_figure().with_name("movie.webp"), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def names() -> Iterator[dict[str, Any]]:
    """What napari's console knows: the viewer, with the figure as its active layer."""
    viewer = ViewerModel()
    viewer.add_layer(Image(read_image(example_figure()), name="figure", rgb=True))
    yield {"viewer": viewer}
    viewer.layers.clear()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page: Path, folder: Path, names: dict[str, Any]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)
    assert (folder / "field.nc").exists()
    assert (folder / "recipe.json").exists()


def test_the_pages_link_to_files_that_exist() -> None:
    pages = [*PAGES, *ROOT.glob("docs/**/*.md"), ROOT / "CONTRIBUTING.md"]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
