"""Figures drawn with their truth, by matplotlib and by whatever other tool is installed."""
