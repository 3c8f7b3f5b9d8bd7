"""``python -m napari_image2data`` is the command ``image2data``."""

import sys

from napari_image2data.cli import main

if __name__ == "__main__":
    sys.exit(main())
