# Real clients from PyPI in a private environment: client_venv FOLDER. Says SKIPPED and exits with 77 where they cannot
# be had. Sourced; tests that run side by side share the environment.
client_venv() {
    local folder=$1
    mkdir -p "$folder"
    exec 9>"$folder/lock"
    flock 9
    if [[ ! -e $folder/complete ]]; then
        python3 -m venv "$folder/venv" 2>/dev/null || { echo "SKIPPED: python3-venv is not installed"; exit 77; }
        "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "tritonclient[http]>=2.40" "schemathesis>=4,<5" numpy \
            >"$folder/pip.log" 2>&1 || { echo "SKIPPED: tritonclient and schemathesis cannot be had from PyPI: $(tail -1 "$folder/pip.log")"; exit 77; }
        touch "$folder/complete"
    fi
    exec 9>&-
}
