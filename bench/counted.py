#!/usr/bin/env python3
"""Instructions a request, counted by valgrind's callgrind, compared with instructions.toml.

The real program runs with one worker, and one client asks one thing after the other on one connection. Each job is
asked N and then 2 N times; the difference of the two counts is N requests without whatever a count costs by itself.
It is a report: more instructions than before are shown, never a failure. It counts what the program does, not what the
kernel does for it, so it finds a regression and does not tell the time.
"""

import argparse
import re
import socket
import subprocess
import sys
import tomllib

from harness import machine
from harness.contender import HERE, PORT, Contender, Run
from harness.jobs import JOBS

BASELINE = HERE / "instructions.toml"
WARM_UP = 20


class Client:
    """One connection, one request after the other."""

    def __init__(self, job, token):
        head = [f"{job.method} {job.path} HTTP/1.1", "Host: gateway.test", f"Authorization: Bearer {token}",
                "Accept: application/json", "User-Agent: bench"]
        if job.body:
            head += [f"Content-Type: {job.content_type}", f"Content-Length: {len(job.body)}"]
        self.sent = "\r\n".join(head).encode() + b"\r\n\r\n" + job.body
        self.wanted = f"HTTP/1.1 {job.status} ".encode()
        self.socket = socket.create_connection(("127.0.0.1", PORT), 120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, times):
        for _ in range(times):
            self.socket.sendall(self.sent)
            self.read_reply()

    def read_reply(self):
        reply = b""
        while b"\r\n\r\n" not in reply:
            reply += self.more()
        head, _, body = reply.partition(b"\r\n\r\n")
        if not head.startswith(self.wanted):
            raise machine.Failed(f"wanted {self.wanted!r}, got {head[:60]!r}")
        missing = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]) - len(body)
        while missing > 0:
            missing -= len(self.more())

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise machine.Failed("the gateway closed the connection")
        return piece


def count(contender, what):
    """Instructions since the last count."""
    process, folder = contender.process, contender.folder
    before = set(folder.glob("callgrind.out.*"))
    subprocess.run(["vgdb", f"--pid={process.pid}", "dump", what], check=True, capture_output=True, timeout=120)
    new = [path for path in folder.glob("callgrind.out.*") if path not in before]
    found = [re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.M) for path in new]
    numbers = [int(match[1]) for match in found if match]
    if len(numbers) != 1:
        raise machine.Failed(f"callgrind wrote {len(numbers)} counts, wanted one")
    return numbers[0]


def measure(contender, job, token, times):
    client = Client(job, token)
    client.ask(WARM_UP)
    count(contender, f"{job.name}-before")
    client.ask(times)
    once = count(contender, f"{job.name}-once")
    client.ask(2 * times)
    twice = count(contender, f"{job.name}-twice")
    return (twice - once) / times


def show(name, instructions, known):
    if not known:
        return f"| {name}: {JOBS[name].says} | {instructions:,.0f} | – | – |"
    change = instructions / known - 1
    mark = " **more**" if change > 0.05 else ""
    return f"| {name}: {JOBS[name].says} | {instructions:,.0f} | {known:,} | {change:+.1%}{mark} |"


def write(profile, counts):
    """Puts this profile's counts into the file and keeps the others'."""
    known = tomllib.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    known[profile] = {"rustc": machine.version(["rustc", "--version"]), **{k: round(v) for k, v in counts.items()}}
    text = "# Instructions a request, by build profile: what bench/callgrind compares with.\n"
    text += "# Written by `bench/callgrind --write` when a change of them is meant.\n"
    for name, table in sorted(known.items()):
        text += f"\n[{name}]\n"
        text += "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in table.items())
    BASELINE.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="dev", help="how the program was built: which baseline to compare with")
    parser.add_argument("--requests", type=int, default=50, help="N; a tenth of it for uploads")
    parser.add_argument("--jobs", default=",".join(job.name for job in JOBS.values() if not job.has_keys))
    parser.add_argument("--out", default=str(HERE / "run.d"))
    parser.add_argument("--write", action="store_true", help="make these counts the baseline")
    chosen = parser.parse_args()
    known = tomllib.loads(BASELINE.read_text()).get(chosen.profile, {}) if BASELINE.exists() else {}
    wrapper = ["env", "TOKIO_WORKER_THREADS=1", "valgrind", "--tool=callgrind", "--quiet", "--vgdb-poll=100"]
    counts = {}
    with Run(chosen.out) as run, Contender(run, "gateway", wrapper=wrapper) as contender:
        for name in chosen.jobs.split(","):
            job = JOBS[name]
            times = max(2, chosen.requests // (10 if len(job.body) > 10_000 else 1))
            counts[name] = measure(contender, job, run.tokens[job.token], times)
    print(f"Instructions a request, profile {chosen.profile}, {machine.version(['rustc', '--version'])}:\n")
    print("| job | now | before | change |\n| --- | --: | --: | --: |")
    for name, instructions in counts.items():
        print(show(name, instructions, known.get(name)))
    if known and known["rustc"] != machine.version(["rustc", "--version"]):
        print(f"\nThe numbers before are of another compiler: {known['rustc']}.")
    if chosen.write:
        write(chosen.profile, counts)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.Failed as failed:
        sys.exit(f"bench: {failed}")
