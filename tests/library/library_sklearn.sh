#!/bin/bash
# python_sklearn.py, with scikit-learn and pandas from PyPI in an environment below BUILD, which is made once:
#   library_sklearn.sh BUILD EARSHOT LIBRARY SOURCE
set -euo pipefail
environment=$1/venv-sklearn
shift

skip() {
    echo "SKIPPED: $1"
    exit 77
}

if ! "$environment/bin/python" -c 'import h5py, pandas, sklearn' 2>/dev/null; then
    python3 -m venv "$environment" 2>/dev/null || skip "python3-venv is not installed"
    "$environment/bin/pip" install --quiet scikit-learn pandas h5py 2>"$environment/pip.txt" ||
        skip "scikit-learn cannot be installed from PyPI: $(tail -1 "$environment/pip.txt")"
fi
"$environment/bin/python" -B "$3/tests/library/python_sklearn.py" "$@"
