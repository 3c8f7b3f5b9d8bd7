"""Image + scale -> Field."""
