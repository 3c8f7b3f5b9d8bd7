#!/usr/bin/env bash
# Runs a command with a display: the one that is there, else a virtual one.
set -euo pipefail
if [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]; then
  exec "$@"
fi
if command -v xvfb-run >/dev/null 2>&1; then
  exec xvfb-run --auto-servernum --server-args="-screen 0 1600x1000x24" "$@"
fi
echo "There is no display and xvfb-run is missing: install xvfb and xauth, or run this on a desktop." >&2
exit 1
