# Real clients from PyPI in a private environment: client_venv FOLDER. Says SKIPPED and exits with 77 where they cannot
# be had. Sourced; tests that run side by side share the environment.
client_venv() {
    local folder=$1
    local packages=("tritonclient[http]>=2.40" "schemathesis>=4,<5" "selenium>=4,<5" numpy)
    mkdir -p "$folder"
    exec 9>"$folder/lock"
    flock 9
    if [[ ! -e $folder/complete || $(<"$folder/complete") != "${packages[*]}" ]]; then
        python3 -m venv "$folder/venv" 2>/dev/null || { echo "SKIPPED: python3-venv is not installed"; exit 77; }
        "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" \
            >"$folder/pip.log" 2>&1 || { echo "SKIPPED: ${packages[*]} cannot all be had from PyPI: $(tail -1 "$folder/pip.log")"; exit 77; }
        echo "${packages[*]}" >"$folder/complete"
    fi
    exec 9>&-
}
