"""Markdown from rows."""

import statistics


def median(rows, name):
    return statistics.median(row[name] for row in rows)


def spread(rows, name, digits=1):
    values = [row[name] for row in rows]
    return f"{median(rows, name):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def markdown(head, lines, right_from=2):
    rule = ["---" if at < right_from else "--:" for at in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])


def side_by_side(rows, jobs, names, reference="haproxy"):
    """CPU time a request, job by job, and its ratio to the reference."""
    lines = []
    for job in jobs:
        of_job = [row for row in rows if row["job"] == job.name]
        base = [row for row in of_job if row["contender"] == reference]
        for name in names:
            own = [row for row in of_job if row["contender"] == name]
            if not own:
                continue
            ratio = f"{median(own, 'cpu_us') / median(base, 'cpu_us'):.2f}" if base else "–"
            lines.append([
                f"{job.name}: {job.says}", name, spread(own, "cpu_us"), ratio, f"{median(own, 'system_share'):.0%}",
                f"{median(own, 'per_s'):.0f}", f"{median(own, 'core_share'):.0%}", f"{median(own, 'p50_us'):.0f}",
                f"{median(own, 'p99_us'):.0f}", f"{median(own, 'upstream_share'):.2f}",
                f"{max(row['memory_mib'] for row in own):.0f}", str(sum(row["errors"] for row in own)),
            ])
    head = ["job", "contender", "CPU µs a request: median (min–max)", f"× {reference}", "of it in the kernel",
            "requests/s", "of the core", "p50 µs", "p99 µs", "reached the upstream", "peak MiB", "errors"]
    return markdown(head, lines)
