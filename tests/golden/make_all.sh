#!/bin/bash
# Makes all golden files anew: make_all.sh VENV. Libraries come from PyPI into the folder VENV (gigabytes, once).
set -euo pipefail

venv=${1:?"usage: make_all.sh VENV"}
here=$(dirname "$0")
if [[ ! -x $venv/bin/python ]]; then
    python3 -m venv "$venv" || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
fi
"$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/make_golden.py"
