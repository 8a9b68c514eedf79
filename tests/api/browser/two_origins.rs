//! A page of ours and a page of somebody else's in one browser, against a gateway with TLS and a real login provider.
//!
//! Ours signs in, works by its cookie alone, and signs out. The other tries what such pages try, and gets nothing.

use astria_gateway::config::{LoginProvider, Tls};
use astria_gateway::routes::Route;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::super::harness::{SHARED_TUNE, TestGateway, spawn_gateway};
use super::super::login::OidcProvider;
use super::AT_MOST;
use super::driver::Browser;

const OUR_PAGE: &str = "<!doctype html><title>app</title><h1 data-testid=app>app</h1>";

/// What pages do; `done` ends an asynchronous script.
const WORDS: &str = "
    const [given, done] = arguments;
    const told = (promise) => promise.then(done, (error) => done({ error: String(error) }));
    const ask = async (path, options = {}) => {
        const reply = await fetch(path, options);
        const text = await reply.text();
        return { status: reply.status, body: text ? JSON.parse(text) : null };
    };
    const unsafe = async (method, path, body) => {
        const { body: session } = await ask('/gateway/session');
        const headers = { 'X-CSRF-Token': session.csrf_token };
        if (typeof body === 'string') headers['Content-Type'] = 'application/json';
        return ask(path, { method, body, headers });
    };
";

struct Scene {
    gw: TestGateway,
    browser: Browser,
    /// The gateway's origin.
    ours: String,
    /// The other page's.
    theirs: String,
    _provider: OidcProvider,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let made = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let tls =
            Tls { certificate_file: folder.path().join("cert.pem"), key_file: folder.path().join("key.pem") };
        std::fs::write(&tls.certificate_file, made.cert.pem()).unwrap();
        std::fs::write(&tls.key_file, made.signing_key.serialize_pem()).unwrap();
        let provider = OidcProvider::start().await;
        let settings = LoginProvider {
            issuer: provider.url.clone(),
            client_id: "gateway".into(),
            params: [("prompt".to_owned(), "consent".to_owned())].into(),
            ..LoginProvider::default()
        };
        let app = Route::get("/app", |_: astria_gateway::call::Call<()>| async {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            let mut reply = astria_gateway::reply::of_type(StatusCode::OK, html, OUR_PAGE.into());
            let policy = HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'");
            reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            Ok(reply)
        });
        let gw = spawn_gateway()
            .route(app)
            .mock(|mock| mock.generate_ms = 300)
            .config(|config| {
                config.server.tls = tls;
                config.login.providers.insert("test".into(), settings);
                config.cors.allowed_origins = vec!["https://listed.example".into()];
            })
            .start()
            .await;
        let ours = format!("https://{}", gw.host());
        provider.registers(&ours, gw.login_secret()).await;
        let theirs = their_page(&ours).await;
        let browser = Browser::open_with("about:blank", &["--ignore-certificate-errors"]).await;
        Self { gw, browser, ours, theirs, _provider: provider, _folder: folder }
    }

    async fn sign_in(&self) {
        self.browser.goto(&format!("{}/gateway/login/test?return_to=/app", self.ours)).await;
        self.browser.write("input[name=login]", "alice").await;
        self.browser.write("input[name=password]", "x").await;
        self.browser.click("button[type=submit]").await;
        self.browser.until("the next page", "!document.querySelector('input[name=login]')").await;
        self.consent().await;
    }

    /// Where the provider knows her still.
    async fn sign_in_again(&self) {
        self.browser.goto(&format!("{}/gateway/login/test?return_to=/app", self.ours)).await;
        self.consent().await;
    }

    async fn consent(&self) {
        self.browser.click("button[type=submit]").await;
        self.browser.see("[data-testid=app]").await;
    }

    /// What an expression with [`WORDS`] gives.
    async fn script(&self, expression: &str, given: Value) -> Value {
        let script = format!("{WORDS} told((async () => {{ {expression} }})());");
        self.browser.run(&script, given).await
    }

    /// What our page is told of who is signed in.
    async fn session(&self) -> Value {
        self.browser.goto(&format!("{}/app", self.ours)).await;
        self.script("return ask('/gateway/session');", Value::Null).await
    }

    fn creates(&self) -> usize {
        self.gw.mock.requests().iter().filter(|request| request.method == "POST").count()
    }
}

/// A page on another site, with a form that sends itself nowhere yet.
async fn their_page(ours: &str) -> String {
    let page = format!(
        "<!doctype html><title>theirs</title><h1 data-testid=theirs>theirs</h1>\
         <form method=post action=\"{ours}/tunes/{SHARED_TUNE}/prompts\"><input name=\"prompt[text]\" value=x>\
         <button data-testid=send>win</button></form>"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/", get(move || async move { Html(page) }));
    TaskTracker::new().spawn(async move { axum::serve(listener, app).await.unwrap() });
    // Another host than the gateway's: another site.
    format!("http://localhost:{port}/")
}

#[tokio::test]
async fn our_page_signs_in_works_by_its_cookie_alone_and_signs_out() {
    tokio::time::timeout(AT_MOST, async {
        let scene = Scene::new().await;
        scene.sign_in().await;
        let session = scene.script("return ask('/gateway/session');", Value::Null).await;
        assert_eq!(session["status"], 200, "{session}");
        assert_eq!((&session["body"]["kind"], &session["body"]["subject"]), (&json!("end_user"), &json!("alice")));
        // No token and no id where a script could read it.
        let seen = "return [document.cookie, location.href, document.referrer, JSON.stringify({ ...localStorage, ...sessionStorage })];";
        let seen = scene.script(seen, Value::Null).await;
        assert_eq!((&seen[0], &seen[3]), (&json!(""), &json!("{}")));
        assert!(seen[1].as_str().unwrap().ends_with("/app"), "{seen}");
        assert!(!seen[2].as_str().unwrap().contains("code="), "{seen}");
        let cookie = scene.browser.cookie("__Host-astria_session").await;
        assert_eq!((cookie["httpOnly"].as_bool(), cookie["secure"].as_bool()), (Some(true), Some(true)));
        assert_eq!((&cookie["sameSite"], &cookie["path"]), (&json!("Lax"), &json!("/")));

        let inspected = "
            const canvas = new OffscreenCanvas(64, 64);
            canvas.getContext('2d').fillRect(0, 0, 9, 9);
            const form = new FormData();
            form.append('name', 'man');
            form.append('file', await canvas.convertToBlob({ type: 'image/png' }), 'me.png');
            return unsafe('POST', '/images/inspect', form);";
        let inspected = scene.script(inspected, Value::Null).await;
        assert_eq!(inspected["status"], 200, "{inspected}");

        let waited = "
            const events = new EventSource('/gateway/events');
            await new Promise((open) => events.addEventListener('stream.open', open));
            const finished = new Promise((end) => events.addEventListener('prompt.finished', (event) => end(JSON.parse(event.data))));
            const made = await unsafe('POST', `/tunes/${given}/prompts`, JSON.stringify({ prompt: { text: 'a lighthouse' } }));
            const event = await finished;
            events.close();
            return [made.status, made.body.id, event.object.id];";
        let waited = scene.script(waited, json!(SHARED_TUNE)).await;
        assert_eq!((&waited[0], &waited[1]), (&json!(201), &waited[2]), "{waited}");

        let out = scene.script("return unsafe('POST', '/gateway/logout');", Value::Null).await;
        let provider = out["body"]["logout_url"].as_str().unwrap();
        assert!(!provider.contains("id_token_hint") && provider.contains("client_id=gateway"), "{provider}");
        assert_eq!(scene.session().await["status"], 401);

        scene.sign_in_again().await;
        let everywhere = scene.script("return unsafe('DELETE', '/gateway/sessions');", Value::Null).await;
        assert_eq!(everywhere["status"], 204, "{everywhere}");
        assert_eq!(scene.session().await["status"], 401);
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn a_page_of_another_site_gets_and_does_nothing() {
    tokio::time::timeout(AT_MOST, async {
        let scene = Scene::new().await;
        scene.sign_in().await;
        let before = scene.creates();
        let ours = json!(scene.ours);

        // bff_03: a form that sends itself; the browser shows what came of it.
        scene.browser.goto(&scene.theirs).await;
        scene.browser.click("[data-testid=send]").await;
        scene.browser.until("the refusal", "document.body.textContent.includes('unauthenticated')").await;

        scene.browser.goto(&scene.theirs).await;
        // bff_06: fetch with cookies, with and without a preflight, tells nothing and does nothing.
        let fetches = "
            const path = given + '/tunes/1504944/prompts', credentials = 'include', method = 'POST';
            const json = { 'Content-Type': 'application/json' }, body = JSON.stringify({ prompt: { text: 'x' } });
            const tries = [
                fetch(given + '/gateway/session', { credentials }),
                fetch(path, { method, credentials, body: new URLSearchParams({ 'prompt[text]': 'x' }) }),
                fetch(path, { method, credentials, headers: json, body }),
                fetch(path, { method, credentials, headers: { ...json, 'X-CSRF': '1' }, body }),
                fetch(path, { method, credentials, headers: { ...json, 'X-CSRF-Token': 'x' }, body }),
                fetch(path, { method, credentials, headers: { 'X-HTTP-Method-Override': 'DELETE' } }),
                fetch(given + '/gateway/session', { method, credentials, headers: { Authorization: 'Bearer a.b.c' } }),
                fetch(given + '/gateway/sessions', { method: 'DELETE', credentials }),
                fetch(given + '/gateway/guest', { method, credentials }),
            ];
            const ends = await Promise.allSettled(tries);
            await fetch(path, { method, credentials, mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body });
            navigator.sendBeacon(path, new Blob([body], { type: 'text/plain' }));
            return ends.map((end) => end.status);";
        let ends = scene.script(fetches, ours.clone()).await;
        assert!(ends.as_array().unwrap().iter().all(|end| end == "rejected"), "{ends}");

        // The stream of events.
        let stream = "
            const events = new EventSource(given + '/gateway/events', { withCredentials: true });
            return new Promise((end) => { events.onopen = () => end('open'); events.onerror = () => { events.close(); end('refused'); }; });";
        assert_eq!(scene.script(stream, ours.clone()).await, "refused");

        // Framing: the browser refuses to show it.
        let frame = "
            const frame = document.createElement('iframe');
            frame.src = given + '/app';
            const loaded = new Promise((end) => { frame.onload = end; });
            document.body.append(frame);
            await loaded;
            try { return frame.contentWindow.document.title; } catch (error) { return error.name; }";
        assert_eq!(scene.script(frame, ours).await, "SecurityError");
        let said = scene.browser.console().await;
        assert!(said.iter().any(|line| line.contains("frame-ancestors")), "{said:?}");

        // Login CSRF: an answer of the provider's that this browser did not ask for.
        let callback = format!("{}/gateway/login/test/callback?code=theirs&state=theirs", scene.ours);
        scene.browser.goto(&callback).await;
        scene.browser.until("the refusal", "document.body.textContent.includes('login_failed')").await;

        assert_eq!(scene.creates(), before, "nothing was made");
        let session = scene.session().await;
        assert_eq!(session["body"]["subject"], "alice", "still signed in, and as herself: {session}");
    })
    .await
    .expect("it takes less than a minute");
}
