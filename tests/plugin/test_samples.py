from __future__ import annotations

import numpy as np
import pytest
from npe2 import PluginManifest

from napari_image2data.plugin import samples


@pytest.mark.parametrize(
    "sample",
    [
        samples.tomography,
        samples.log_bar,
        samples.diverging_with_holes,
        samples.filled_contours,
        samples.thermal,
        samples.movie,
    ],
)
def test_a_sample_is_a_picture_with_colors(sample):
    [(picture, attributes, kind)] = sample()
    assert kind == "image"
    assert attributes["rgb"]
    assert picture.dtype == np.uint8
    assert picture.ndim == (4 if sample is samples.movie else 3)
    first = picture[0] if picture.ndim == 4 else picture
    packed = first[..., :3].astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    assert len(np.unique(packed)) > 20


def test_the_manifest_offers_what_there_is():
    manifest = PluginManifest.from_distribution("napari-image2data")
    manifest.validate_imports()
    contributions = manifest.contributions
    assert len(contributions.widgets) == 5
    assert len(contributions.sample_data) == 6
