#!/usr/bin/env python3
"""Open streams of events: what each costs in memory, how late an event is beside readers that stall, and what a cut
loses. `bench/streams` runs it."""

import argparse
import asyncio
import collections
import datetime
import json
import random
import re
import sys
import time

from harness import keys, machine, settings, table
from harness.contender import HERE, PORT, Contender, Run, programs
from harness.jobs import JOBS

STALLED_EACH = 20
EVENTS = 200
PAUSE_S = 0.02
MESSAGE = re.compile(rb"(?:id: (\d+)\n)?event: ([a-z.]+)\ndata: (.*)\n\n")


class User(asyncio.Protocol):
    """One end user with one stream; keeps what it was told over all of its connections."""

    def __init__(self, number, secret):
        self.token = keys.hs256(secret, f"user-{number}")
        self.is_stalled = number % STALLED_EACH == 0
        self.last_id, self.ids, self.made, self.resets = None, [], 0, 0
        self.late_ms = []
        self.transport = None

    def connection_made(self, transport):
        self.transport, self.rest, self.opened, self.is_open = transport, b"", asyncio.Event(), False
        resume = "" if self.last_id is None else f"Last-Event-ID: {self.last_id}\r\n"
        head = f"GET /gateway/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.token}\r\n{resume}\r\n"
        transport.write(head.encode())

    def data_received(self, data):
        # Each message is one piece of the body, so what stands between two is all that framing adds.
        self.rest += data
        end = 0
        for found in MESSAGE.finditer(self.rest):
            end = found.end()
            self.told(found[1], found[2].decode(), found[3])
        self.rest = self.rest[end:]

    def told(self, number, name, data):
        if name == "stream.open":
            self.is_open = True
            self.last_id = int(number) if self.last_id is None else self.last_id
        elif name == "quota.changed" and not self.opened.is_set():
            # The last of what every stream begins with.
            self.opened.set()
            if self.is_stalled:
                self.transport.pause_reading()
        elif name == "stream.reset":
            self.resets += 1
        elif number:
            self.ids.append(int(number))
            self.last_id = int(number)
            at = datetime.datetime.fromisoformat(json.loads(data)["at"].replace("Z", "+00:00"))
            self.late_ms.append((time.time() - at.timestamp()) * 1000)

    def connection_lost(self, error):
        self.opened.set()

    async def connect(self):
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", PORT)
        try:
            await asyncio.wait_for(self.opened.wait(), 60)
        except TimeoutError:
            self.is_open = False
        if not self.is_open:
            raise machine.Failed(f"a stream was refused: {self.rest[:300]!r}")

    def cut(self):
        self.transport.abort()


async def open_all(users):
    """Some at a time: the kernel's queue is not what is measured."""
    begun = time.monotonic()
    places = asyncio.Semaphore(64)

    async def one(user):
        async with places:
            await user.connect()

    await asyncio.gather(*(one(user) for user in users))
    return time.monotonic() - begun


async def make_events(users, count, dice):
    """A prompt each, for end users by chance: its line in the index is one event."""
    for user in dice.choices(users, k=count):
        status, body = await asyncio.to_thread(machine.ask, PORT, JOBS["J2"], user.token)
        if status != 201:
            raise machine.Failed(f"a prompt: {status} {body[:300]!r}")
        user.made += 1
        await asyncio.sleep(PAUSE_S)


async def all_told(users, limit_s=30):
    end = time.monotonic() + limit_s
    while any(len(user.ids) < user.made for user in users) and time.monotonic() < end:
        await asyncio.sleep(0.05)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


async def measure(chosen, run, pid):
    secret = (run.folder / "keys/hs256.secret").read_bytes()
    users = [User(number, secret) for number in range(chosen.streams)]
    dice, rows = random.Random(7), []
    status, _ = machine.ask(PORT, JOBS["J2"], users[1].token)
    users[1].made += status == 201
    await asyncio.sleep(1)
    before = machine.memory_kib(pid)
    took = await open_all(users)
    users[1].made = 0  # its stream began after that one
    await asyncio.sleep(2)
    opened = machine.memory_kib(pid)
    rows.append([f"{chosen.streams} streams opened, seconds", f"{took:.1f}"])
    rows.append(["memory before, MiB", f"{before / 1024:.1f}"])
    rows.append(["memory with all of them open, MiB", f"{opened / 1024:.1f}"])
    rows.append(["memory a stream, KiB", f"{(opened - before) / chosen.streams:.1f}"])
    cpu = sum(machine.cpu_us(pid))
    await asyncio.sleep(20)
    idle = sum(machine.cpu_us(pid)) - cpu
    rows.append(["CPU of the server with all of them silent, % of a core", f"{idle / 20e6 * 100:.1f}"])
    readers = [user for user in users if not user.is_stalled]
    await make_events(users, EVENTS, dice)
    await all_told(readers)
    late = [ms for user in readers for ms in user.late_ms]
    rows.append([f"{EVENTS} events, 1 reader in {STALLED_EACH} stalled: noticed to read, p50 ms", f"{percentile(late, 0.5):.1f}"])
    rows.append(["p99 ms", f"{percentile(late, 0.99):.1f}"])
    for user in users:
        user.cut()
    await make_events(users, EVENTS, dice)
    for user in users:
        user.is_stalled = False
    took = await open_all(users)
    await all_told(users)
    rows.append([f"all cut; {EVENTS} more events; all back with Last-Event-ID, seconds", f"{took:.1f}"])
    told = collections.Counter()
    for user in users:
        first = min(user.ids, default=1)
        told["lost"] += max(0, user.made - len(set(user.ids)))
        told["lost"] += sum(1 for number in range(first, first + len(user.ids)) if number not in user.ids)
        told["double"] += len(user.ids) - len(set(user.ids))
        told["reset"] += user.resets
    for name in ["lost", "double", "reset"]:
        rows.append([f"events {name}" if name != "reset" else "streams told to load anew", str(told[name])])
    rows.append(["memory at its highest, MiB", f"{machine.memory_kib(pid, 'VmHWM') / 1024:.1f}"])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=str(HERE / "run.d"))
    parser.add_argument("--streams", type=int, default=5000)
    chosen = parser.parse_args()
    environment = settings.environment(programs()["gateway"], {
        "server.max_connections": 20_000,
        "server.max_connections_per_ip": 20_000,
        "events.max_streams": 20_000,
        # The canned upstream has no prompt to look at: what is looked at would be gone.
        "reconcile.requests_per_s": 0.1,
        "auth.token_cache_s": 0,
    })
    with Run(chosen.out) as run, Contender(run, "gateway", environment=environment) as gateway:
        rows = asyncio.run(measure(chosen, run, gateway.process.pid))
    text = machine.describe() + "\n\n" + table.markdown(["streams of events", ""], rows, right_from=1) + "\n"
    (run.folder / "streams.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.Failed as failed:
        sys.exit(f"bench: {failed}")
