"""The command line: files that are whole, one line on stderr, exit code 2."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import napari_image2data as i2d
from known import KnownFigure
from napari_image2data.cli import main


@pytest.fixture
def figure(known_figure: KnownFigure, tmp_path: Path) -> Path:
    path = tmp_path / "figure.png"
    Image.fromarray(known_figure.image).save(path)
    return path


def named(*more: str) -> list[str]:
    return ["--cmap", "viridis", "--vmin", "2", "--vmax", "10", *more]


def test_decode_by_name_writes_three_formats(
    figure: Path, known_figure: KnownFigure, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert main(["decode", str(figure), *named("--box", "40,30,240,190"), "-o", str(out)]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"figure.npz", "figure.csv", "figure.nc", "figure-recipe.json"}
    field = i2d.load_field(out / "figure.npz")
    assert np.nanmean(np.abs(field.values - known_figure.truth)) < 0.002 * 8
    assert len(pd.read_csv(out / "figure.csv")) == np.isfinite(field.values).sum()


def test_decode_by_colorbar(figure: Path, known_figure: KnownFigure, tmp_path: Path) -> None:
    options = ["--colorbar", "260,30,275,190", "--vmin", "2", "--vmax", "10"]
    options += ["--box", "40,30,240,190", "--formats", "npz", "--points", "0.05"]
    assert main(["decode", str(figure), *options, "-o", str(tmp_path / "out")]) == 0
    field = i2d.load_field(tmp_path / "out" / "figure.npz")
    assert np.nanmean(np.abs(field.values - known_figure.truth)) < 0.004 * 8
    points = pd.read_csv(tmp_path / "out" / "figure-points.csv")
    assert 3 < len(points) < 2000


def test_a_recipe_runs_again(figure: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    main(["decode", str(figure), *named("--formats", "npz"), "-o", str(first)])
    assert main(["run", str(first / "figure-recipe.json"), str(figure), "-o", str(second)]) == 0
    one, two = i2d.load_field(first / "figure.npz"), i2d.load_field(second / "figure.npz")
    np.testing.assert_array_equal(one.values, two.values)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cmap", "virids", "--vmin", "0", "--vmax", "1"], "viridis"),
        (["--cmap", "viridis", "--vmin", "1", "--vmax", "1"], "vmin"),
        (["--cmap", "viridis", "--vmin", "0", "--vmax", "1", "--norm", "log"], "log"),
        (["--cmap", "viridis"], "--vmin and --vmax"),
        (["--vmin", "0"], "--cmap"),
        (["--cmap", "gray", "--vmin", "0", "--vmax", "1", "--formats", "doc"], "'doc'"),
        (["--colorbar", "900,0,950,9", "--vmin", "0", "--vmax", "1"], "box"),
        (["--cmap", "gray", "--vmin", "0", "--vmax", "1", "--box", "0,0,9,999"], "box"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    figure: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    out = tmp_path / "out"
    assert main(["decode", str(figure), *options, "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert not out.exists()


def test_decode_opens_no_window(figure: Path, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from napari_image2data.cli import main\n"
        f"main(['decode', {str(figure)!r}, *{named()!r}, '-o', {str(tmp_path)!r}])\n"
        "print(sorted({'napari', 'qtpy', 'PyQt6'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip().endswith("[]")


def test_read_says_what_it_found(figure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(figure)]) == 0
    printed = capsys.readouterr().out
    assert "panel 0: plot area" in printed
    assert "colour bar" in printed
    assert "note: " in printed


def test_identify_names_the_map(figure: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", str(figure), "--box", "41,31,239,189"]) == 0
    assert "viridis" in capsys.readouterr().out.splitlines()[0]


def test_a_negative_power_of_ten_is_a_value(figure: Path, tmp_path: Path) -> None:
    options = ["--cmap", "viridis", "--vmin", "-1e-3", "--vmax", "-5E+0", "--whole"]
    assert main(["decode", str(figure), *options, "--formats", "npz", "-o", str(tmp_path)]) == 0
    scale = i2d.load_field(tmp_path / "figure.npz").scale
    assert scale is not None
    assert (scale.vmin, scale.vmax) == (-1e-3, -5.0)


def test_a_wrong_map_is_said(
    figure: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = ["--box", "40,30,240,190", "--formats", "npz", "-o", str(tmp_path)]
    for name, told in (("viridis", False), ("gray", True)):
        assert (
            main(["decode", str(figure), "--cmap", name, "--vmin", "0", "--vmax", "1", *box]) == 0
        )
        assert ("check the colour map" in capsys.readouterr().out) is told


def test_a_shaded_figure_is_said_to_be_one_and_read_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from napari_image2data.decode.blend import blend

    value, light = np.meshgrid(np.linspace(0.1, 0.9, 120), np.linspace(0.2, 0.8, 90))
    colors = i2d.ColorScale.from_name("viridis", vmin=0, vmax=1).to_color(value)
    picture = np.round(blend("soft", colors, light) * 255).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "hills.png")
    command = ["decode", str(tmp_path / "hills.png"), "--whole", "--formats", "npz"]
    command += ["--cmap", "viridis", "--vmin", "0", "--vmax", "1", "-o", str(tmp_path)]
    assert main(command) == 0
    assert "decode with shading=True" in capsys.readouterr().out
    assert main([*command, "--shading", "auto"]) == 0
    assert 'light mixed in as "soft"' in capsys.readouterr().out
    field = i2d.load_field(tmp_path / "hills.npz")
    assert np.nanmean(abs(field.values - value)) < 0.01


def test_cells_are_written_as_a_table(tmp_path: Path) -> None:
    cells = np.random.default_rng(0).random((6, 8))
    scale = i2d.ColorScale.from_name("viridis", vmin=0, vmax=1)
    colors = scale.to_color(np.kron(cells, np.ones((15, 15))))
    Image.fromarray(np.round(colors * 255).astype(np.uint8)).save(tmp_path / "cells.png")
    command = ["decode", str(tmp_path / "cells.png"), "--whole", "--formats", "npz", "--cells"]
    command += ["--cmap", "viridis", "--vmin", "0", "--vmax", "1", "-o", str(tmp_path)]
    assert main(command) == 0
    table = pd.read_csv(tmp_path / "cells-cells.csv")
    np.testing.assert_allclose(table["value"], cells.ravel(), atol=0.01)
