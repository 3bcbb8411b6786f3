#!/usr/bin/env bash
# Makes a Python folder with pip of its own (a virtual environment), apart from the system's Python:
# make-python.sh FOLDER. PYTHON names the Python to make it with.
set -euo pipefail
folder=$1
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))'; then
    echo "$python is not Python 3.9 or newer. Name another one: make PYTHON=/path/to/python3 ..." >&2
    exit 1
fi
"$(dirname "$0")/need.sh" python3-venv

echo "==> making the Python folder $folder"
"$python" -m venv --clear "$folder"
