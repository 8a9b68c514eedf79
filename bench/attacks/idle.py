"""Opens connections, asks one thing on each, and leaves them open. HOST PORT SECONDS COUNT

From several source addresses of 127.0.0.0/8, as one has only some 28 000 ports. When all are open it prints "open N" and
then waits; at the end it says how many the server had closed.
"""

import resource
import selectors
import socket
import sys
import time

PORTS_AN_ADDRESS = 20_000
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: gateway.test\r\n\r\n"


def connect(host, port, number):
    connection = socket.socket()
    connection.bind((f"127.0.1.{1 + number // PORTS_AN_ADDRESS}", 0))
    connection.settimeout(10)
    connection.connect((host, port))
    connection.sendall(REQUEST)
    if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
        raise OSError("no answer")
    connection.setblocking(False)
    return connection


def main():
    host, port, seconds, count = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
    connections, refused = [], 0
    for number in range(count):
        try:
            connections.append(connect(host, port, number))
        except OSError:
            refused += 1
            if refused > 100:
                break
    print(f"open {len(connections)}", flush=True)
    time.sleep(seconds)
    readable = selectors.DefaultSelector()
    for connection in connections:
        readable.register(connection, selectors.EVENT_READ)
    closed = len(readable.select(0))
    print(f"{len(connections)} opened, {refused} refused, {closed} closed by the gateway", flush=True)


main()
