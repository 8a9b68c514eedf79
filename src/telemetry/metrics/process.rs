//! The process as the kernel sees it, under the names that every Prometheus dashboard knows.
//!
//! Read from `/proc` at each scrape; what cannot be read (another system) is left out.
//! Source: proc(5), proc_pid_stat(5) of Linux man-pages 6.9 (read 2026-11-21).

use std::fs;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

/// The kernel's unit of times in `/proc`: fixed at 100 a second towards programs, whatever its own tick is.
const TICKS_PER_S: f64 = 100.0;

pub(super) fn register(r: &mut Registry) {
    if let Some(stat) = Stat::read() {
        let cpu_s = ConstCounter::new(stat.cpu_ticks / TICKS_PER_S);
        r.register("process_cpu_seconds", "Time on processors, in user and system mode", cpu_s);
        gauge(r, "process_threads", "Threads", Some(stat.threads));
        if let Some(booted_s) = booted_s() {
            let started_s = ConstGauge::new(booted_s + stat.start_ticks / TICKS_PER_S);
            r.register("process_start_time_seconds", "When the process started", started_s);
        }
    }
    gauge(r, "process_resident_memory_bytes", "Memory in use", resident_bytes());
    let open = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64);
    gauge(r, "process_open_fds", "File descriptors that are open", open);
    gauge(r, "process_max_fds", "File descriptors that may be open", max_fds());
}

fn gauge(r: &mut Registry, name: &str, help: &str, value: Option<u64>) {
    if let Some(value) = value {
        let gauge = Gauge::<u64, AtomicU64>::default();
        gauge.set(value);
        r.register(name, help, gauge);
    }
}

struct Stat {
    cpu_ticks: f64,
    threads: u64,
    start_ticks: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The second field is a name in parentheses that may hold anything; the rest is numbers, the third first.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu_ticks: number(14)? + number(15)?,
            threads: fields.get(20 - 3)?.parse().ok()?,
            start_ticks: number(22)?,
        })
    }
}

fn booted_s() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kib.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.saturating_mul(1024))
}

fn max_fds() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_moves_no_field() {
        let numbers: Vec<String> = (4..=30).map(|field| field.to_string()).collect();
        let stat = Stat::parse(&format!("1 (a) R 9 (b) S {}", numbers.join(" "))).unwrap();
        assert_eq!((stat.cpu_ticks, stat.threads, stat.start_ticks), (29.0, 20, 22.0));
        assert!(Stat::parse("1 (a) S 4").is_none());
    }
}
