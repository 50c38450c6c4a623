# What the test of an image asks of its server: serves IMAGE, with data/model.h5 there. Sourced.

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
health() { pods healthcheck run server >/dev/null 2>&1; }
answers() { curl --silent --fail --max-time 10 "http://127.0.0.1:$port/$1"; }

serves() { # image
    local image=$1 port code n_before
    if ! contain "$image" serve --help >>"$log" 2>&1; then
        echo "SKIPPED: this earshot has no command serve"
        return 0
    fi
    # No server at all is not well: the check's own answer, told by a process 1 that is called like one.
    if contain --entrypoint /bin/bash "$image" -c '/usr/local/lib/earshot/healthcheck.sh; exit $?' serve --port 1 >>"$log" 2>&1; then
        echo "the health check calls a server well that is not there"
        exit 1
    fi
    port=$(free_port)
    # The network of the host, so that we can ask; a container's health is looked at by hand, since that takes systemd otherwise.
    contained+=(server)
    pods run --detach --name server "${confined[@]}" --network host --tmpfs /tmp -v "$work/data:/data:ro" -v "$work/weights:/weights:ro" \
        "$image" serve --model fan=/data/model.h5 --port "$port" >>"$log" 2>&1
    for _ in $(seq 300); do health && break || sleep 0.2; done
    health || { pods logs server; echo "the server does not become well"; exit 1; }
    answers livez >>"$log"
    answers readyz >>"$log"
    answers metrics >metrics
    promtool check metrics <metrics
    echo "ready, well, and measured: $(grep -vc '^#' metrics) figures"

    # Requests that are there when SIGTERM comes are answered.
    local recording=data/long.wav asking=() i
    python3 -c '
import random, sys, wave
with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, 16000, 0, "NONE", ""))
    file.writeframes(random.Random(1).randbytes(2 * 16000 * 55))' "$recording"
    rm -f code.*
    for i in 1 2 3 4 5 6 7 8; do
        curl --silent --output "answer.$i" --write-out '%{http_code}\n' --max-time 120 -F "file=@$recording" \
            "http://127.0.0.1:$port/v1/score" >"code.$i" &
        asking+=($!)
    done
    sleep 0.5
    n_before=$(cat code.* | wc -l)
    pods stop --time 90 server >>"$log" 2>&1
    for i in "${asking[@]}"; do wait "$i" || { echo "a request that was under way got no answer"; exit 1; }; done
    code=$(pods inspect server --format '{{.State.ExitCode}}')
    [[ $(sort -u code.*) == 200 && $code == 0 ]] || { echo "answers $(cat code.* | tr '\n' ' '), exit code $code"; cat answer.*; exit 1; }
    ((n_before < 8)) || { echo "all were answered before the signal: nothing was tested"; exit 1; }
    echo "SIGTERM: $((8 - n_before)) requests under way were answered, exit code 0"
}
