"""The well-behaved client beside an attack: asks for packs, one request after the other, with pauses.

Runs as a process of its own, so that nothing but the gateway can slow it down. Every tenth request is on a new
connection, so that a listener which no longer accepts shows up as well.
"""

import http.client
import json
import subprocess
import sys
import time

SOURCE = "127.0.9.9"  # nobody else's address
PAUSE_S = 0.005


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def ask(port, token, end):
    took_us, errors, connection = [], 0, None
    number = 0
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            if number % 10 == 0 or connection is None:
                if connection:
                    connection.close()
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(SOURCE, 0))
            connection.request("GET", "/packs", headers={"Authorization": f"Bearer {token}"})
            reply = connection.getresponse()
            reply.read()
            errors += reply.status != 200
            took_us.append((time.monotonic() - began) * 1e6)
        except (OSError, http.client.HTTPException):
            errors += 1
            connection = None
        number += 1
        time.sleep(PAUSE_S)
    took_us.sort()
    if not took_us:
        return {"requests": 0, "errors": errors, "p50_us": 0, "p99_us": 0, "max_us": 0}
    return {"requests": len(took_us), "errors": errors, "p50_us": percentile(took_us, 0.5),
            "p99_us": percentile(took_us, 0.99), "max_us": took_us[-1]}


def start(port, token, seconds, core):
    """The same in another process; its standard output is the result as JSON."""
    command = ["taskset", "-c", str(core), sys.executable, __file__, str(port), token, str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result(process):
    return json.loads(process.communicate()[0])


if __name__ == "__main__":
    print(json.dumps(ask(int(sys.argv[1]), sys.argv[2], time.monotonic() + float(sys.argv[3]))))
