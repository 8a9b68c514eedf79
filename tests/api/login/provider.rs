//! `tests/vendor/oidc-provider.mjs`, as a child of the test.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::super::harness::{Process, TestGateway};

pub struct OidcProvider {
    pub url: String,
    http: reqwest::Client,
    _process: Process,
}

impl OidcProvider {
    pub async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vendor");
        let module = folder.join("node_modules/oidc-provider");
        assert!(module.is_dir(), "tests/vendor/node_modules is missing or old: ./scripts/test installs it");
        let mut node = Command::new("node");
        node.arg(folder.join("oidc-provider.mjs"));
        let mut process = Process::start(node).unwrap();
        let said: Value = serde_json::from_str(&process.line(|line| line.starts_with('{')).await).unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { url: said["url"].as_str().unwrap().to_owned(), http, _process: process }
    }

    /// A client that follows no redirect.
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Registers the gateway.
    pub async fn knows(&self, gw: &TestGateway) {
        self.registers(&gw.url, gw.login_secret()).await;
    }

    /// Registers a gateway of this origin.
    pub async fn registers(&self, origin: &str, secret: String) {
        let at = |path: &str| format!("{origin}{path}");
        let client = json!({
            "client_id": "gateway",
            "client_secret": secret,
            "redirect_uri": at("/gateway/login/test/callback"),
            "post_logout_redirect_uri": at("/"),
            "backchannel_logout_uri": at("/gateway/login/test/backchannel"),
        });
        self.control("client", &client).await;
    }

    /// What the ID token says of a person's plan from now on.
    pub async fn gives_plan(&self, name: &str, plan: &str) {
        self.control("account", &json!({ "sub": name, "plan": plan })).await;
    }

    /// Signs with other keys from now on; the old ones are gone.
    pub async fn rotates_keys(&self) {
        self.control("rotate", &json!({})).await;
    }

    /// From now on a path is `down`, `html`, `error`, `slow` (until released) or, of the token endpoint, gives what is
    /// a `forge`d ID token.
    pub async fn fails(&self, path: &str, kind: &str) {
        self.control("fault", &json!({ "path": path, "kind": kind })).await;
    }

    pub async fn recovers(&self, path: &str) {
        self.control("fault", &json!({ "path": path })).await;
    }

    /// Lets what is slow go on.
    pub async fn releases(&self) {
        self.control("release", &json!({})).await;
    }

    /// Everything that it counted.
    pub async fn seen(&self) -> Value {
        self.control("seen", &json!({})).await
    }

    /// How often a path was asked.
    pub async fn requests(&self, path: &str) -> u64 {
        self.seen().await["requests"][path].as_u64().unwrap_or(0)
    }

    /// Refreshes that it took, and those that it refused.
    pub async fn refreshes(&self) -> (u64, u64) {
        let seen = self.seen().await;
        (seen["refreshed"].as_u64().unwrap(), seen["refused"].as_u64().unwrap())
    }

    async fn control(&self, what: &str, body: &Value) -> Value {
        let url = format!("{}/control/{what}", self.url);
        self.http.post(url).json(body).send().await.unwrap().json().await.unwrap()
    }
}
