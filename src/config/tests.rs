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
