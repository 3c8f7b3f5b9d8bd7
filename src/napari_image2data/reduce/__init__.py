"""Field -> few points -> Field again."""
