#!/bin/bash
# triton_clients.py in the environment of real clients: triton_clients.sh EARSHOT FOLDER
set -euo pipefail
here=$(realpath "$(dirname "$0")")
. "$here/client_venv.sh"
client_venv "$2"
"$2/venv/bin/python" "$here/triton_clients.py" "$1"
