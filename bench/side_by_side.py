#!/usr/bin/env python3
"""Contenders side by side: CPU time a request. `./run` builds what this needs, and starts it."""

import argparse
import datetime
import json
import sys

from harness import load, machine, table
from harness.contender import HERE, Contender, Run, all_contenders
from harness.jobs import JOBS


def arguments():
    known = all_contenders()
    usual = [name for name, what in known.items() if what.get("default", True)]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contenders", nargs="*", default=usual, help=f"of {', '.join(known)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender has its turn")
    parser.add_argument("--seconds", type=int, default=5, help="of load for each job of a turn")
    parser.add_argument("--warm-up", type=int, default=1, help="seconds before that, not counted; 0: none")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--jobs", default=",".join(JOBS), help="some of them, with commas")
    parser.add_argument("--core", type=int, default=0, help="of the contender")
    parser.add_argument("--load-core", type=int, default=1, help="of wrk and the upstream")
    parser.add_argument("--out", default=str(HERE / "run.d"), help="folder for logs, rows and the table")
    chosen = parser.parse_args()
    for name in chosen.contenders:
        if name not in known:
            parser.error(f"there is no contender {name}")
    return chosen


def turn(run, name, jobs, chosen):
    """One contender's turn: start, and each job checked, warmed up and measured."""
    rows = []
    with Contender(run, name, chosen.core) as contender:
        for job in jobs:
            if job.name not in contender.what["jobs"]:
                continue
            contender.check(job)
            if chosen.warm_up:
                load.wrk(run, job, chosen.connections, chosen.warm_up, chosen.load_core)
            row = load.measure(run, contender, job, chosen.connections, chosen.seconds)
            foreign = f"  !! others used {row['others_cores']:.2f} cores" if row["others_cores"] > 0.1 else ""
            print(f"  {name:12} {job.name:5} {row['cpu_us']:7.1f} µs  {row['per_s']:7.0f}/s  "
                  f"{row['core_share']:.0%} of the core  errors {row['errors']}{foreign}", flush=True)
            rows.append(row)
    return rows


def main():
    chosen = arguments()
    jobs = [JOBS[name] for name in chosen.jobs.split(",")]
    rows = []
    with Run(chosen.out, chosen.load_core) as run:
        versions = [f"{name}: {said}" for name in chosen.contenders if (said := Contender(run, name).version())]
        for number in range(chosen.rounds):
            print(f"round {number + 1} of {chosen.rounds}", flush=True)
            for name in chosen.contenders:
                rows += turn(run, name, jobs, chosen)
        (run.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        text = "\n".join([
            f"{when}, {machine.describe()}, {chosen.rounds} rounds of {chosen.seconds} s, "
            f"{chosen.connections} connections; {machine.version(['wrk', '-v'])}.", "",
            *(f"- {line}" for line in versions), "",
            table.side_by_side(rows, jobs, chosen.contenders), "",
        ])
        worst = max((row["others_cores"] for row in rows), default=0)
        if worst > 0.1:
            text += f"\n**Not a quiet machine: other processes used up to {worst:.2f} cores. Do not quote this run.**\n"
        (run.folder / "table.md").write_text(text)
        print("\n" + text)
    return 1 if any(row["errors"] for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machine.Failed as failed:
        sys.exit(f"bench: {failed}")
