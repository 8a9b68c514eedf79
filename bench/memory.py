#!/usr/bin/env python3
"""The gateway's memory: idle, and with 64 inspections of 10 MiB in flight before a slow upstream. `bench/memory` runs it."""

import argparse
import collections
import dataclasses
import sys
import threading
import time

from harness import machine, table
from harness.contender import HERE, PORT, Contender, Run
from harness.jobs import JOBS, inspect

UPLOADS = 64
UPLOAD_BYTES = 10 * 1024 * 1024
DELAY_MS = 15_000


def upload(job, token, seen):
    try:
        status, _ = machine.ask(PORT, job, token)
    except OSError as error:
        status = type(error).__name__
    seen[status] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=str(HERE / "run.d"))
    parser.add_argument("--budget-mib", type=int, default=512, help="of bodies in flight, as configured")
    chosen = parser.parse_args()
    job = dataclasses.replace(inspect("10MiB", "", UPLOAD_BYTES), status=200)
    mib = lambda kib: f"{kib / 1024:.1f}"
    # One end user plays sixty-four, so the part of one is the whole.
    whole = {"ASTRIA_GATEWAY__LIMITS__BODIES_IN_FLIGHT_BYTES_PER_USER": str(chosen.budget_mib * 1024 * 1024)}
    with Run(chosen.out, delay_ms=DELAY_MS) as run, Contender(run, "gateway", environment=whole) as gateway:
        pid, token = gateway.process.pid, run.tokens["hs256"]
        time.sleep(1)
        started = machine.memory_kib(pid)
        status, _ = machine.ask(PORT, JOBS["J1hs"], token)
        idle = machine.memory_kib(pid)
        if status != 200:
            raise machine.Failed(f"packs: {status}")
        seen = collections.Counter()
        threads = [threading.Thread(target=upload, args=(job, token, seen)) for _ in range(UPLOADS)]
        for thread in threads:
            thread.start()
        in_flight = 0
        while any(thread.is_alive() for thread in threads):
            in_flight = max(in_flight, run.counts()["in_flight"])
            time.sleep(0.1)
        peak = machine.memory_kib(pid, "VmHWM")
        time.sleep(5)
        after = machine.memory_kib(pid)
    said = ", ".join(f"{count} × {status}" for status, count in sorted(seen.items(), key=str))
    limit = chosen.budget_mib + 64
    lines = [
        ["idle, just started", mib(started), "40"],
        ["idle, packs in the cache", mib(idle), "40"],
        [f"{UPLOADS} inspections of 10 MiB ({said}; {in_flight} at the upstream at once): peak", mib(peak), str(limit)],
        ["five seconds after them", mib(after), "–"],
    ]
    text = machine.describe() + "\n\n" + table.markdown(["memory", "MiB", "at most"], lines, right_from=1) + "\n"
    (run.folder / "memory.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.Failed as failed:
        sys.exit(f"bench: {failed}")
