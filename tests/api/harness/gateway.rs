//! `spawn_gateway()`: a gateway on port 0 with an upstream of its own and secrets that only this run knows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use astria_gateway::accounts::Account;
use astria_gateway::auth::install_crypto_provider;
use astria_gateway::clock::{Clock, Timestamp};
use astria_gateway::config::{Config, Issuer, IssuerKeys, LogFormat, NotificationEndpoint, Plan};
use astria_gateway::gateway::{Gateway, GatewayParts};
use astria_gateway::operation::Operation;
use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy, Standing};
use astria_gateway::routes::Route;
use astria_gateway::secret::Secret;
use astria_gateway::telemetry::AccessLog;
use mock_astria::{MockAstria, Settings};

use super::browser::Browser;
use super::client::{Client, Reply, Tickets};
use super::configured::Configured;
use super::{logs, tokens};

pub const SHARED_TUNE: u64 = mock_astria::FLUX_TUNE_ID;
pub const ISSUER: &str = "https://issuer.test";
pub const AUDIENCE: &str = "gateway";

/// How a test wants its gateway.
pub struct Spawn {
    config: Config,
    mock: Settings,
    clock: Option<Clock>,
    issuer_keys: Vec<IssuerKeys>,
    routes: Vec<Route>,
    expect_unknown: bool,
    webhook_secrets: BTreeMap<String, Vec<String>>,
}

/// A gateway with plan `free` (20 images a day) and `pro`, one HS256 issuer, generous rate limits.
pub fn spawn_gateway() -> Spawn {
    let rule = |of, limit| QuotaRule { of, per: Period::Day, limit, shared_by: SharedBy::EndUser };
    let free = Plan {
        requests_per_s: 1000.0,
        burst: 10_000,
        quotas: vec![rule(Measure::Images, 20), rule(Measure::Inspections, 50)],
        ..Plan::default()
    };
    let pro = Plan {
        quotas: vec![rule(Measure::Images, 500)],
        allow: vec![Operation::InspectImage, Operation::CreatePrompt, Operation::CreateTune],
        ..free.clone()
    };
    let mut config = Config::default();
    config.server.listen.set_port(0);
    config.operator.listen.set_port(0);
    config.store.url = "memory:".into();
    // Tests wait for ends by asking again and again.
    config.reconcile.poll_fresh_ms = 0;
    // Tests count what Astria is asked.
    config.balance.check_s = 0;
    config.server.drain_s = 5;
    config.limits.ip.requests_per_s = 100_000.0;
    config.limits.ip.burst = 100_000;
    config.upstream.shared_tunes = vec![SHARED_TUNE, 666_678, 690_204];
    config.upstream.models = [("gemini".to_owned(), mock_astria::GEMINI_TUNE_ID)].into();
    config.plans = [("free".to_owned(), free), ("pro".to_owned(), pro)].into();
    // Tests count what Astria is asked, and a callback has its object looked at.
    let mock = Settings { generate_ms: 0, train_ms: 0, callbacks: false, ..Settings::default() };
    Spawn {
        config,
        mock,
        clock: None,
        issuer_keys: Vec::new(),
        routes: Vec::new(),
        expect_unknown: false,
        webhook_secrets: BTreeMap::new(),
    }
}

impl Spawn {
    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    pub fn mock(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.mock);
        self
    }

    /// The same, at that second.
    pub fn manual_clock_at(mut self, unix_s: u64) -> Self {
        self.clock = Some(Clock::manual(Timestamp::from_unix_s(unix_s)));
        self
    }

    /// A clock that stands still until the test moves it: this morning at eight, since Astria, imitated, goes by the
    /// machine's.
    pub fn manual_clock(mut self) -> Self {
        const DAY_S: u64 = 86_400;
        let today_s = Clock::system().now().unix_s() / DAY_S * DAY_S;
        self.clock = Some(Clock::manual(Timestamp::from_unix_s(today_s + 8 * 3_600)));
        self
    }

    /// One more issuer beside the harness's own.
    pub fn issuer(mut self, issuer: Issuer, keys: IssuerKeys) -> Self {
        self.config.auth.issuers.push(issuer);
        self.issuer_keys.push(keys);
        self
    }

    /// An address that is told of events, and what signs.
    pub fn endpoint(mut self, name: &str, endpoint: NotificationEndpoint, secret: &str) -> Self {
        self.webhook_secrets.insert(name.to_owned(), vec![secret.to_owned()]);
        self.config.notifications.endpoints.insert(name.to_owned(), endpoint);
        self
    }

    /// One more route beside the table's.
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    pub async fn start(mut self) -> TestGateway {
        install_crypto_provider();
        logs::start();
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let new_key = || format!("sd_{}", random());
        let (api_key, workspace, spare_key) = (new_key(), format!("ws-{}", random()), new_key());
        let (signing, callback) = (random() + &random(), random() + &random());
        self.mock.api_key.clone_from(&api_key);
        self.mock.workspace_id = Some(workspace.clone());
        let mock = MockAstria::start(self.mock).await.unwrap();
        if self.config.upstream.base_url == Config::default().upstream.base_url {
            self.config.upstream.base_url = mock.url();
        }
        self.config.upstream.workspace_id.clone_from(&workspace);
        let own = Issuer {
            issuer: ISSUER.into(),
            audiences: vec![AUDIENCE.into()],
            hs256_secret_file: "in-the-test".into(),
            ..Issuer::default()
        };
        self.config.auth.issuers.insert(0, own);
        let current = Secret::from(signing.clone());
        self.issuer_keys.insert(0, IssuerKeys::Hs256 { current, previous: None });
        let configured = Configured {
            tenant_keys: self.config.tenants.keys().map(|name| (name.clone(), new_key())).collect(),
            config: self.config,
            api_key: api_key.clone(),
            issuer_keys: self.issuer_keys,
            callback: callback.clone(),
            previous_callback: None,
            webhook_secrets: self.webhook_secrets,
            login_secret: random(),
        };
        let (config, secrets) = configured.parts();
        let credentials = configured.credentials();
        accept(&mock, &credentials);
        let clock = self.clock.unwrap_or_else(Clock::system);
        let parts = GatewayParts {
            config,
            secrets,
            clock: clock.clone(),
            extra_routes: self.routes,
            access_log: AccessLog::to(logs::access_sink(), LogFormat::Text),
        };
        let gateway = Gateway::start(parts).await.unwrap();
        let mut secrets = vec![workspace.clone(), signing.clone(), callback, spare_key.clone()];
        secrets.extend(credentials.iter().map(|(key, _)| key.clone()));
        secrets.extend(configured.webhook_secrets.values().flatten().cloned());
        secrets.push(configured.login_secret.clone());
        let secrets = Arc::new(secrets);
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        TestGateway {
            url: format!("http://{}", gateway.listen()),
            gateway: Some(gateway),
            mock,
            clock,
            http,
            signing,
            api_key,
            workspace,
            spare_key,
            configured: Mutex::new(configured),
            credentials: Mutex::new(credentials),
            secrets,
            tickets: Tickets::default(),
            expect_unknown: Mutex::new(self.expect_unknown),
        }
    }
}

/// A running gateway; its checks run when it is dropped.
pub struct TestGateway {
    pub url: String,
    gateway: Option<Gateway>,
    pub mock: MockAstria,
    pub clock: Clock,
    http: reqwest::Client,
    pub signing: String,
    pub api_key: String,
    pub workspace: String,
    /// A key that no account has yet: for a test that rotates one.
    pub spare_key: String,
    configured: Mutex<Configured>,
    /// (key, workspace) of every account that there was so far.
    credentials: Mutex<Vec<(String, String)>>,
    secrets: Arc<Vec<String>>,
    tickets: Tickets,
    expect_unknown: Mutex<bool>,
}

impl TestGateway {
    /// An end user of plan `free`.
    pub fn user(&self, name: &str) -> Client {
        self.with_token(&self.token(name, "free"))
    }

    /// An end user of plan `pro`.
    pub fn pro_user(&self, name: &str) -> Client {
        self.with_token(&self.token(name, "pro"))
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), self.url.clone(), None, Arc::clone(&self.secrets))
            .noting(&self.tickets)
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.anonymous())
    }

    pub fn with_token(&self, token: &str) -> Client {
        Client::new(self.http.clone(), self.url.clone(), Some(token.to_owned()), Arc::clone(&self.secrets))
            .noting(&self.tickets)
    }

    pub fn token(&self, name: &str, plan: &str) -> String {
        tokens::hs256(self.signing.as_bytes(), &tokens::claims(self.clock.now(), name, plan))
    }

    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub fn state(&self) -> astria_gateway::state::AppState {
        self.gateway.as_ref().unwrap().state()
    }

    /// The account of `[upstream]`.
    pub fn own_account(&self) -> Arc<Account> {
        self.state().accounts.own.clone().unwrap()
    }

    /// Answers that the pack cache holds.
    pub fn packs_in_memory(&self) -> u64 {
        self.state().accounts.all().map(|account| account.packs.entries()).sum()
    }

    /// A page of the operator's listener.
    pub async fn operator(&self, path: &str) -> String {
        let url = format!("{}{path}", self.operator_url());
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// Whoever calls the operator's API with this token, or with none.
    pub fn at_operator(&self, token: Option<&str>) -> Client {
        Client::new(
            self.http.clone(),
            self.operator_url(),
            token.map(str::to_owned),
            Arc::clone(&self.secrets),
        )
    }

    pub fn operator_url(&self) -> String {
        format!("http://{}", self.gateway.as_ref().unwrap().operator_listen())
    }

    /// The API key of a tenant's account.
    pub fn key_of(&self, tenant: &str) -> String {
        self.configured.lock().unwrap().tenant_keys[tenant].clone()
    }

    /// What proves the gateway to its login providers.
    pub fn login_secret(&self) -> String {
        self.configured.lock().unwrap().login_secret.clone()
    }

    /// The key of `[upstream]` that is in force.
    pub fn current_key(&self) -> String {
        self.configured.lock().unwrap().api_key.clone()
    }

    /// Puts a changed configuration in force, as SIGHUP would; Astria knows the accounts that come and forgets none.
    pub fn reload(&self, change: impl FnOnce(&mut Configured)) {
        let mut configured = self.configured.lock().unwrap();
        change(&mut configured);
        let (config, secrets) = configured.parts();
        let mut credentials = self.credentials.lock().unwrap();
        credentials.extend(configured.credentials());
        accept(&self.mock, &credentials);
        self.gateway.as_ref().unwrap().reload(config, secrets).unwrap();
    }

    /// Ends the gateway as SIGTERM would; `true`: everything finished in time.
    pub async fn stop(&mut self) -> bool {
        self.gateway.take().unwrap().stop().await
    }

    /// This test leaves outcomes unknown on purpose.
    pub fn expect_unknown(&self) {
        *self.expect_unknown.lock().unwrap() = true;
    }

    /// How many creates stand where. From anywhere: the store answers on threads of its own.
    pub fn standing(&self) -> Standing {
        self.try_standing().unwrap()
    }

    fn try_standing(&self) -> Option<Standing> {
        let ledger = self.state().ledger.clone();
        let asking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async { ledger.standing().await.ok() })
        });
        asking.join().unwrap()
    }

    pub fn assert_no_secret(&self, text: &str, place: &str) {
        for secret in self.secrets.iter() {
            assert!(!text.contains(secret.as_str()), "a secret of this run stands in {place}");
        }
        for ticket in self.tickets.lock().unwrap().iter() {
            assert!(!text.contains(ticket.as_str()), "a ticket of this run stands in {place}");
        }
    }

    /// `used`, `held` and `left` of a quota, as the account page says.
    pub async fn quota(&self, user: &Client, of: &str) -> (u64, u64, u64) {
        let account = user.get("/gateway/account").await.ok();
        let quotas = account["quotas"].as_array().unwrap();
        let quota = quotas.iter().find(|quota| quota["of"] == of).unwrap();
        let number = |name: &str| quota[name].as_u64().unwrap();
        (number("used"), number("held"), number("left"))
    }

    fn check_upstream_requests(&self) {
        for request in self.mock.requests() {
            let header = |name: &str| request.headers.get(name).map(String::as_str);
            let line = format!("{} {}", request.method, request.path);
            let sent = (header("authorization"), header("x-workspace-id"));
            let credentials = self.credentials.lock().unwrap();
            let known = credentials.iter().any(|(key, workspace)| {
                sent == (Some(format!("Bearer {key}").as_str()), Some(workspace.as_str()))
            });
            assert!(known, "{line} carried another credential");
            let allowed = [
                "accept",
                "authorization",
                "content-length",
                "content-type",
                "host",
                "range",
                "traceparent",
                "user-agent",
                "x-workspace-id",
            ];
            for name in request.headers.keys() {
                assert!(allowed.contains(&name.as_str()), "{line} carried {name}");
            }
        }
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.check_upstream_requests();
        if let Some(gateway) = &self.gateway {
            // A test that closed the store has looked before.
            let standing = self.try_standing().unwrap_or_default();
            assert_eq!(standing.open, 0, "a reservation has no end");
            if !*self.expect_unknown.lock().unwrap() {
                assert_eq!((standing.unknown, standing.presumed), (0, 0), "a reservation was left unknown");
            }
            self.assert_no_secret(
                &gateway.state().metrics.render(&astria_gateway::telemetry::Readings::default()),
                "the metrics",
            );
        }
        self.assert_no_secret(&logs::text(), "the logs");
    }
}

/// What has no workspace is not looked at: the imitation would let it in whatever it names.
fn accept(mock: &MockAstria, credentials: &[(String, String)]) {
    let named = credentials.iter().filter(|(_, workspace)| !workspace.is_empty());
    mock.set_credentials(named.map(|(key, workspace)| (key.clone(), Some(workspace.clone()))).collect());
}

/// Waits until `ready`, at most ten seconds.
pub async fn eventually(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !ready() {
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen");
        tokio::task::yield_now().await;
    }
}

/// The same for what must be asked for.
pub async fn eventually_async(what: &str, mut ready: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !ready().await {
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen");
        tokio::task::yield_now().await;
    }
}

/// Polls a prompt until its pictures are there.
pub async fn finished(user: &Client, path: &str) -> Reply {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let reply = user.get(path).await;
        let body = reply.ok();
        if body["images"].as_array().is_some_and(|images| !images.is_empty()) || !body["user_error"].is_null()
        {
            return reply;
        }
        assert!(tokio::time::Instant::now() < deadline, "the prompt never finished");
    }
}
