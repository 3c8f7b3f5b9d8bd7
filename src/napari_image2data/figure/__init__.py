"""Everything around the data in a figure: plot areas, colour bars, ticks, labels."""
