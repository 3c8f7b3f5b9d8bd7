"""decode() with arguments that make no sense, and what a console shows of its results."""

import numpy as np
import pytest

import napari_image2data as i2d

SCALE = i2d.ColorScale.from_name("viridis", vmin=0.0, vmax=1.0)
PICTURE = np.round(np.tile(SCALE.colors[::3], (60, 1, 1)) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box": (0, 0, np.nan, 3)}, "four numbers"),
        ({"box": (1, 2, 3)}, "four numbers"),
        ({"box": "auto"}, "four numbers"),
        ({"box": (0, 0, 500, 20)}, "does not lie inside"),
        ({"max_distance": "big"}, "max_distance"),
        ({"max_distance": -1}, "max_distance"),
        ({"overlays": "hide"}, "overlays"),
        ({"scale": "viridis"}, r"ColorScale\.from_name"),
    ],
)
def test_bad_arguments_get_one_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(i2d.Image2DataError, match=message) as caught:
        i2d.decode(PICTURE, **{"scale": SCALE, **options})
    assert "\n" not in str(caught.value)


def test_what_is_printed_in_a_console_is_one_line() -> None:
    assert repr(SCALE) == "ColorScale(bids:viridis, 256 colors, 0..1, linear)"
    assert repr(i2d.decode(PICTURE, SCALE)).startswith("Field(60 x 86 pixels, ColorScale(bids")
