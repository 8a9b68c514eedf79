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
fn a_row_of_prices_is_checked_member_by_member() {
    let good = r#"
        [upstream.models]
        gemini = 7
        [[prices]]
        model = "gemini"
        resolution = "4K"
        cost_mc = 1
        [[prices]]
        model = 1504944
        video_model = "kling-2.1"
        per = "second"
        cost_mc = 1000000000
        [[prices]]
        flag = "upscale_v4"
    "#;
    assert_eq!(load_text(good, &Environment::default()).unwrap().prices.len(), 3);
    let bad = r#"
        [[prices]]
        operation = "get_prompt"
        model = "nobody"
        resolution = "8K"
        video_model = "Kling 2"
        flag = "video_model"
        [[prices]]
        per = "second"
        cost_mc = 1000000001
        [[prices]]
        per = "hour"
        price = 3
    "#;
    let mut found = errors(bad);
    found.sort();
    let expected = [
        "prices[0].flag",
        "prices[0].model",
        "prices[0].operation",
        "prices[0].resolution",
        "prices[0].video_model",
        "prices[1].cost_mc",
        "prices[1].per",
        "prices[2].cost_mc",
        "prices[2].per",
        "prices[2].price",
    ];
    assert_eq!(found, expected);
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

#[test]
fn jwks_05_an_issuer_that_is_discovered_is_an_address_and_has_no_other_keys() {
    let issuer = |name: &str, more: &str| {
        format!("[[auth.issuers]]\nissuer = \"{name}\"\naudiences = [\"a\"]\ndiscover = true\n{more}")
    };
    assert!(load_text(&issuer("https://login.example/a", ""), &Environment::default()).is_ok());
    for bad in ["login", "http://login.example", "https://login.example?a"] {
        assert_eq!(errors(&issuer(bad, "")), ["auth.issuers[0].issuer"], "{bad}");
    }
    let both = issuer("https://login.example", "jwks_url = \"https://login.example/keys\"\n");
    assert_eq!(errors(&both), ["auth.issuers[0]"]);
}

#[test]
fn operator_tokens_are_checked_all_at_once_and_are_no_service_keys() {
    let (hash, other) = ("0".repeat(64), "1".repeat(64));
    let token =
        |name: &str, hash: &str| format!("[[operator.tokens]]\nname = \"{name}\"\nsha256 = [\"{hash}\"]\n");
    let good = token("support", &hash);
    assert!(load_text(&good, &Environment::default()).is_ok());
    let found = errors(&format!("{good}{}{}key = \"agk_x\"\n", token("support", &other), token("a b", "00")));
    let expected = ["operator.tokens[2].key", "operator.tokens[1].name", "operator.tokens[2].name"];
    assert_eq!(found, expected);
    assert_eq!(errors(&format!("{good}{}", token("b", &hash))), ["operator.tokens[1].sha256"]);
    let service = format!("[[auth.service_keys]]\nname = \"a\"\nsha256 = [\"{hash}\"]\nissuer = \"any\"\n");
    assert_eq!(errors(&format!("{good}{service}")), ["operator.tokens[0].sha256"]);
}

#[test]
fn service_keys_are_checked_all_at_once_and_hold_hashes_only() {
    let hash = "0".repeat(64);
    let good = format!("[[auth.service_keys]]\nname = \"a\"\nsha256 = [\"{hash}\"]\nissuer = \"any\"\n");
    assert!(load_text(&good, &Environment::default()).is_ok());
    let other = format!("{good}plan = \"gold\"\ntenant = \"acme\"\nkey = \"agk_x\"\n");
    let found = errors(&format!("{good}{other}[[auth.service_keys]]\nname = \"b\"\nissuer = \"gateway\"\n"));
    let expected = [
        "auth.service_keys[1].key",
        "auth.service_keys[1].name",
        "auth.service_keys[1].plan",
        "auth.service_keys[1].tenant",
        "auth.service_keys[2].issuer",
        "auth.service_keys[1].sha256", // key 0 has the same hash
    ];
    assert_eq!(found, expected);
    assert_eq!(errors(&format!("{good}{}", good.replace("\"a\"", "\"b\""))), ["auth.service_keys[1].sha256"]);
}

#[test]
fn guests_need_a_plan_that_spends_nothing_and_a_name_of_their_own() {
    let with = |plan: &str| format!("[guest]\nenabled = true\n{plan}");
    assert_eq!(errors(&with("")), ["guest.plan"]);
    assert_eq!(
        errors(&with("[plans.free]\n[plans.guest]\nburst = 1\n")),
        ["guest.plan"],
        "allow has a default"
    );
    let fit = with("[plans.free]\n[plans.guest]\nallow = []\n");
    assert!(load_text(&fit, &Environment::default()).is_ok());
    let own = "[[auth.issuers]]\nissuer = \"gateway\"\naudiences = [\"a\"]\nhs256_secret_file = \"s\"\n";
    assert_eq!(errors(own), ["auth.issuers[0].issuer"]);
}

#[test]
fn guests_who_may_spend_have_a_quota_together_and_bounds() {
    let with = |keys: &str, plan: &str| {
        format!("[guest]\ntrial = true\n{keys}\n[plans.free]\n[plans.trial]\n{plan}\n")
    };
    let shared = "quotas = [{ of = \"images\", per = \"day\", limit = 9, shared_by = \"guests\" }]";
    let fit = load_text(&with("", shared), &Environment::default()).unwrap();
    let id = crate::guests::GuestId::generate().unwrap();
    let guest = fit.trial_guest(id).unwrap();
    assert_eq!((&*guest.plan, guest.id.clone(), guest.is_shared()), ("trial", id.end_user(), false));
    assert!(load_text(&with("", "allow = []"), &Environment::default()).is_ok());
    assert!(Config::default().trial_guest(id).is_none());

    assert_eq!(errors("[guest]\ntrial = true\n"), ["guest.trial_plan"]);
    assert_eq!(errors(&with("", "")), ["guest.trial_plan"]);
    let elsewhere = format!("[plans.free]\n{shared}\n");
    assert_eq!(errors(&elsewhere), ["plans.free.quotas[0].shared_by"]);
    let odd = with("valid_s = 59\nmax_per_network_per_day = 0\nmax_per_day = 0\nkeep_s = 86399", shared);
    assert_eq!(errors(&odd), ["guest.valid_s", "guest.max_per_network_per_day", "guest.keep_s"]);
    let odd = with("valid_s = 172800\nmax_per_day = 4\nkeep_s = 172799", shared);
    assert_eq!(errors(&odd), ["guest.max_per_day", "guest.keep_s"]);
    let tenant = format!("{}[tenants.a]\n[upstream]\ntenant_required = true\n", with("", shared));
    assert_eq!(errors(&tenant), ["guest.tenant"]);
}

#[test]
fn tenants_have_plain_names_that_differ_as_variables_too() {
    let text = r#"
        [upstream]
        tenant_required = true
        [tenants.acme-eu]
        workspace_id = 77
        [tenants.acme_eu]
        workspace_id = "a/b"
        [tenants.ACME]
    "#;
    let mut found = errors(text);
    found.sort();
    assert_eq!(found, ["tenants.ACME", "tenants.acme_eu", "tenants.acme_eu.workspace_id"]);
    assert_eq!(errors("[upstream]\ntenant_required = true\n"), ["upstream.tenant_required"]);
    let guest = "[guest]\nenabled = true\n[plans.free]\n[plans.guest]\nallow = []\n[tenants.a]\n[upstream]\ntenant_required = true\n";
    assert_eq!(errors(guest), ["guest.tenant"]);
}

#[test]
fn a_tenants_key_comes_from_its_variable_or_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "sd_from_file\n").unwrap();
    let tenant =
        |api_key_file: &std::path::Path| Tenant { api_key_file: api_key_file.into(), ..Tenant::default() };
    let tenants = [("a-b".into(), tenant(&file)), ("c".into(), Tenant::default())].into();
    let mut config = Config { tenants, ..Config::default() };
    config.upstream.tenant_required = true;
    let names_of = |environment: &Environment| {
        load_secrets(&config, environment)
            .map_err(|errors| errors.into_iter().map(|e| e.key).collect::<Vec<_>>())
    };

    let missing = names_of(&Environment::default()).err().unwrap();
    assert_eq!(missing, ["tenants.c.api_key_file"]);
    let broken = Environment::of([("ASTRIA_GATEWAY_TENANT_C_API_KEY", "a b")]);
    assert_eq!(names_of(&broken).err().unwrap(), ["tenants.c.api_key_file"]);

    let secrets = names_of(&Environment::of([("ASTRIA_GATEWAY_TENANT_C_API_KEY", "sd_c")])).unwrap();
    let key = |name: &str| secrets.tenant_keys[name].expose().to_vec();
    assert_eq!((key("a-b"), key("c")), (b"sd_from_file".to_vec(), b"sd_c".to_vec()));
    assert!(secrets.api_key.is_none(), "nobody needs the operator's own account");

    let both = Environment::of([
        ("ASTRIA_GATEWAY_TENANT_C_API_KEY", "sd_c"),
        ("ASTRIA_GATEWAY_TENANT_A_B_API_KEY", "sd_from_environment"),
    ]);
    assert_eq!(names_of(&both).unwrap().tenant_keys["a-b"].expose(), b"sd_from_environment");
}

#[test]
fn a_tenants_account_serves_whoever_names_it() {
    let mut config = Config::default();
    assert_eq!(config.account_of(Some("any")), AccountChoice::Upstream);
    config.tenants = [("acme".into(), Tenant::default())].into();
    assert_eq!(config.account_of(Some("acme")), AccountChoice::Tenant("acme"));
    assert_eq!(config.account_of(Some("other")), AccountChoice::Refused);
    assert_eq!(config.account_of(None), AccountChoice::Upstream);
    config.upstream.tenant_required = true;
    assert_eq!(config.account_of(None), AccountChoice::Refused);
}

#[test]
fn an_endpoint_for_spans_needs_a_build_that_can_send_them() {
    let found = load_text(
        "[telemetry.otlp]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"\n",
        &Environment::default(),
    );
    assert_eq!(found.is_ok(), cfg!(feature = "otel"));
    if let Err(errors) = found {
        assert_eq!(errors[0].key, "telemetry.otlp.endpoint");
        assert!(errors[0].message.contains("--features otel"));
    }
    let text = "[telemetry.otlp]\nsample_ratio = 1.5\ntimeout_ms = 0\nservice_name = \"\"\n[log]\naccess_buffer_bytes = 10\n";
    let mut found = errors(text);
    found.sort();
    let expected = [
        "log.access_buffer_bytes",
        "telemetry.otlp.sample_ratio",
        "telemetry.otlp.service_name",
        "telemetry.otlp.timeout_ms",
    ];
    assert_eq!(found, expected);
}

#[test]
fn one_end_users_part_of_the_memory_holds_a_largest_body_and_is_no_more_than_the_whole() {
    let small = "body_bytes = 100\nbodies_in_flight_bytes = 400\n";
    for (part, fits) in [(299, false), (300, true), (400, true), (401, false)] {
        let text =
            format!("[photos]\nmax_bytes = 100\n[limits]\n{small}bodies_in_flight_bytes_per_user = {part}\n");
        match load_text(&text, &Environment::default()) {
            Ok(_) => assert!(fits, "{part}"),
            Err(found) => {
                assert_eq!(found[0].key, "limits.bodies_in_flight_bytes_per_user");
                assert_eq!((found.len(), fits), (1, false), "{part}");
            }
        }
    }
}

#[test]
fn a_plan_bounds_images_and_resolution_in_astrias_words() {
    let text = "[plans.free]\nsandbox = true\nmax_num_images = 2\nmax_resolution = \"1K\"";
    let config = load_text(text, &Environment::default()).unwrap();
    let plan = config.plan(Some("free")).1.policy();
    assert_eq!((plan.is_sandbox, plan.max_num_images), (true, Some(2)));
    assert_eq!(plan.max_resolution, Some(crate::policy::Resolution::OneK));
    for max in [0, 9] {
        let errors = errors(&format!("[plans.free]\nmax_num_images = {max}"));
        assert!(errors.iter().any(|error| error.contains("plans.free.max_num_images")), "{errors:?}");
    }
    assert!(!errors("[plans.free]\nmax_resolution = \"8K\"").is_empty());
}
