"""A contender: written down in contenders.toml, started, checked with one request, stopped."""

import os
import pathlib
import shutil
import time
import tomllib

from . import keys, machine

HERE = pathlib.Path(__file__).resolve().parents[1]
UPSTREAM_PORT, PORT, OPERATOR_PORT = 18480, 18481, 18482
PROGRAMS = HERE / "rust/target/release"


def programs():
    """Where the programs are: built by `bench/run`, unless the environment says otherwise."""
    return {
        "gateway": os.environ.get("GATEWAY_BIN", str(HERE.parent / "target/release/astria-gateway")),
        "floor": os.environ.get("FLOOR_BIN", str(PROGRAMS / "bench-floor")),
        "upstream": os.environ.get("UPSTREAM_BIN", str(PROGRAMS / "bench-upstream")),
    }


def all_contenders():
    return tomllib.loads((HERE / "contenders.toml").read_text())


class Run:
    """Folder, keys and upstream of one run."""

    def __init__(self, folder, upstream_core=1, delay_ms=0):
        self.folder = pathlib.Path(folder).resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        os.chmod(self.folder, 0o755)
        self.tokens = keys.make(self.folder / "keys")
        self.environment = {
            "BENCH_LISTEN": f"127.0.0.1:{PORT}",
            "BENCH_UPSTREAM": f"127.0.0.1:{UPSTREAM_PORT}",
            "BENCH_KEYS": str(self.folder / "keys"),
            "BENCH_SERVER_KEY": keys.SERVER_KEY,
            "BENCH_WORKSPACE": keys.WORKSPACE,
            "BENCH_HS256_SECRET": (self.folder / "keys/hs256.secret").read_text(),
        }
        log = self.folder / "upstream.log"
        environment = {**self.environment, "BENCH_REPLIES": str(HERE / "replies"), "BENCH_DELAY_MS": str(delay_ms)}
        self.upstream = machine.start([programs()["upstream"]], upstream_core, log, environment)
        machine.wait_for_port(UPSTREAM_PORT, self.upstream, log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        machine.stop(self.upstream)

    def counts(self):
        return machine.counts(UPSTREAM_PORT)


class Contender:
    """One program, running on its core while the `with` lasts."""

    def __init__(self, run, name, core=0, environment=None, wrapper=()):
        self.run, self.name, self.core = run, name, core
        self.what = all_contenders()[name]
        self.folder = run.folder / name
        self.environment, self.wrapper = environment or {}, list(wrapper)
        self.log = self.folder / "said.log"

    def fill(self, text):
        words = {"run": str(self.folder), "here": str(HERE), **programs()}
        return text.format(**words)

    def template(self, path):
        """The template with its @X@ filled in."""
        text = (HERE / path).read_text()
        words = {
            "PORT": PORT, "OPERATOR_PORT": OPERATOR_PORT, "LISTEN": f"127.0.0.1:{PORT}",
            "UPSTREAM": f"127.0.0.1:{UPSTREAM_PORT}", "KEYS": self.run.folder / "keys", "RUN": self.folder,
            "HERE": (HERE / path).parent, "WORKSPACE": keys.WORKSPACE, "SERVER_KEY": keys.SERVER_KEY,
            "MODULES": nginx_modules() if self.name.startswith("nginx") else "",
            **self.what.get("fill", {}),
        }
        for name, value in words.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.folder.chmod(0o777)  # nginx's worker is another user
        for path in self.what.get("templates", []):
            (self.folder / pathlib.Path(path).name.removesuffix(".in")).write_text(self.template(path))
        command = self.wrapper + [self.fill(word) for word in self.what["command"]]
        environment = {**self.run.environment, **self.what.get("environment", {}), **self.environment}
        self.process = machine.start(command, self.core, self.log, environment, self.folder)
        try:
            machine.wait_for_port(PORT, self.process, self.log)
        except machine.Failed:
            machine.stop(self.process)
            raise
        return self

    def __exit__(self, *_):
        machine.stop(self.process)

    def version(self):
        if "version" not in self.what:
            return ""
        return machine.version([self.fill(word) for word in self.what["version"]])

    def quiet(self, job):
        """The upstream's counts, once nothing of the job before is under way: what was begun goes on without its client."""
        counts = self.run.counts()
        for _ in range(50):
            time.sleep(0.1)
            last, counts = counts, self.run.counts()
            if not job.counted or counts[job.counted] == last[job.counted]:
                break
        return counts

    def check(self, job):
        """One request: its status, and what the upstream saw of it. Raises Failed."""
        before = self.quiet(job)
        status, body = machine.ask(PORT, job, self.run.tokens[job.token])
        after = self.run.counts()
        seen = {name: after[name] - before[name] for name in after}
        if status != job.status:
            raise machine.Failed(f"{job.name}: status {status}, wanted {job.status}: {body[:300]!r}")
        if seen["bad_headers"]:
            raise machine.Failed(f"{job.name}: the upstream did not see exactly the server's key and workspace")
        if job.counted and (seen[job.counted] != 1 or seen["body_bytes"] < len(job.body) // 2):
            raise machine.Failed(f"{job.name}: the upstream did not see the request: {seen}")
        if job.status >= 400 and seen["packs"]:
            raise machine.Failed(f"{job.name}: a refused request reached the upstream")


def nginx_modules():
    said = machine.subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=True).stderr
    return next(word.partition("=")[2] for word in said.split() if word.startswith("--modules-path="))
