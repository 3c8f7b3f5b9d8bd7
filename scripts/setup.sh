#!/usr/bin/env bash
# Makes the virtual environment with everything that the demo and the tests need.
# On Debian and Ubuntu it also gets the system libraries of Qt and Xvfb (as root), or prints the line to run.
set -euo pipefail
venv=${1:-.venv}

python=""
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || { echo "setup: Python 3.11 or newer was not found; install it, or name it with PYTHON=..." >&2; exit 1; }

if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1; then
  wanted="xvfb xauth libegl1 libxkbcommon-x11-0 libdbus-1-3 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libfontconfig1"
  "$python" -c 'import ensurepip' 2>/dev/null || command -v uv >/dev/null 2>&1 || wanted="$wanted python3-venv"
  missing=""
  for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  # glib changed its name between releases: any of the two will do
  dpkg-query -W -f '${Status}\n' libglib2.0-0 libglib2.0-0t64 2>/dev/null | grep -q 'ok installed' || missing="$missing libglib2.0-0"
  if [ -n "$missing" ]; then
    install="apt-get update && apt-get install -y --no-install-recommends$missing"
    if [ "$(id -u)" = 0 ]; then
      export DEBIAN_FRONTEND=noninteractive
      bash -c "$install" >/dev/null
    else
      echo "setup: these system libraries are missing; run this once, then make again:" >&2
      echo "  sudo sh -c '$install'" >&2
      exit 1
    fi
  fi
fi

if command -v uv >/dev/null 2>&1; then
  uv venv --quiet --allow-existing --python "$python" "$venv"
  install=(uv pip install --quiet --python "$venv")
else
  "$python" -m venv "$venv"
  "$venv"/bin/python -m pip install --quiet --upgrade "pip>=25.1"
  if "$venv"/bin/python -m pip install --quiet uv; then
    install=("$venv"/bin/python -m uv pip install --quiet --python "$venv")
  else
    install=("$venv"/bin/python -m pip install --quiet)
  fi
fi
"${install[@]}" --editable . --group dev
