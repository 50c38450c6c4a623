"""`earshot serve` without memory: started, asked twice, ended (fail_allocations.py)."""

import http.client
import json
import os
import re
import signal
import subprocess
import time

PATIENCE_S = 120


def port_of(server, told):
    """Where it listens; None where it ended instead."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with open(told, errors="replace") as file:
            found = re.search(r"serving .* on http://127\.0\.0\.1:(\d+)\n", file.read())
        if found:
            return int(found[1])
        if server.poll() is not None:
            return None
        time.sleep(0.005)
    raise subprocess.TimeoutExpired("serve, starting", PATIENCE_S)


def ask(port, body):
    """Status and answer; None and what happened where the connection was closed instead, as libmicrohttpd does without memory."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/v1/score?model=line&group=fan,id_00", body, {"Content-Type": "audio/wav"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except TimeoutError:
        raise subprocess.TimeoutExpired("serve, answering", PATIENCE_S) from None
    except (http.client.HTTPException, OSError) as closed:
        return None, str(closed)
    finally:
        connection.close()


def serve(command, recording, folder, variables):
    """Its exit code, the two answers as JSON, what it said."""
    told = os.path.join(folder, "told")
    with open(recording, "rb") as file:
        body = file.read()
    with open(told, "w") as err, subprocess.Popen(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL,
                                                  stdout=subprocess.DEVNULL, stderr=err) as server:
        try:
            port = port_of(server, told)
            answers = [ask(port, body) for _ in range(2)] if port else []
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE_S)
        finally:
            server.kill()
    with open(told, errors="replace") as file:
        return subprocess.CompletedProcess(command, server.returncode, json.dumps(answers), file.read())


def complaint(answers, expected, is_for_good):
    """What is wrong with the answers of a server that had no memory once, or from some moment on (is_for_good); None: nothing."""
    answers, (right, _) = json.loads(answers), json.loads(expected)
    for number, answer in enumerate(answers):
        status, text = answer
        if answer == right:
            continue
        if status == 200:
            return f"answer {number} is not the one that it should be: {text}"
        if status is not None and status < 500:
            return f"the client is blamed: {status} {text}"
    if not is_for_good and len(answers) == 2 and answers[0] != right and answers[1] != right:
        return f"it does not go on: {answers}"
    return None
