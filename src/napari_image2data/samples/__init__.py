"""Sample figures, drawn by the scripts in ``examples/`` from known values."""
