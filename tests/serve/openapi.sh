#!/bin/bash
# Holds all addresses to /openapi.json with schemathesis: openapi.sh STAND_IN_SERVER FOLDER
set -euo pipefail
here=$(realpath "$(dirname "$0")")
program=$(realpath "$1")
environment=$2
. "$here/client_venv.sh"
client_venv "$environment"

work=$(mktemp -d)
cleanup() {
    [[ -z ${server-} ]] || kill "$server" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
"$program" log=none threads=2 >"$work/port" &
server=$!
while [[ ! -s $work/port ]]; do sleep 0.05; done
url=http://127.0.0.1:$(<"$work/port")

# Names that exist, so that not all answers are 404. Random bytes are no recording, so that good requests need not be
# taken, and who gives a millisecond is told 504.
cat >"$work/schemathesis.toml" <<'END'
[parameters]
"path.model" = "single"
"path.version" = "1"
"query.model" = "single"
"query.group" = "fan,id_00"
[checks]
positive_data_acceptance.enabled = false
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503", "504"]
END
cd "$work"
run() { "$environment/venv/bin/schemathesis" --config-file "$work/schemathesis.toml" run "$@" --no-color --seed 1; }
run "$url/openapi.json" --phases coverage,fuzzing --max-examples "${EXAMPLES:-8}" >"$work/told" 2>&1 || {
    cat "$work/told"
    exit 1
}
grep -E 'Tested|generated' "$work/told"
kill -0 "$server"

# It would find a status that is not described, and a value of another type.
"$environment/venv/bin/python" - "$url" "$work/wrong.json" <<'END'
import json, sys, urllib.request
told = json.load(urllib.request.urlopen(sys.argv[1] + "/openapi.json"))
told["paths"] = {path: told["paths"][path] for path in ("/v1/load", "/v1/features")}
told["components"]["schemas"]["Load"]["properties"]["ready"]["type"] = "string"
del told["paths"]["/v1/features"]["post"]["responses"]["415"]
json.dump(told, open(sys.argv[2], "w"))
END
if run "$work/wrong.json" --url "$url" --phases fuzzing --max-examples 5 >"$work/found" 2>&1; then
    echo "two wrong descriptions were not found"
    exit 1
fi
grep -q "Undocumented .*status code" "$work/found" && grep -q "violates schema" "$work/found" || {
    cat "$work/found"
    echo "of two wrong descriptions one was not found"
    exit 1
}
