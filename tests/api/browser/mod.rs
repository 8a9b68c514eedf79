//! The demo's page in a real browser: headless Chromium, driven by chromedriver.

mod contract;
mod cutting_proxy;
mod driver;
mod live;
mod sessions;
mod training;
mod two_origins;

use std::net::SocketAddr;
use std::time::Duration;

use astria_gateway::problem::Code;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::harness::Process;
use driver::{Browser, LOOK_EVERY};

/// For a whole test, from the browser's start on.
const AT_MOST: Duration = Duration::from_secs(60);

/// The page asks who is signed in, and is told that nobody is.
const NOBODY_YET: &str = "/gateway/session";

/// The demo, and where its parts are.
struct Demo {
    _process: Process,
    places: Value,
    _folder: TempDir,
}

impl Demo {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let arguments =
            "demo --json --listen 127.0.0.1:0 --operator-listen 127.0.0.1:0 --mock-listen 127.0.0.1:0";
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let mut process = Process::gateway(folder.path(), &arguments, &[]);
        let places = serde_json::from_str(&process.line(|_| true).await).unwrap();
        Self { _process: process, places, _folder: folder }
    }

    fn page(&self) -> String {
        format!("{}/demo", self.places["gateway"].as_str().unwrap())
    }

    /// Where the gateway listens.
    fn gateway(&self) -> SocketAddr {
        self.places["gateway"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
    }

    fn upstream(&self, path: &str) -> String {
        format!("{}/__mock__/{path}", self.places["mock"].as_str().unwrap())
    }

    /// What the imitated upstream says of itself.
    async fn upstream_says(&self, path: &str) -> Value {
        reqwest::get(self.upstream(path)).await.unwrap().json().await.unwrap()
    }

    /// The creates that the imitated upstream has seen.
    async fn created(&self) -> Vec<Value> {
        let Value::Array(mut requests) = self.upstream_says("requests").await else { unreachable!() };
        requests.retain(|request| request["method"] == "POST");
        requests
    }

    /// Waits until the imitated upstream has finished every prompt.
    async fn until_finished(&self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let objects = self.upstream_says("objects").await;
            if objects["prompts"].as_array().unwrap().iter().all(|prompt| prompt["trained_at"].is_string()) {
                return;
            }
        }
    }

    /// How many there were.
    async fn creates(&self) -> usize {
        self.created().await.len()
    }
}

#[tokio::test]
async fn a_newcomer_inspects_a_photo_browses_packs_makes_pictures_and_changes_the_user() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;

        browser.click("[data-testid=user-free-user]").await;
        browser
            .until("the plan and its quota", "text('plan') === 'plan free' && left('images') === '20'")
            .await;

        browser.choose_file("[data-testid=drop-input]", "jpeg.jpg").await;
        browser.see("[data-testid=photo-card][data-state=done]").await;
        browser
            .until("what the photo shows", "shown('characteristics') && all('characteristic').length > 0")
            .await;
        browser.until("the inspection's price", "left('inspections') === '49'").await;

        browser
            .until("packs with their covers", "all('pack-card').length > 3 && loaded('.pack-cover') > 3")
            .await;
        browser.see("[data-testid=pack-card][data-id='260']").await;

        browser.write("[data-testid=prompt-text]", "A lighthouse at dawn").await;
        browser.click("#fewer").await;
        browser.click("#fewer").await;
        browser.click("[data-testid=create]").await;
        browser.see("[data-testid=job][data-state=running]").await;
        browser.see("[data-testid=job][data-state=done]").await;
        browser
            .until("two pictures", "all('picture').length === 2 && loaded('[data-testid=picture]') === 2")
            .await;
        browser.until("the quota's count-down", "left('images') === '18'").await;

        browser.write("[data-testid=prompt-text]", " <lora:1:1>").await;
        browser.click("[data-testid=create]").await;
        browser.see("[data-testid=error][data-code=not_found]").await;
        browser.until("words", "text('error').includes('does not exist, or is not yours')").await;
        browser.screenshot("demo.png").await;

        browser.click("[data-testid=user-pro-user]").await;
        browser.until("another plan", "text('plan') === 'plan pro' && left('images') === '500'").await;
        let rest =
            "['photo-card', 'characteristic', 'job', 'picture', 'error'].flatMap((name) => all(name)).length";
        browser.until("a clean page", &format!("{rest} === 0 && one('prompt-text').value === ''")).await;
        browser.screenshot("demo-pro.png").await;

        assert_eq!(demo.creates().await, 2, "one inspection and one prompt");
        browser.close_without_complaints(&[NOBODY_YET, "/prompts"]).await;
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn after_an_uncertain_outcome_the_page_says_so_and_shows_the_pictures_when_they_are_found() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let fault = json!({"method": "POST", "path": "/tunes/:tune_id/prompts", "fault": "status_504_after_processing"});
        let faults = reqwest::Client::new().post(demo.upstream("faults")).json(&fault);
        assert!(faults.send().await.unwrap().status().is_success());
        let browser = Browser::open(&demo.page()).await;
        browser.click("[data-testid=user-free-user]").await;
        browser.until("the quota", "left('images') === '20'").await;

        browser.write("[data-testid=prompt-text]", "A lighthouse at dawn").await;
        browser.click("[data-testid=create]").await;

        browser.see("[data-testid=job][data-outcome=unknown] [data-testid=spent]").await;
        browser.until("the truth", "text('spent').includes('may have been made, and counted')").await;
        browser.until("no way to repeat it blindly", "all('retry').length === 0").await;
        browser.screenshot("demo-unknown.png").await;
        browser.until("the pictures", "all('picture').length === 4").await;
        browser.until("their price, once", "left('images') === '16'").await;
        assert_eq!(demo.creates().await, 1);
        browser.close_without_complaints(&[NOBODY_YET, "/prompts"]).await;
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn a_prompt_that_failed_can_be_written_again() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        browser.click("[data-testid=user-free-user]").await;
        browser.until("the quota", "left('images') === '20'").await;
        browser.write("[data-testid=prompt-text]", "A user_error at dawn").await;
        browser.click("[data-testid=create]").await;
        browser.see("[data-testid=job][data-state=failed] [data-code=job_failed]").await;

        browser.write("[data-testid=prompt-text]", " and something else").await;
        browser.click("[data-testid=rewrite]").await;

        browser.until("the prompt in the form", "one('prompt-text').value === 'A user_error at dawn'").await;
        assert_eq!(demo.creates().await, 1, "nothing is sent until somebody presses Create");
        browser.close_without_complaints(&[NOBODY_YET]).await;
    })
    .await
    .expect("it takes less than a minute");
}

#[test]
fn the_page_has_words_for_every_code() {
    let page = include_str!("../../../demo/problem.js");
    for code in Code::ALL {
        let name = code.name();
        assert!(page.contains(&format!("\n  {name}: [\"")), "demo/problem.js does not explain {name}");
    }
}
