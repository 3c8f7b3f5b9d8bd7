"""The floors of the house: only plugin/ knows napari and Qt, and nothing imports from above."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import napari_image2data

PACKAGE = Path(napari_image2data.__file__).parent
FLOORS = ["errors", "threads", "color", "figure", "decode", "reduce", "files", "pipeline", "plugin"]
ABOVE_ALL = ["cli", "demo", "__main__", "__init__", "samples"]


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def floor_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    """Our own modules that a file imports anywhere, type checking included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name for name in names if name.startswith("napari_image2data.")}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_come_from_the_floor_itself_or_below(path: Path) -> None:
    floor = floor_of(path)
    if floor in ABOVE_ALL:
        return
    for name in imported(path):
        below = name.split(".")[1]
        assert below == "samples" or FLOORS.index(below) <= FLOORS.index(floor), (
            f"{path.name} imports {name} from above"
        )


def test_every_module_stands_on_a_floor() -> None:
    unknown = {floor_of(path) for path in modules()} - {*FLOORS, *ABOVE_ALL}
    assert unknown == set()


def test_nothing_outside_the_plugin_imports_a_window() -> None:
    names = [
        ".".join(("napari_image2data", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in modules()
        if floor_of(path) not in ("plugin", "__main__", "__init__")
    ]
    script = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "windows = {'napari', 'qtpy', 'magicgui', 'vispy', 'PyQt6', 'PySide6', 'superqt'}\n"
        "print(sorted(windows & {name.split('.')[0] for name in sys.modules}))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_importing_the_package_is_light() -> None:
    script = (
        "import sys, napari_image2data\n"
        "heavy = {'scipy', 'sklearn', 'skimage', 'pandas', 'dask', 'PIL', 'rapidocr'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_all_public_names_exist() -> None:
    for name in napari_image2data.__all__:
        assert getattr(napari_image2data, name) is not None


def test_decode_stays_the_function() -> None:
    script = (
        "import napari_image2data as i2d\n"
        "i2d.lookup\n"
        "import napari_image2data.decode.field\n"
        "from napari_image2data.decode import field\n"
        "print(callable(i2d.decode))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
