use std::sync::{Condvar, Mutex, mpsc};

use super::*;

fn record() -> AccessRecord<'static> {
    AccessRecord {
        at: Timestamp::from_unix_ms(1_763_732_413_042),
        request_id: "0192f7a1",
        method: "POST",
        route: "/tunes/{tune_id}/prompts",
        operation: "create_prompt",
        status: 201,
        principal: "0123456789ab",
        took: Duration::from_micros(1500),
        upstream: Duration::from_micros(1200),
        received_bytes: 400,
        sent_bytes: 812,
        protocol: "HTTP/1.1",
        ..AccessRecord::default()
    }
}

fn line(format: LogFormat, record: &AccessRecord<'_>) -> String {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    AccessLog::to(Arc::new(move |line| sink.lock().unwrap().extend_from_slice(line)), format).write(record);
    String::from_utf8(std::mem::take(&mut *lines.lock().unwrap())).unwrap()
}

#[test]
fn a_text_line_has_the_form_of_the_other_log_lines() {
    assert_eq!(
        line(LogFormat::Text, &record()),
        "2025-11-21T13:40:13.042Z  INFO astria_gateway::access: request request_id=\"0192f7a1\" method=\"POST\" \
         route=\"/tunes/{tune_id}/prompts\" operation=\"create_prompt\" status=201 code=\"\" spent=\"\" \
         principal=\"0123456789ab\" took_us=1500 upstream_us=1200 received_bytes=400 sent_bytes=812 cache=\"\" \
         protocol=\"HTTP/1.1\"\n"
    );
}

#[test]
fn a_json_line_is_one_object_with_the_same_fields() {
    let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let record = AccessRecord { client_request_id: Some("abc"), trace: trace.as_ref(), ..record() };
    let json: serde_json::Value = serde_json::from_str(&line(LogFormat::Json, &record)).unwrap();
    let text = line(LogFormat::Text, &record);
    for (name, value) in json.as_object().unwrap() {
        if !["timestamp", "level", "message", "target"].contains(&name.as_str()) {
            assert!(text.contains(&format!(" {name}={value}")), "{name}: {text}");
        }
    }
    assert_eq!(json["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(json["timestamp"], "2025-11-21T13:40:13.042Z");
}

#[test]
fn log_02_no_field_can_begin_a_line_or_another_field() {
    let hostile = "x\"\r\n2026 INFO forged: y=\"\u{1b}[2J\u{9b}1m\\";
    let record = AccessRecord {
        request_id: hostile,
        client_request_id: Some(hostile),
        method: hostile,
        route: hostile,
        operation: hostile,
        code: hostile,
        spent: hostile,
        principal: hostile,
        cache: hostile,
        protocol: hostile,
        ..record()
    };
    for format in [LogFormat::Text, LogFormat::Json] {
        let line = line(format, &record);
        let body = line.strip_suffix('\n').unwrap();
        assert!(body.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line}");
        assert!(!body.contains("x\"\\u000d"), "an unescaped quote: {line}");
    }
    let json: serde_json::Value = serde_json::from_str(&line(LogFormat::Json, &record)).unwrap();
    assert_eq!(json["method"], hostile);
}

#[test]
fn a_clients_id_is_cut() {
    let long = "a".repeat(1000);
    let line = line(LogFormat::Text, &AccessRecord { client_request_id: Some(&long), ..record() });
    assert!(line.contains(&format!("client_request_id=\"{}\"", "a".repeat(64))), "{line}");
}

#[test]
fn the_date_follows_the_clock() {
    let at = |ms| line(LogFormat::Text, &AccessRecord { at: Timestamp::from_unix_ms(ms), ..record() });
    assert!(at(0).starts_with("1970-01-01T00:00:00.000Z "));
    assert!(at(999).starts_with("1970-01-01T00:00:00.999Z "));
    assert!(at(1_000).starts_with("1970-01-01T00:00:01.000Z "));
    assert!(at(u64::MAX).contains("status=201"), "a clock that is broken breaks nothing");
}

/// Tells how many bytes came with each call; waits at a gate before it takes them.
struct Slow {
    calls: mpsc::Sender<Vec<u8>>,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.calls.send(bytes.to_vec()).unwrap();
        let (open, opened) = &*self.gate;
        let _open = opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Slow {
    fn new(open: bool) -> (Self, mpsc::Receiver<Vec<u8>>, impl Fn()) {
        let (calls, called) = mpsc::channel();
        let gate = Arc::new((Mutex::new(open), Condvar::new()));
        let handle = Arc::clone(&gate);
        let release = move || {
            *handle.0.lock().unwrap() = true;
            handle.1.notify_all();
        };
        (Self { calls, gate }, called, release)
    }
}

#[test]
fn a_reader_that_does_not_read_loses_lines_and_holds_nobody() {
    let (out, called, release) = Slow::new(false);
    let settings = Log { access_buffer_bytes: 4096, ..Log::default() };
    let (log, guard) = AccessLog::start(&settings, out).unwrap();
    log.write(&record());
    let first = called.recv().unwrap();
    assert_eq!(first.iter().filter(|byte| **byte == b'\n').count(), 1);

    for _ in 0..1000 {
        log.write(&record());
    }
    let room = 4096 / u64::try_from(first.len()).unwrap();
    assert_eq!(log.dropped_lines(), 1000 - room);

    release();
    drop(guard);
    let rest: Vec<u8> = called.try_iter().flatten().collect();
    assert_eq!(
        rest.len(),
        first.len() * usize::try_from(room).unwrap(),
        "what was taken is written at the end"
    );
}

#[test]
fn many_lines_are_written_with_few_calls_and_in_order() {
    let (out, called, _release) = Slow::new(true);
    let (log, guard) = AccessLog::start(&Log::default(), out).unwrap();
    for status in 0..1000 {
        log.write(&AccessRecord { status, ..record() });
    }
    drop(guard);
    let calls: Vec<_> = called.try_iter().collect();
    let text = String::from_utf8(calls.concat()).unwrap();
    for (number, line) in text.lines().enumerate() {
        assert!(line.contains(&format!(" status={number} ")), "{line}");
    }
    assert_eq!(text.lines().count(), 1000);
    assert!(calls.len() < 100, "{} calls", calls.len());
}

#[test]
fn a_line_is_written_though_no_other_follows() {
    let (out, called, _release) = Slow::new(true);
    let (log, _guard) = AccessLog::start(&Log::default(), out).unwrap();
    for _ in 0..3 {
        log.write(&record());
        assert!(called.recv_timeout(Duration::from_secs(10)).unwrap().ends_with(b"\n"));
    }
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (log, guard) = AccessLog::start(&Log::default(), Broken).unwrap();
    log.write(&record());
    log.write(&record());
    drop(guard);
    assert_eq!(log.dropped_lines(), 2);
    log.write(&record());
    assert_eq!(log.dropped_lines(), 3, "after the end, too");
}

#[test]
fn switched_off_it_writes_nothing() {
    let (out, called, _release) = Slow::new(true);
    let (log, guard) = AccessLog::start(&Log { access: false, ..Log::default() }, out).unwrap();
    log.write(&record());
    drop(guard);
    assert!(!log.is_on() && called.try_iter().next().is_none());
}
