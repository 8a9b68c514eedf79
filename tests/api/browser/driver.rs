//! Starts chromedriver and Chromium, and asks the page in the words of its `data-testid`s.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::harness::Process;

const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What conditions are written with.
const WORDS: &str = "
    const all = (name) => [...document.querySelectorAll(`[data-testid=${name}]`)];
    const one = (name) => all(name)[0];
    const text = (name) => one(name)?.textContent ?? '';
    const shown = (name) => one(name)?.checkVisibility() === true;
    const left = (of) => one(`quota-${of}`)?.dataset.left;
    const stream = document.documentElement.dataset.stream;
    const calls = performance.getEntriesByType('resource').map((call) => new URL(call.name).pathname);
    const looks = calls.filter((path) => /^\\/prompts\\/\\d+$/.test(path)).length;
    const loaded = (css) => [...document.querySelectorAll(css)].filter((image) => image.naturalWidth > 0).length;
";

pub(super) struct Browser {
    client: Client,
    // In this order: the driver ends before its folder is removed.
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    pub(super) async fn open(page: &str) -> Self {
        Self::open_with(page, &[]).await
    }

    /// With more arguments for Chromium.
    pub(super) async fn open_with(page: &str, more: &[&str]) -> Self {
        let (chromium, chromedriver) = (installed("chromium"), installed("chromedriver"));
        let profile = TempDir::new().unwrap();
        let driver = Driver::start(&chromedriver, profile.path()).await;
        let user_data = format!("--user-data-dir={}", profile.path().join("profile").display());
        let mut arguments = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-breakpad",
            "--disable-crash-reporter",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
            &user_data,
        ];
        arguments.extend(more);
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": chromium, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(Capabilities::from_iter(capabilities))
            .connect(&driver.url)
            .await
            .unwrap();
        client.goto(page).await.unwrap();
        Self { client, _driver: driver, _profile: profile }
    }

    /// Leads the browser to another page.
    pub(super) async fn goto(&self, page: &str) {
        self.client.goto(page).await.unwrap();
    }

    /// What an asynchronous script gives.
    pub(super) async fn run(&self, script: &str, given: Value) -> Value {
        self.client.execute_async(script, vec![given]).await.unwrap()
    }

    /// One of the page's cookies, as the browser keeps it.
    pub(super) async fn cookie(&self, name: &str) -> Value {
        let cookie = self.client.get_named_cookie(name).await.unwrap();
        json!({
            "httpOnly": cookie.http_only(), "secure": cookie.secure(), "path": cookie.path(),
            "sameSite": cookie.same_site().map(|same_site| same_site.to_string()),
        })
    }

    /// What the console has said since it was last asked.
    pub(super) async fn console(&self) -> Vec<String> {
        let log = self.client.issue_cmd(BrowserLog).await.unwrap();
        log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Loads the page again.
    pub(super) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Waits for an element.
    pub(super) async fn see(&self, css: &str) -> fantoccini::elements::Element {
        let found =
            self.client.wait().at_most(PATIENCE).every(LOOK_EVERY).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css} does not appear: {error}"))
    }

    pub(super) async fn click(&self, css: &str) {
        self.see(css).await.click().await.unwrap();
    }

    pub(super) async fn write(&self, css: &str, text: &str) {
        self.see(css).await.send_keys(text).await.unwrap();
    }

    /// Puts one of the photos of the fixtures into a file input.
    pub(super) async fn choose_file(&self, css: &str, name: &str) {
        let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/photos").join(name);
        self.write(css, photo.to_str().unwrap()).await;
    }

    /// Waits until a condition in [`WORDS`] holds.
    pub(super) async fn until(&self, what: &str, condition: &str) {
        let script = format!("{WORDS} return Boolean({condition});");
        let holds = async {
            let mut looks = tokio::time::interval(LOOK_EVERY);
            while self.client.execute(&script, Vec::new()).await.unwrap() != json!(true) {
                looks.tick().await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, holds).await;
        if came.is_err() {
            self.screenshot("demo-failed.png").await;
            panic!("{what} did not come: {condition}");
        }
    }

    /// What an expression in [`WORDS`] says now.
    pub(super) async fn ask(&self, expression: &str) -> Value {
        self.client.execute(&format!("{WORDS} return {expression};"), Vec::new()).await.unwrap()
    }

    /// What an expression says of one of the page's modules, `page`, and of a value, `given`.
    pub(super) async fn import(&self, module: &str, expression: &str, given: Value) -> Value {
        let script = format!(
            "const [given, done] = arguments; import('/demo/{module}').then((page) => done({expression}), (error) => done(String(error)));"
        );
        self.client.execute_async(&script, vec![given]).await.unwrap()
    }

    /// The whole page, for people to look at, in the folder for what tests leave behind.
    pub(super) async fn screenshot(&self, name: &str) {
        let height = "document.activeElement?.blur(); scrollTo(0, 0); return document.documentElement.scrollHeight + 160;";
        let height = self.client.execute(height, Vec::new()).await.unwrap().as_u64().unwrap();
        self.client.set_window_size(1280, u32::try_from(height).unwrap()).await.unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), picture).unwrap();
        self.client.set_window_size(1280, 900).await.unwrap();
    }

    /// Ends the browser. Its console may have told of refused requests to these paths, and of nothing else: no
    /// violated content policy, no exception, no missing file.
    pub(super) async fn close_without_complaints(self, refused: &[&str]) {
        let log = self.client.issue_cmd(BrowserLog).await.unwrap();
        for entry in log.as_array().unwrap() {
            let message = entry["message"].as_str().unwrap();
            let expected = message.contains("Failed to load resource")
                && refused.iter().any(|path| message.contains(&format!("{path} - ")));
            assert!(expected, "the console says: {message}");
        }
        self.client.close().await.unwrap();
    }
}

/// chromedriver and the browser that it started.
struct Driver {
    process: Process,
    url: String,
}

impl Driver {
    async fn start(program: &Path, folder: &Path) -> Self {
        let mut command = Command::new(program);
        // A group of its own, so that Chromium can be ended with it, whatever happened to the test.
        command.arg("--port=0").env("TMPDIR", folder).process_group(0);
        let mut process = Process::start(command).unwrap();
        let ready = process.line(|line| line.contains("started successfully on port")).await;
        let port = ready.trim_end_matches('.').rsplit(' ').next().unwrap();
        Self { url: format!("http://127.0.0.1:{port}"), process }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let kill = format!("kill -s KILL -- -{}", self.process.id());
        // It may have ended already, which is as good. The shell has kill even where no package brings it.
        let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
    }
}

/// A program of that name on `PATH`.
fn installed(name: &str) -> PathBuf {
    let places = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&places).map(|place| place.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("the page's test needs {name}; as root: apt-get install --yes chromium chromium-driver")
    })
}

/// chromedriver's own command for what the browser's console said.
#[derive(Debug)]
struct BrowserLog;

impl WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
