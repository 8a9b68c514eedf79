//! `check-config`, and what a wrong configuration is told. Exit code 78 is `EX_CONFIG` of sysexits.h.

use astria_gateway::config::{Environment, load_text};

use super::Site;

#[tokio::test]
async fn check_config_prints_what_holds_and_it_loads_again() {
    let site = Site::new().await;
    let config = site.config();
    let file = site.write("config.toml", &config);

    let (code, printed, errors) = site.run("check-config", &file, &[], &[]).ended().await;

    assert_eq!((code, errors.as_str()), (0, ""));
    let nothing = Environment::default();
    assert_eq!(load_text(&printed, &nothing).unwrap(), load_text(&config, &nothing).unwrap());
    // Effective: a default that the file does not name, and each kind of secret as stars.
    assert!(printed.contains("max_in_flight = 1024"), "{printed}");
    assert_eq!(printed.matches("***").count(), 2, "{printed}");
    assert!(!printed.contains(&site.api_key) && !printed.contains(&site.signing));
}

#[tokio::test]
async fn check_config_shows_what_the_environment_changes() {
    let site = Site::new().await;
    let file = site.write("config.toml", &site.config());
    let variables = [
        ("ASTRIA_GATEWAY__SERVER__LISTEN", "127.0.0.9:4321"),
        ("ASTRIA_GATEWAY__PLANS__FREE__BURST", "7"),
        ("ASTRIA_GATEWAY__CORS__ALLOWED_ORIGINS", r#"["https://app.example.com"]"#),
        ("ASTRIA_BASE_URL", "https://astria.example.com"),
        ("WORKSPACE_ID", "4711"),
        ("GEMINI_TUNE_ID", "31"),
        ("SEEDREAM_TUNE_ID", "32"),
        ("ASTRIA_AUTH_TOKEN", "sd_from_the_environment"),
    ];

    let (code, printed, errors) = site.run("check-config", &file, &[], &variables).ended().await;

    assert_eq!(code, 0, "{errors}");
    let config = load_text(&printed, &Environment::default()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.9:4321");
    assert_eq!(config.plans["free"].burst, 7);
    assert_eq!(config.cors.allowed_origins, ["https://app.example.com"]);
    assert_eq!(config.upstream.base_url, "https://astria.example.com");
    assert_eq!(config.upstream.workspace_id, "4711");
    assert_eq!((config.upstream.models["gemini"], config.upstream.models["seedream"]), (31, 32));
    assert!(!printed.contains("sd_from_the_environment"));
}

#[tokio::test]
async fn every_error_comes_at_once_with_its_key() {
    let site = Site::new().await;
    site.write("hs256.secret", "too short");
    let config = site
        .config()
        .replace("drain_s = 15", "drain_s = \"soon\"\ncolour = \"green\"")
        .replace("/api-key", "/no-such-file")
        .replace("shared_tunes = [", "timeout_ms = 0\nshared_tunes = [\"one\", ")
        .replace("plans_default = \"free\"", "plans_default = \"gold\"\n[tls]\nport = 443")
        .replace("[\"gateway\"]", "[]")
        .replace("[[auth.issuers]]", "[auth]\njwks_cooldown_s = 0\n[[auth.issuers]]");
    let file = site.write("config.toml", &config);
    let variables = [("ASTRIA_GATEWAY__SERVER__LISTEN", "everywhere")];
    let keys = [
        "server.drain_s",
        "server.colour",
        "tls.port",
        "upstream.shared_tunes",
        "upstream.timeout_ms",
        "upstream.api_key_file",
        "plans_default",
        "auth.issuers[0].audiences",
        "auth.issuers[0].hs256_secret_file",
        "ASTRIA_GATEWAY__SERVER__LISTEN",
        "auth.jwks_cooldown_s",
    ];

    for command in ["check-config", "serve"] {
        let (code, out, errors) = site.run(command, &file, &[], &variables).ended().await;

        assert_eq!((code, out.as_str()), (78, ""), "{command}: {errors}");
        for key in keys {
            let lines = errors.lines().filter(|line| line.starts_with(&format!("astria-gateway: {key}: ")));
            assert_eq!(lines.count(), 1, "{command} about {key}:\n{errors}");
        }
        assert_eq!(errors.lines().count(), keys.len(), "{errors}");
        assert!(!errors.contains("too short\n"), "a secret's bytes stand in an error");
    }
}

#[tokio::test]
async fn missing_and_broken_files_and_missing_keys_end_with_78() {
    let site = Site::new().await;
    let good = site.config();
    let broken = site.write("broken.toml", "[server]\nlisten = \n");
    let no_key = site.write("no-key.toml", &good.replace("api_key_file", "# api_key_file"));
    let no_issuer_key = site.write("no-issuer-key.toml", &good.replace("hs256_secret_file", "# hs256"));
    let cases = [
        (site.path("absent.toml"), "absent.toml"),
        (broken, "line 2"),
        (no_key, "ASTRIA_API_KEY"),
        (no_issuer_key, "auth.issuers[0]: needs exactly one of"),
    ];

    for (file, words) in cases {
        let (code, _, errors) = site.run("serve", &file, &[], &[]).ended().await;

        assert_eq!(code, 78, "{words}: {errors}");
        assert!(errors.contains(words), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

#[tokio::test]
async fn a_variable_that_overrides_nothing_ends_with_78() {
    let site = Site::new().await;
    let file = site.write("config.toml", &site.config());
    let names = [
        "ASTRIA_GATEWAY__SERVER__COLOUR",
        "ASTRIA_GATEWAY__COLOUR",
        "ASTRIA_GATEWAY__",
        "ASTRIA_GATEWAY__AUTH__ISSUERS__0__ISSUER",
    ];

    for name in names {
        let (code, out, errors) = site.run("check-config", &file, &[], &[(name, "x")]).ended().await;

        assert_eq!((code, out.as_str()), (78, ""), "{name}: {errors}");
        assert!(errors.contains(name), "{errors}");
    }
}
