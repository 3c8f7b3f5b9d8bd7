"""Colours <-> values."""
