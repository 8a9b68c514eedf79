#!/usr/bin/env python3
"""Attacks beside a well-behaved client, one after the other, each on a gateway started for it. `bench/stress` runs it.

Reported: the good client's latency before and during the attack, the gateway's memory, and what the attacker says. Limits by
address are set high, so that what holds is the serving itself and not the counting of an address.
"""

import argparse
import dataclasses
import re
import subprocess
import sys
import threading
import time

from harness import machine, settings, steady, table
from harness.contender import HERE, PORT, Contender, Run, programs
from harness.jobs import JOBS

SETTINGS = {
    "server.max_connections": 20_000,
    "server.max_connections_per_ip": 20_000,
    "server.idle_timeout_ms": 600_000,
}
IDLE_SETTINGS = {**SETTINGS, "server.header_read_timeout_ms": 600_000}
URL = f"http://127.0.0.1:{PORT}"


@dataclasses.dataclass
class Attack:
    name: str
    says: str
    command: list
    settings: dict = dataclasses.field(default_factory=lambda: SETTINGS)
    waits_for: str = ""  # the attack has begun once it printed this
    http2: bool = False


def slow_tool(flag, seconds, *more):
    return ["slowhttptest", flag, "-c", "1000", "-r", "500", "-l", str(seconds), "-p", "3", "-v", "1", *more]


def attacks(seconds, token):
    own = lambda name, *more: [sys.executable, str(HERE / f"attacks/{name}.py"), "127.0.0.1", str(PORT), str(seconds), *more]
    packs, upload = f"{URL}/packs", f"{URL}/images/inspect"
    return {attack.name: attack for attack in (
        Attack("slow-headers", "slowhttptest -H, 1 000 connections",
               slow_tool("-H", seconds, "-i", "2", "-x", "24", "-u", packs)),
        Attack("slow-body", "slowhttptest -B, 1 000 connections",
               slow_tool("-B", seconds, "-i", "2", "-s", "8192", "-x", "10", "-u", upload)),
        Attack("range", "slowhttptest -R, 1 000 connections",
               slow_tool("-R", seconds, "-a", "10", "-b", "3000", "-u", packs)),
        Attack("slow-read", "slowhttptest -X, 1 000 connections",
               slow_tool("-X", seconds, "-w", "1", "-y", "1", "-n", "2", "-z", "32", "-k", "3", "-u", packs)),
        Attack("slow-body-token", "1 000 uploads of a byte a second, with a good token", own("slow", "1000", "body", token)),
        Attack("slow-read-token", "1 000 readers that do not read, with a good token", own("slow", "1000", "read", token)),
        Attack("streams", "h2load: 10 connections, 100 streams each",
               ["h2load", "--clients", "10", "--max-concurrent-streams", "100", "--duration", str(seconds),
                "--header", f"authorization: Bearer {token}", packs], http2=True),
        Attack("rapid-reset", "10 connections open and reset streams", own("rapid_reset", "10", token), http2=True),
        Attack("idle", "10 000 idle connections", own("idle", "10000"), IDLE_SETTINGS, waits_for="open "),
    )}


class Memory(threading.Thread):
    """The highest resident memory while it runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_kib, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            self.peak_kib = max(self.peak_kib, machine.memory_kib(self.pid))


def speaks_http2(token):
    """Whether h2load gets one good answer."""
    said = subprocess.run(["h2load", "-n1", "-c1", "--header", f"authorization: Bearer {token}", f"{URL}/packs"],
                          capture_output=True, text=True, timeout=20, check=False)
    return "1 2xx" in said.stdout


def last_words(attack, said):
    """What of an attacker's output says how it fared."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    if attack.command[0] == "slowhttptest":
        connected = max(map(int, re.findall(r"^connected:\s*(\d+)", said, re.M)), default=0)
        ended = [line for line in lines if line.startswith(("Test ended", "Exit status"))]
        return "; ".join([f"at most {connected} connected when it looked", *ended])
    if attack.command[0] == "h2load":
        return "; ".join(line for line in lines if line.startswith(("finished in", "requests:", "status codes:")))
    return lines[-1] if lines else "-"


def stage(run, attack, seconds, load_core):
    token = run.tokens["hs256"]
    with Contender(run, "gateway", environment=settings.environment(programs()["gateway"], attack.settings)) as gateway:
        gateway.check(JOBS["J1hs"])
        if attack.http2 and not speaks_http2(token):
            return [attack.says, "–", "–", "–", "–", "–", "not tried: the gateway does not speak HTTP/2 here"]
        calm = steady.result(steady.start(PORT, token, 5, load_core))
        before_kib = machine.memory_kib(gateway.process.pid)
        memory = Memory(gateway.process.pid)
        memory.start()
        attacker = subprocess.Popen(["nice", "-n", "10", "taskset", "-c", str(load_core), *attack.command],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        while attack.waits_for and not said.startswith(attack.waits_for):
            line = attacker.stdout.readline()
            if not line:
                raise machine.Failed(f"{attack.name}: it ended early")
            said = line
        time.sleep(1)
        during = steady.result(steady.start(PORT, token, max(3, seconds - 3), load_core))
        said += attacker.communicate()[0]
        memory.over.set()
        memory.join()
    both = lambda name: f"{calm[name] / 1000:.1f} → {during[name] / 1000:.1f}"
    mib = lambda kib: f"{kib / 1024:.1f}"
    return [attack.says, both("p50_us"), both("p99_us"), both("max_us"), f"{during['errors']} of {during['requests']}",
            f"{mib(before_kib)} → {mib(memory.peak_kib)}", last_words(attack, said)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", help="; ".join(attacks(0, "")))
    parser.add_argument("--seconds", type=int, default=20, help="of each attack")
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--out", default=str(HERE / "run.d"))
    chosen = parser.parse_args()
    head = ["beside it", "p50 ms: before → during", "p99 ms", "max ms", "errors", "memory MiB: before → peak", "the attacker says"]
    lines = []
    with Run(chosen.out, chosen.load_core) as run:
        every = attacks(chosen.seconds, run.tokens["hs256"])
        for name in chosen.attacks or every:
            lines.append(stage(run, every[name], chosen.seconds, chosen.load_core))
            print(" | ".join(lines[-1]), flush=True)
        text = f"{machine.describe()}, {chosen.seconds} s each\n\n" + table.markdown(head, lines, right_from=1) + "\n"
        (run.folder / "stress.md").write_text(text)
    print("\n" + text)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.Failed as failed:
        sys.exit(f"bench: {failed}")
