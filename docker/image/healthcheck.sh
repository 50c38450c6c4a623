#!/bin/bash
# Is what runs in this container well? A server is when it is ready to answer; any other command is as long as it runs.
# Needs nothing but bash, so that the image holds no other HTTP client.
set -uo pipefail
port=${EARSHOT_PORT:-8000}
is_server=
mapfile -d '' -t words </proc/1/cmdline
for ((i = 1; i < ${#words[@]}; i++)); do
    case ${words[i]} in
    serve) is_server=1 ;;
    --port) port=${words[i + 1]:-} ;;
    --port=*) port=${words[i]#--port=} ;;
    esac
done
[[ -n $is_server ]] || exit 0

exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ code _ <&3 || exit 1
echo "$code"
[[ $code == 200 ]]
