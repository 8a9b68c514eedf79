#!/usr/bin/env python3
"""Thousands of unfinished jobs: what looking after them costs Astria, how soon an end is seen, and memory. `bench/jobs` runs it."""

import argparse
import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness import machine, table

KEY = "sd_bench_jobs"
TUNE = 1504944
CONFIG = """
plans_default = "free"
[server]
listen = "127.0.0.1:{port}"
[operator]
listen = "127.0.0.1:{operator}"
[upstream]
base_url = "{upstream}"
api_key_file = "{folder}/api-key"
shared_tunes = [{tune}]
[store]
url = "sqlite:{folder}/gateway.db"
[balance]
check_s = 0
[reconcile]
requests_per_s = {rate}
[limits.ip]
requests_per_s = 100000.0
burst = 100000
[plans.free]
requests_per_s = 100000.0
burst = 100000
quotas = [{{ of = "images", per = "total", limit = 100000000 }}]
[[auth.issuers]]
issuer = "https://bench.example"
audiences = ["bench"]
hs256_secret_file = "{folder}/secret"
"""


def ask(at, method, path, body=None, token=None):
    connection = http.client.HTTPConnection(at, timeout=30)
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, json.loads(text) if text else None


def create(at, token, count, failed):
    connection = http.client.HTTPConnection(at, timeout=60)
    body = json.dumps({"prompt": {"text": "a cat", "num_images": 1}})
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    for _ in range(count):
        connection.request("POST", f"/tunes/{TUNE}/prompts", body, headers)
        reply = connection.getresponse()
        reply.read()
        if reply.status != 201:
            failed.append(reply.status)


def looks(upstream):
    counts = ask(upstream, "GET", "/__mock__/counts")[1]
    return sum(count for name, count in counts.items() if name.startswith("GET "))


def seen(file, ids):
    """When the end of each was recorded, in seconds since 1970."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30) as store:
        rows = store.execute("SELECT object_id, at_ms FROM events WHERE kind = 'finished'").fetchall()
    return {id: at_ms / 1000 for id, at_ms in rows if id in ids}


def measure(chosen, with_callbacks):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "api-key").write_text(KEY)
        (Path(folder) / "secret").write_text("bench" * 16)
        arguments = [os.environ["MOCK_BIN"], "--listen", "127.0.0.1:0", "--api-key", KEY, "--generate-ms", "100000000"]
        mock = subprocess.Popen(arguments + ([] if with_callbacks else ["--no-callbacks"]), stdout=subprocess.PIPE, text=True)
        gateway = None
        try:
            upstream = mock.stdout.readline().split("http://")[1].strip()
            config = Path(folder) / "config.toml"
            at = f"127.0.0.1:{chosen.port}"
            config.write_text(CONFIG.format(port=chosen.port, operator=chosen.port + 1, upstream=f"http://{upstream}",
                                            folder=folder, tune=TUNE, rate=float(chosen.rate)))
            log = open(Path(folder) / "log", "w")
            gateway = subprocess.Popen([os.environ["GATEWAY_BIN"], "serve", "--config", str(config)], stdout=log, stderr=log)
            for _ in range(200):
                try:
                    if ask(f"127.0.0.1:{chosen.port + 1}", "GET", "/healthz")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.05)
            said = subprocess.run([os.environ["GATEWAY_BIN"], "mint-token", "--config", str(config), "--sub", "bench"],
                                  capture_output=True, text=True, check=True)
            token, failed = said.stdout.strip(), []
            threads = [threading.Thread(target=create, args=(at, token, chosen.jobs // 32, failed)) for _ in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if failed:
                raise machine.Failed(f"creates: {failed[:5]}")
            ids = [one["id"] for one in ask(upstream, "GET", "/__mock__/objects")[1]["prompts"]]
            # As many as there are, looked at for long enough to be looked at seldom.
            time.sleep(chosen.settle_s)
            random.seed(1)
            ended, rates, memory = {}, [], [machine.memory_kib(gateway.pid)]
            to_end = random.sample(ids, chosen.ends)
            began, before = time.time(), looks(upstream)
            last = (began, before)
            while time.time() - began < chosen.measure_s:
                if to_end and time.time() - began < chosen.measure_s - chosen.patience_s:
                    id = to_end.pop()
                    ended[id] = time.time()
                    ask(upstream, "POST", "/__mock__/finish", {"ids": [id]})
                time.sleep(0.5)
                now, count = time.time(), looks(upstream)
                if now - last[0] >= 5:
                    rates.append((count - last[1]) / (now - last[0]))
                    last = (now, count)
                    memory.append(machine.memory_kib(gateway.pid))
            took = seen(Path(folder) / "gateway.db", set(ended))
            waits = sorted(took[id] - at for id, at in ended.items() if id in took)
            return {"jobs": len(ids), "ended": len(ended), "waits": waits, "rates": rates, "memory": memory}
        finally:
            for process in (gateway, mock):
                if process:
                    process.send_signal(signal.SIGINT if process is mock else signal.SIGTERM)
                    process.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_016, help="unfinished at once")
    parser.add_argument("--rate", type=float, default=10, help="requests a second that looks may cost")
    parser.add_argument("--ends", type=int, default=100, help="jobs that end while it is measured")
    parser.add_argument("--settle-s", type=float, default=90)
    parser.add_argument("--measure-s", type=float, default=150)
    parser.add_argument("--patience-s", type=float, default=90, help="how long before the end no job ends any more")
    parser.add_argument("--port", type=int, default=18_480)
    parser.add_argument("--no-callbacks", action="store_true", help="only the run in which nobody is called back")
    chosen = parser.parse_args()
    rows = []
    for with_callbacks in (False, True)[: 1 if chosen.no_callbacks else 2]:
        got = measure(chosen, with_callbacks)
        waits = got["waits"]
        at = lambda share: f"{waits[min(len(waits) - 1, int(share * len(waits)))]:.1f}" if waits else "–"
        rows.append(["with callbacks" if with_callbacks else "none called back", str(got["jobs"]),
                     f"{len(waits)} of {got['ended']}", at(0.5), at(0.99), at(1),
                     f"{sum(got['rates']) / max(1, len(got['rates'])):.1f}", f"{max(got['rates'], default=0):.1f}",
                     f"{got['memory'][0] / 1024:.0f}", f"{max(got['memory']) / 1024:.0f}", f"{got['memory'][-1] / 1024:.0f}"])
    heads = ["run", "unfinished", "ends seen", "s, p50", "p99", "max", "requests/s", "max of 5 s", "MiB before", "highest", "after"]
    print(machine.describe() + "\n\n" + table.markdown(heads, rows, right_from=1))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.Failed as failed:
        sys.exit(f"bench: {failed}")
