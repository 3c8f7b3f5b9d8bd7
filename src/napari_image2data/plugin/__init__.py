"""The only code that knows napari, magicgui and Qt."""
