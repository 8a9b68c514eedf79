use super::*;

fn errors(text: &str) -> Vec<String> {
    load_text(text, &Environment::default()).unwrap_err().iter().map(|e| e.key.clone()).collect()
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(load_text("", &Environment::default()).unwrap(), Config::default());
}

#[test]
fn every_error_is_reported_at_once_with_its_key() {
    let text = r#"
        unknown = 1
        plans_default = "gold"
        [server]
        listen = "here"
        drain = 3
        base_path = "api/"
        [[auth.issuers]]
        issuer = "https://issuer.example"
        audience = ["a"]
        jwks_url = "http://issuer.example/jwks"
        [plans.free]
        burst = 0
        quotas = [{ of = "imagines", per = "day", limit = 3 }]
        allow = ["destroy"]
    "#;
    let expected = [
        "auth.issuers[0].audience",
        "auth.issuers[0].audiences",
        "auth.issuers[0].jwks_url",
        "plans.free.allow",
        "plans.free.burst",
        "plans.free.quotas",
        "plans_default",
        "server.base_path",
        "server.drain",
        "server.listen",
        "unknown",
    ];
    let mut found = errors(text);
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_environment_overrides_the_file() {
    let environment = Environment::of([
        ("ASTRIA_GATEWAY__SERVER__LISTEN", "127.0.0.1:1"),
        ("ASTRIA_GATEWAY__SERVER__DRAIN_S", "7"),
        ("ASTRIA_GATEWAY__UPSTREAM__WORKSPACE_ID", "77"),
        ("ASTRIA_GATEWAY__CORS__ALLOWED_ORIGINS", r#"["https://app.example"]"#),
        ("ASTRIA_GATEWAY__LOG__FORMAT", "json"),
        ("ASTRIA_BASE_URL", "http://127.0.0.1:5000"),
        ("GEMINI_TUNE_ID", "3618064"),
    ]);
    let config = load_text("[server]\nlisten = \"127.0.0.1:9\"\n", &environment).unwrap();
    assert_eq!(config.server.listen.port(), 1);
    assert_eq!(config.server.drain_s, 7);
    assert_eq!(config.upstream.workspace_id, "77");
    assert_eq!(config.upstream.base_url, "http://127.0.0.1:5000");
    assert_eq!(config.upstream.models.get("gemini"), Some(&3_618_064));
    assert_eq!(config.cors.allowed_origins, ["https://app.example"]);
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn an_override_of_a_key_that_does_not_exist_is_an_error() {
    let environment = Environment::of([("ASTRIA_GATEWAY__SERVER__LISTENS", "127.0.0.1:1")]);
    let found = load_text("", &environment).unwrap_err();
    assert_eq!(found[0].key, "ASTRIA_GATEWAY__SERVER__LISTENS");
}

#[test]
fn the_upstream_is_https_unless_it_is_local() {
    assert_eq!(errors("[upstream]\nbase_url = \"http://api.astria.ai\"\n"), ["upstream.base_url"]);
    assert!(load_text("[upstream]\nbase_url = \"http://127.0.0.1:1\"\n", &Environment::default()).is_ok());
}

#[test]
fn an_unknown_plan_means_the_default_plan() {
    let config =
        load_text("[plans.free]\nburst = 1\n[plans.pro]\nburst = 2\n", &Environment::default()).unwrap();
    assert_eq!(config.plan(Some("pro")).0, "pro");
    assert_eq!(config.plan(Some("gold")).0, "free");
    assert_eq!(config.plan(None).0, "free");
}

#[test]
fn a_missing_api_key_names_the_key_and_the_variables() {
    let Err(errors) = load_secrets(&Config::default(), &Environment::default()) else {
        panic!("no key, no start")
    };
    assert_eq!(errors[0].key, "upstream.api_key_file");
    assert!(errors[0].message.contains("ASTRIA_API_KEY"));
}

#[test]
fn ids_and_networks_may_be_written_as_people_write_them() {
    let text = r#"
        [server]
        trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
        [upstream]
        workspace_id = 77
        shared_tunes = [1504944, "666678"]
        models = { gemini = "3618064" }
        [packs]
        allow = [260, "corporate-headshots"]
    "#;
    let config = load_text(text, &Environment::default()).unwrap();
    assert_eq!(config.server.trusted_proxies[0].to_string(), "127.0.0.1/32");
    assert_eq!(config.upstream.workspace_id, "77");
    assert_eq!(config.upstream.shared_tunes, [1_504_944, 666_678]);
    assert_eq!(config.upstream.models.get("gemini"), Some(&3_618_064));
    assert_eq!(config.packs.allow, ["260", "corporate-headshots"]);
}

#[test]
fn trusting_every_proxy_is_refused() {
    assert_eq!(errors("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]\n"), ["server.trusted_proxies"]);
}

#[test]
fn a_line_feed_at_the_end_of_a_secrets_file_is_not_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
    let mut config = Config::default();
    let issuer = Issuer { hs256_secret_file: file.clone(), ..Issuer::default() };
    config.auth.issuers = vec![issuer];
    let read = |config: &Config| match load_issuer_keys(config).map(|mut keys| keys.remove(0)) {
        Ok(IssuerKeys::Hs256 { current, .. }) => Ok(current.expose().to_vec()),
        Ok(_) => panic!("an HS256 issuer"),
        Err(errors) => Err(errors),
    };
    assert_eq!(read(&config).unwrap(), b"0123456789abcdef0123456789abcdef");

    let binary = [&[0xff; 31][..], b"\n"].concat();
    std::fs::write(&file, &binary).unwrap();
    assert_eq!(read(&config).unwrap(), binary, "bytes that are no text are taken as they are");

    std::fs::write(&file, "short").unwrap();
    assert_eq!(read(&config).unwrap_err()[0].key, "auth.issuers[0].hs256_secret_file");
}
