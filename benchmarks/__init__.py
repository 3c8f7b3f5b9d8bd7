"""Benchmarks: how fast, how exact, and how well whole figures are read."""
