#!/bin/bash
# The page in a real browser, with selenium from PyPI: page.sh EARSHOT PICTURE FOLDER
set -euo pipefail
here=$(realpath "$(dirname "$0")")
. "$here/client_venv.sh"
for program in chromium chromedriver; do
    command -v $program >/dev/null || { echo "SKIPPED: the page is not tested, for want of $program (Debian: chromium, chromium-driver)"; exit 77; }
done
client_venv "$3"
"$3/venv/bin/python" "$here/page.py" "$1" "$2"
