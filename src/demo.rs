//! `astria-gateway demo`: everything in one process, nothing to configure.
//!
//! The imitated upstream, the gateway with two end users on two plans, and a page to try it all. It writes
//! the configuration it runs on (with throw-away secrets) to its data folder and loads it from there, so
//! that what a newcomer sees is what `serve` would do.
//!
//! What it does *not* do: it is no deployment. Its tokens are handed to whoever opens the page.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use clap::Args;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use mock_astria::{
    FLUX_TUNE_ID, GEMINI_TUNE_ID, MockAstria, REALISTIC_VISION_TUNE_ID, SDXL_TUNE_ID, SEEDREAM_TUNE_ID,
};
use serde_json::json;

use crate::auth::mint;
use crate::call::{Answer, Call};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, Environment, Issuer, Log, Plan, load_secrets};
use crate::console::{fail, print, run_until_signal};
use crate::gateway::{Gateway, GatewayParts};
use crate::operation::Operation;
use crate::quota::{Measure, Period, QuotaRule, SharedBy};
use crate::reply::{self, Reply};
use crate::routes::Route;
use crate::secret::Secret;
use crate::telemetry::{AccessLog, init_logging};

const ISSUER: &str = "https://demo.astria-gateway.invalid";
const AUDIENCE: &str = "astria-gateway-demo";
const WORKSPACE: &str = "4242";
const TOKEN_LIFETIME_S: u64 = 12 * 3600;
/// (end user, plan)
const USERS: [(&str, &str); 2] = [("free-user", "free"), ("pro-user", "pro")];

/// Flags of `demo`.
#[derive(Args)]
pub struct DemoArgs {
    /// Where the gateway and the page listen; port 0 means any.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where metrics and health listen.
    #[arg(long, default_value = "127.0.0.1:9090")]
    operator_listen: SocketAddr,
    /// Where the imitated upstream listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    mock_listen: SocketAddr,
    /// Folder for the demo's configuration and secrets; without it a temporary one, removed at the end.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Print one JSON line when ready, for scripts.
    #[arg(long)]
    json: bool,
}

/// Runs until a signal.
///
/// Not cancel safe.
pub async fn run(args: DemoArgs) -> ExitCode {
    let log = Log { filter: if args.json { "warn".into() } else { "info".into() }, ..Log::default() };
    let _logging = init_logging(&log);
    // A name that nobody can guess, so that nobody can have made the folder before.
    let temporary = || std::env::temp_dir().join(format!("astria-gateway-demo-{}", uuid::Uuid::new_v4()));
    let folder = args.data_dir.clone().unwrap_or_else(temporary);
    let code = match Demo::start(&args, &folder).await {
        Err(message) => fail(&message),
        Ok(demo) => {
            print(format_args!("{}", if args.json { demo.as_json() } else { demo.as_text() }));
            let Demo { gateway, mock, .. } = demo;
            let code = run_until_signal(gateway, None).await;
            mock.stop().await;
            code
        }
    };
    if args.data_dir.is_none() {
        // It held throw-away secrets; what cannot be removed is of no use to anybody.
        let _ = std::fs::remove_dir_all(folder);
    }
    code
}

struct Demo {
    gateway: Gateway,
    mock: MockAstria,
    tokens: Vec<(&'static str, &'static str, String)>,
    folder: PathBuf,
}

impl Demo {
    async fn start(args: &DemoArgs, folder: &Path) -> Result<Self, String> {
        let secrets = DemoSecrets::write(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mock = MockAstria::start(mock_astria::Settings {
            listen: args.mock_listen,
            api_key: secrets.api_key.clone(),
            workspace_id: Some(WORKSPACE.into()),
            generate_ms: 4_000,
            train_ms: 8_000,
            ..mock_astria::Settings::default()
        })
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.mock_listen))?;
        let (config, secrets_read) = configure(args, folder, &mock).map_err(|errors| words(&errors))?;
        let now = Clock::system().now();
        let tokens = USERS.map(|(user, plan)| {
            let claims = issuer().claims(user, Some(plan), None, now, TOKEN_LIFETIME_S);
            mint(&secrets.signing, &claims)
                .map(|token| (user, plan, token))
                .map_err(|error| error.to_string())
        });
        let tokens: Vec<_> = tokens.into_iter().collect::<Result<_, _>>()?;
        let extra_routes = page_routes(&tokens, &mock.url());
        let parts = GatewayParts {
            config,
            secrets: secrets_read,
            clock: Clock::system(),
            extra_routes,
            // Its terminal is for the words of the demo.
            access_log: AccessLog::off(),
        };
        let gateway = Gateway::start(parts).await.map_err(|error| error.to_string())?;
        Ok(Self { gateway, mock, tokens, folder: folder.to_owned() })
    }

    fn gateway_url(&self) -> String {
        format!("http://{}", self.gateway.listen())
    }

    fn operator_url(&self) -> String {
        format!("http://{}", self.gateway.operator_listen())
    }

    fn as_json(&self) -> String {
        let tokens: serde_json::Map<_, _> =
            self.tokens.iter().map(|(user, _, token)| ((*user).to_owned(), token.as_str().into())).collect();
        let line = json!({
            "gateway": self.gateway_url(),
            "operator": self.operator_url(),
            "mock": self.mock.url(),
            "tokens": tokens,
        });
        format!("{line}\n")
    }

    fn as_text(&self) -> String {
        let (gateway, operator, mock) = (self.gateway_url(), self.operator_url(), self.mock.url());
        let mut text = format!(
            "\nastria-gateway demo is ready.\n\n  \
             page      {gateway}/demo\n  contract  {gateway}/gateway/docs\n  gateway   {gateway}\n  operator  {operator}/metrics\n  \
             upstream  {mock} (imitated)\n  config    {}\n\nTokens, good for 12 hours:\n",
            self.folder.join("config.toml").display()
        );
        for (user, plan, token) in &self.tokens {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  {user} (plan {plan})\n  {token}\n");
        }
        let token = self.tokens.first().map_or("", |(_, _, token)| token.as_str());
        let bearer = format!("-H 'Authorization: Bearer {token}'");
        let _ = write!(
            text,
            "\nTry:\n\n  curl -s {bearer} {gateway}/gateway/account\n\n  curl -s {bearer} {gateway}/packs\n\n  \
             curl -s {bearer} -F 'prompt[text]=a lighthouse at dawn' -F 'prompt[num_images]=2' \
             {gateway}/tunes/{FLUX_TUNE_ID}/prompts\n\nCtrl-C ends it.\n"
        );
        text
    }
}

struct DemoSecrets {
    api_key: String,
    signing: Secret,
}

impl DemoSecrets {
    /// Makes and writes them, readable by the owner alone.
    fn write(folder: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let random = || format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let put = |name: &str, text: &str| {
            let mut options = std::fs::OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(folder.join(name))?;
            std::io::Write::write_all(&mut file, text.as_bytes())
        };
        let (api_key, signing) = (format!("sd_{}", random()), random());
        put("api-key", &api_key)?;
        put("hs256.secret", &signing)?;
        Ok(Self { api_key, signing: Secret::from(signing) })
    }
}

/// Writes the configuration, then loads it as `serve` would, without the process's environment.
fn configure(
    args: &DemoArgs,
    folder: &Path,
    mock: &MockAstria,
) -> Result<(Config, config::Secrets), Vec<ConfigError>> {
    let images =
        |limit| QuotaRule { of: Measure::Images, per: Period::Day, limit, shared_by: SharedBy::EndUser };
    let inspections =
        |limit| QuotaRule { of: Measure::Inspections, per: Period::Day, limit, shared_by: SharedBy::EndUser };
    let free = Plan {
        requests_per_s: 20.0,
        burst: 120,
        quotas: vec![images(20), inspections(50)],
        ..Plan::default()
    };
    let pro = Plan {
        requests_per_s: 100.0,
        burst: 500,
        quotas: vec![images(500), inspections(1_000)],
        allow: Operation::ALL.into_iter().filter(|operation| operation.creates_cost()).collect(),
        ..Plan::default()
    };
    let mut config = Config::default();
    // The imitation forgets everything too when it ends.
    config.store.url = "memory:".into();
    config.images.allow_private_hosts = true;
    config.images.hosts = vec!["127.0.0.1".into()];
    config.server.listen = args.listen;
    // Plain HTTP; a browser keeps no other cookie for it.
    config.sessions.insecure_http = args.listen.ip().is_loopback();
    config.server.drain_s = 5;
    config.operator.listen = args.operator_listen;
    // Everybody who tries the demo comes from one address.
    config.limits.ip.requests_per_s = 500.0;
    config.limits.ip.burst = 2_000;
    config.upstream.base_url = mock.url();
    config.upstream.api_key_file = folder.join("api-key");
    config.upstream.workspace_id = WORKSPACE.into();
    config.upstream.shared_tunes = vec![FLUX_TUNE_ID, SDXL_TUNE_ID, REALISTIC_VISION_TUNE_ID];
    config.upstream.models =
        [("gemini".into(), GEMINI_TUNE_ID), ("seedream".into(), SEEDREAM_TUNE_ID)].into();
    config.auth.issuers = vec![Issuer { hs256_secret_file: folder.join("hs256.secret"), ..issuer() }];
    // Whoever has not chosen a user yet may try two pictures.
    let trial = Plan {
        quotas: vec![
            QuotaRule { per: Period::Total, ..images(2) },
            QuotaRule { per: Period::Total, ..inspections(5) },
            QuotaRule { shared_by: SharedBy::Guests, ..images(100) },
            QuotaRule { shared_by: SharedBy::Guests, ..inspections(200) },
        ],
        ..free.clone()
    };
    config.guest.trial = true;
    config.guest.max_per_network_per_day = 50;
    config.plans = [("free".into(), free), ("pro".into(), pro), ("trial".into(), trial)].into();
    let file = folder.join("config.toml");
    let failed = |error: &dyn std::fmt::Display| {
        vec![ConfigError { key: file.display().to_string(), message: error.to_string() }]
    };
    let text = toml::to_string(&config).map_err(|error| failed(&error))?;
    std::fs::write(&file, text).map_err(|error| failed(&error))?;
    let environment = Environment::default();
    let config = config::load(Some(&file), &environment)?;
    let secrets = load_secrets(&config, &environment)?;
    Ok((config, secrets))
}

fn issuer() -> Issuer {
    Issuer { issuer: ISSUER.into(), audiences: vec![AUDIENCE.into()], ..Issuer::default() }
}

fn words(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

macro_rules! assets {
    ($($name:literal: $kind:expr,)*) => {
        &[$((concat!("/demo/", $name), $kind, include_str!(concat!("../demo/", $name))),)*]
    };
}

/// (path, type, text)
const ASSETS: &[(&str, &str, &str)] = assets! {
    "style.css": CSS,
    "app.js": JS,
    "astria-client.js": JS,
    "create.js": JS,
    "devices.js": JS,
    "dom.js": JS,
    "headers.js": JS,
    "inspect.js": JS,
    "job.js": JS,
    "live.js": JS,
    "meters.js": JS,
    "packs.js": JS,
    "photos.js": JS,
    "problem.js": JS,
    "train.js": JS,
};

macro_rules! docs {
    ($($name:literal: $kind:expr,)*) => {
        &[$((concat!("/gateway/docs/", $name), $kind, include_str!(concat!("../demo/", $name))),)*]
    };
}

/// The contract, to be read: the same.
const DOCS: &[(&str, &str, &str)] = docs! {
    "docs.css": CSS,
    "docs.js": JS,
    "docs-curl.js": JS,
    "docs-schema.js": JS,
    "docs-words.js": JS,
};

/// It draws what the gateway serves, and nothing else gets in.
const DOCS_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'",
);

async fn docs(_: Call<()>) -> Answer {
    let mut reply = asset(include_str!("../demo/docs.html"), "text/html; charset=utf-8");
    reply.headers_mut().insert(CONTENT_SECURITY_POLICY, DOCS_POLICY);
    Ok(reply)
}

/// The pages, their files, and who can sign in.
fn page_routes(tokens: &[(&'static str, &'static str, String)], pictures_from: &str) -> Vec<Route> {
    let users: Vec<_> = tokens
        .iter()
        .map(|(name, plan, token)| json!({ "name": name, "plan": plan, "token": token }))
        .collect();
    let tunes = json!([
        { "id": FLUX_TUNE_ID, "title": "Flux1.dev" },
        { "id": SDXL_TUNE_ID, "title": "SDXL 1.0" },
        { "id": REALISTIC_VISION_TUNE_ID, "title": "Realistic Vision" },
    ]);
    let session = Bytes::from(json!({ "users": users, "tunes": tunes, "guests": true }).to_string());
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self' blob: data: {pictures_from}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let page = move |_: Call<()>| {
        let policy = HeaderValue::try_from(policy.clone());
        async move {
            let mut reply = asset(include_str!("../demo/index.html"), "text/html; charset=utf-8");
            if let Ok(policy) = policy {
                reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            }
            Answer::Ok(reply)
        }
    };
    let session = move |_: Call<()>| {
        let session = session.clone();
        async move { Ok(reply::json_bytes(StatusCode::OK, session)) }
    };
    let mut routes = vec![
        Route::get("/demo", page),
        Route::get("/demo/session.json", session),
        Route::get("/gateway/docs", docs),
    ];
    for &(path, kind, text) in ASSETS.iter().chain(DOCS) {
        routes.push(Route::get(path, move |_: Call<()>| async move { Ok(asset(text, kind)) }));
    }
    routes
}

fn asset(text: &'static str, kind: &'static str) -> Reply {
    reply::of_type(StatusCode::OK, HeaderValue::from_static(kind), Bytes::from_static(text.as_bytes()))
}
