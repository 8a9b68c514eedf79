use super::*;

fn value(metrics: &Metrics, line: &str) -> Option<String> {
    let text = metrics.render(&Readings::default());
    text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' ').map(str::to_owned))
}

#[test]
fn an_operations_number_is_its_place_in_the_list() {
    for (place, operation) in Operation::ALL.into_iter().enumerate() {
        assert_eq!(requests::slot(Some(operation)), place, "{operation}");
    }
    assert_eq!(requests::slot(None), Operation::ALL.len());
}

#[test]
fn each_request_counts_once_whether_it_was_looked_up_before_or_not() {
    let metrics = Metrics::new();
    let took = Duration::from_millis(2);
    for _ in 0..3 {
        for operation in [Some(Operation::GetPack), None] {
            metrics.request(operation, 200, "", took);
            metrics.request(operation, 206, "", took);
            metrics.request(operation, 404, "not_found", took);
        }
    }
    for operation in ["get_pack", "none"] {
        for (status, code) in [(200, ""), (206, ""), (404, "not_found")] {
            let line = format!(
                "astria_gateway_requests_total{{operation=\"{operation}\",status=\"{status}\",code=\"{code}\"}}"
            );
            assert_eq!(value(&metrics, &line).as_deref(), Some("3"), "{line}");
        }
        let count = format!("astria_gateway_request_duration_seconds_count{{operation=\"{operation}\"}}");
        assert_eq!(value(&metrics, &count).as_deref(), Some("9"));
    }
}

#[test]
fn a_duration_counts_in_each_bucket_that_holds_it() {
    let metrics = Metrics::new();
    for ms in [0, 1, 2, 300, 100_000] {
        metrics.request(None, 200, "", Duration::from_millis(ms));
    }
    let bucket = |bound: &str| {
        let line =
            format!("astria_gateway_request_duration_seconds_bucket{{le=\"{bound}\",operation=\"none\"}}");
        value(&metrics, &line).unwrap_or_else(|| panic!("{}", metrics.render(&Readings::default())))
    };
    assert_eq!(bucket("0.0005"), "1");
    assert_eq!(bucket("0.001"), "2", "a bound belongs to its bucket");
    assert_eq!(bucket("0.005"), "3");
    assert_eq!(bucket("0.5"), "4");
    assert_eq!(bucket("60.0"), "4");
    assert_eq!(bucket("+Inf"), "5");
    let sum = "astria_gateway_request_duration_seconds_sum{operation=\"none\"}";
    assert_eq!(value(&metrics, sum).unwrap(), "100.303");
}

#[test]
fn calls_are_counted_by_status_and_by_error() {
    let metrics = Metrics::new();
    let took = Duration::from_millis(30);
    for outcome in [Outcome::Status(201), Outcome::Status(201), Outcome::Status(500), Outcome::Error("cut")] {
        metrics.observe(Operation::CreatePrompt, outcome, took);
    }
    let line = |outcome: &str| {
        let line = format!(
            "astria_gateway_upstream_calls_total{{operation=\"create_prompt\",outcome=\"{outcome}\"}}"
        );
        value(&metrics, &line)
    };
    assert_eq!(line("201").as_deref(), Some("2"));
    assert_eq!(line("500").as_deref(), Some("1"));
    assert_eq!(line("cut").as_deref(), Some("1"));
}

#[test]
fn a_reload_that_is_refused_does_not_make_the_configuration_young() {
    let metrics = Metrics::new();
    metrics.configured(Timestamp::from_unix_s(1_000));
    metrics.reloaded(false, Timestamp::from_unix_s(2_000));
    let loaded = || value(&metrics, "astria_gateway_config_loaded_timestamp_seconds").unwrap();
    assert_eq!(loaded(), "1000");
    metrics.reloaded(true, Timestamp::from_unix_s(3_000));
    assert_eq!(loaded(), "3000");
}

#[test]
fn what_is_not_known_is_not_shown() {
    let metrics = Metrics::new();
    let unknown = metrics.render(&Readings::default());
    assert!(!unknown.contains("open_connections") && !unknown.contains("jwks"), "{unknown}");
    let issuer = |issuer: &str, age_s| IssuerReading { issuer: issuer.into(), age_s };
    let readings = Readings {
        open_connections: Some(7),
        issuers: vec![issuer("https://a.example", Some(12)), issuer("https://b.example", None)],
        ..Readings::default()
    };
    let known = metrics.render(&readings);
    for line in [
        "astria_gateway_open_connections 7",
        "astria_gateway_jwks_fetched{issuer=\"https://a.example\"} 1",
        "astria_gateway_jwks_fetched{issuer=\"https://b.example\"} 0",
        "astria_gateway_jwks_age_seconds{issuer=\"https://a.example\"} 12",
    ] {
        assert!(known.lines().any(|found| found == line), "{line} is missing: {known}");
    }
    assert!(!known.contains("jwks_age_seconds{issuer=\"https://b"), "{known}");
}

#[test]
fn the_process_says_how_it_is() {
    let text = Metrics::new().render(&Readings::default());
    for name in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_start_time_seconds",
        "process_threads",
    ] {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number: f64 = line.unwrap_or_else(|| panic!("{name} is missing: {text}")).trim().parse().unwrap();
        assert!(number.is_sign_positive(), "{name}");
    }
    assert_eq!(text.matches("# EOF").count(), 1);
}
