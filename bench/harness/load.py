"""Load by wrk, and what it cost the contender."""

import json
import os
import subprocess
import time
import uuid

from . import machine
from .contender import PORT, HERE


def wrk(run, job, connections, seconds, core=1, port=PORT):
    """Runs wrk and gives what it saw, its own CPU time included."""
    body = run.folder / f"{job.name}.body"
    body.write_bytes(job.body)
    environment = {
        **os.environ, "BENCH_METHOD": job.method, "BENCH_TOKEN": run.tokens[job.token],
        "BENCH_CONTENT_TYPE": job.content_type, "BENCH_BODY": str(body) if job.body else "",
        "BENCH_KEY_PREFIX": uuid.uuid4().hex if job.has_keys else "",
    }
    process = subprocess.Popen(
        ["taskset", "-c", str(core), "wrk", "--threads", "1", "--connections", str(connections), "--timeout", "30",
         "--duration", f"{seconds}s", "--latency", "--script", str(HERE / "job.lua"),
         f"http://127.0.0.1:{port}{job.path}"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    found = [line for line in said.splitlines() if line.startswith("{")]
    if not found:
        raise machine.Failed(f"wrk: {said}")
    return {**json.loads(found[-1]), "wrk_cpu_us": (usage.ru_utime + usage.ru_stime) * 1e6}


def measure(run, contender, job, connections, seconds):
    """One row: CPU microseconds a completed request, and whatever says whether to believe it."""
    pid, upstream = contender.process.pid, run.upstream.pid
    user, system = machine.cpu_us(pid)
    elsewhere = sum(machine.cpu_us(upstream))
    seen, busy, began = run.counts(), machine.busy_us(), time.monotonic()
    result = wrk(run, job, connections, seconds)
    wall_us = (time.monotonic() - began) * 1e6
    user, system = (after - before for after, before in zip(machine.cpu_us(pid), (user, system)))
    elsewhere = sum(machine.cpu_us(upstream)) - elsewhere
    busy = machine.busy_us() - busy
    now = run.counts()
    requests = max(result["requests"], 1)
    # wrk counts each 4xx as an error: for a job that wants one, it is the others that are wrong.
    wrong = result["refused"] if job.status < 400 else result["requests"] - result["refused"]
    ours = user + system + elsewhere + result["wrk_cpu_us"]
    return {
        "contender": contender.name, "job": job.name,
        "cpu_us": (user + system) / requests,
        "system_share": system / max(user + system, 1),
        "per_s": requests * 1e6 / result["wall_us"],
        "core_share": (user + system) / wall_us,
        "p50_us": result["p50_us"], "p99_us": result["p99_us"],
        "errors": wrong + result["broken"] + now["bad_headers"] - seen["bad_headers"],
        "upstream_share": sum(now[n] - seen[n] for n in ("packs", "prompts", "inspections", "others")) / requests,
        "memory_mib": machine.memory_kib(pid, "VmHWM") / 1024,
        "others_cores": max(0.0, busy - ours) / wall_us,
    }
