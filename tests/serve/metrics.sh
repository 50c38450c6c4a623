#!/bin/bash
# Holds /metrics to Prometheus' rules with promtool: metrics.sh STAND_IN_SERVER
set -euo pipefail
command -v promtool >/dev/null || { echo "SKIPPED: promtool is not installed (Debian's package prometheus)"; exit 77; }
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
"$1" log=none >"$work/port" &
server=$!
while [[ ! -s $work/port ]]; do sleep 0.05; done
url=http://127.0.0.1:$(<"$work/port")

check() {
    curl -sSf "$url/metrics" >"$work/$1"
    promtool check metrics <"$work/$1" >"$work/told" 2>&1 && [[ ! -s $work/told ]] || { cat "$work/told"; exit 1; }
}
check fresh
printf RIFF >"$work/a.wav"
for _ in 1 2 3; do curl -sSf -o "$work/answer" -F "file=@$work/a.wav" "$url/v1/score?model=single"; done
curl -sS -o "$work/answer" "$url/nothing"
check used

# What a panel or an alert asks for is there, and counts.
expect() { grep -qxE "$1" "$work/used" || { echo "no line $1 in /metrics"; exit 1; }; }
expect 'earshot_recordings_processed_total\{status="ok"\} 3'
expect 'earshot_http_requests_total\{method="POST",route="/v1/score",code="200"\} 3'
expect 'earshot_http_requests_total\{method="other",route="other",code="404"\} 1'
expect 'earshot_http_request_duration_seconds_count\{method="POST",route="/v1/score"\} 3'
expect 'earshot_stage_duration_seconds_bucket\{stage="queue",le="\+Inf"\} [0-9]+'
expect 'earshot_queue_depth\{queue="compute"\} 0'
expect 'earshot_http_connections 1'
expect 'earshot_ready 1'
expect 'earshot_build_info\{version="[0-9.]+",backend="stand-in",device="none"\} 1'
expect 'process_resident_memory_bytes [0-9]+'
curl -sSI "$url/metrics" | grep -q 'Content-Type: text/plain; version=0.0.4' || { echo "another Content-Type"; exit 1; }
sed 's/earshot_ready/earshot_ready_total/' "$work/used" >"$work/wrong"
if promtool check metrics <"$work/wrong" >/dev/null 2>&1; then
    echo "promtool does not find a gauge that is called a total"
    exit 1
fi
