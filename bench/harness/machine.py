"""Processes, pinned to a core, and what Linux says about them. Linux only."""

import http.client
import json
import os
import pathlib
import platform
import signal
import socket
import subprocess
import time

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


class Failed(Exception):
    """A program did not do what it should; the text is for people."""


def start(command, core, log, environment=None, folder=None):
    """A program on one core; what it says goes to the log file."""
    # What is set here for a gateway in earnest must not reach one that is measured.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ASTRIA_", "WORKSPACE_"))}
    with open(log, "wb") as said:
        return subprocess.Popen(
            ["taskset", "-c", str(core), *command], stdout=said, stderr=said, cwd=folder, start_new_session=True,
            env={**own, **(environment or {})})


def stop(process):
    """Asks it to end, then makes it: its descendants too."""
    if process is None:
        return
    members = tree(process.pid)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass
    for pid in members:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def wait_for_port(port, process, log, limit_s=60):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failed(f"it ended with {process.returncode}: {pathlib.Path(log).read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failed(f"port {port} did not open")


def stat(pid):
    """The fields of /proc/PID/stat behind the name; None if it is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def tree(pid):
    """The process and its descendants."""
    children = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := stat(entry.name)):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def cpu_us(pid):
    """(user, system) of the tree in microseconds, descendants that ended included."""
    user = system = 0
    for fields in map(stat, tree(pid)):
        if fields:
            user += int(fields[11]) + int(fields[13])
            system += int(fields[12]) + int(fields[14])
    return user * TICK_US, system * TICK_US


def memory_kib(pid, name="VmRSS"):
    """Resident memory of the tree: VmRSS now, VmHWM at its highest."""
    total = 0
    for member in tree(pid):
        try:
            lines = (PROC / str(member) / "status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(name + ":"))
    return total


def busy_us():
    """CPU time that the whole machine has spent on anything."""
    fields = [int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:]]
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) * TICK_US


def counts(port):
    """What the upstream has seen."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/bench/counts")
    try:
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def ask(port, job, token, headers=None):
    """One request as a job describes it: (status, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {"Authorization": f"Bearer {token}", "Cookie": "session=of-the-client", **(headers or {})}
    if job.body:
        sent["Content-Type"] = job.content_type
    connection.request(job.method, job.path, job.body or None, sent)
    try:
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def describe():
    """The machine in one line."""
    cpu = next((line.partition(":")[2].strip() for line in (PROC / "cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    total_kib = int((PROC / "meminfo").read_text().split()[1])
    return f"{os.cpu_count()} × {cpu}, {total_kib / 1048576:.1f} GiB, Linux {platform.release()}"


def version(command):
    """The first line that a program says about itself."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (said.stdout + said.stderr).strip().splitlines()
    return lines[0].strip() if lines else "?"
