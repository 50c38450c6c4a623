# For scripts that run commands under a watcher. Sourced with watcher (what stands before the command's words, an array), sign
# (of a find on stderr, a pattern) and found (words that tell of one) set; the watcher ends with 66 when it found something.
# `run WORDS…` runs one command quietly, tells what came of it, and sets failed=1 where it was not well. Where from is set, the
# commands before the first one whose words contain it are passed over.
failed=0 from=${from:-}

is_passed_over() {
    [[ $* != *"$from"* ]] || from=
    [[ -n $from ]]
}

run() {
    local status=0
    ! is_passed_over "$@" || return 0
    "${watcher[@]}" "$@" --quiet >out.txt 2>err.txt || status=$?
    if ((status == 66)) || grep -q "$sign" err.txt; then
        head -60 err.txt
        echo "$*: $found"
        failed=1
    elif ((status != 0)); then
        cat out.txt err.txt
        echo "$*: exit $status"
        failed=1
    else
        echo "$*: nothing found"
    fi
}
