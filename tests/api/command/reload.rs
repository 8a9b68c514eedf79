//! A running `serve` takes a new configuration: by SIGHUP, and when a file changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio_util::task::TaskTracker;

use super::super::harness::{SHARED_TUNE, eventually};
use super::{Served, Site, http};

/// A configuration in which only SIGHUP reloads, and whose plan `pro` is as generous as this.
fn by_signal(site: &Site, burst: u32) -> String {
    let pro = format!("[plans.pro]\nrequests_per_s = {burst}.0\nburst = {burst}");
    site.config().replace("[plans.pro]", &pro) + "\n[reload]\npoll_s = 0\n"
}

/// Users who create and read prompts without a pause, until they are told to end.
struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    tasks: TaskTracker,
    troubles: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Load {
    /// Every reply must be one of `expected`.
    async fn begin(site: &Site, served: &Served, expected: &'static [u16]) -> Self {
        let load = Self {
            stop: Arc::default(),
            served: Arc::default(),
            tasks: TaskTracker::new(),
            troubles: Arc::default(),
        };
        let file = site.path("config.toml");
        for n in 0..4 {
            let user = served.with_token(&site.mint(&file, &format!("user-{n}"), "pro").await);
            let (stop, count) = (Arc::clone(&load.stop), Arc::clone(&load.served));
            let troubles = Arc::clone(&load.troubles);
            load.tasks.spawn(async move {
                let body = json!({ "prompt": { "text": "a cat" } });
                while !stop.load(Ordering::Relaxed) {
                    let made = user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await;
                    let account = user.get("/gateway/account").await;
                    for reply in [&made, &account] {
                        if !expected.contains(&reply.status.as_u16()) {
                            let told = format!("{}: {}", reply.status, reply.text());
                            troubles.lock().unwrap().push(told);
                        }
                    }
                    count.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        load.tasks.close();
        load.some_more().await;
        load
    }

    /// Waits until 40 more requests have been answered.
    async fn some_more(&self) {
        let until = self.served.load(Ordering::Relaxed) + 40;
        eventually("the load goes on", || self.served.load(Ordering::Relaxed) >= until).await;
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.wait().await;
        let troubles = self.troubles.lock().unwrap();
        assert!(troubles.is_empty(), "{troubles:?}");
    }
}

#[tokio::test]
async fn f39_an_api_key_that_is_rotated_under_load_costs_no_request() {
    let site = Site::new().await;
    let mut served = site.serve(&by_signal(&site, 100_000), &[]).await;
    let new_key = format!("sd_{}", uuid::Uuid::new_v4().simple());
    let workspace = Some(site.workspace.clone());
    site.mock.set_credentials(vec![
        (site.api_key.clone(), workspace.clone()),
        (new_key.clone(), workspace.clone()),
    ]);
    let load = Load::begin(&site, &served, &[200, 201]).await;

    site.write("api-key", &new_key);
    served.process.hang_up();
    served.process.error_line(|line| line.contains("the configuration was reloaded")).await;
    load.some_more().await;
    site.mock.set_credentials(vec![(new_key.clone(), workspace)]);
    load.some_more().await;
    load.end().await;

    let bearer = |key: &str| format!("Bearer {key}");
    let requests = site.mock.requests();
    let switched = requests.iter().position(|one| one.headers["authorization"] == bearer(&new_key)).unwrap();
    assert!(switched > 0, "the old key was used before");
    let last = requests.last().unwrap();
    assert_eq!(last.headers["authorization"], bearer(&new_key));
    served.process.terminate();
    let (_, out, errors) = served.process.ended().await;
    assert!(!out.contains(&new_key) && !errors.contains(&new_key), "the new key was printed");
}

#[tokio::test]
async fn a_reload_under_load_drops_no_request_and_puts_new_limits_in_force() {
    let site = Site::new().await;
    let mut served = site.serve(&by_signal(&site, 100_000), &[]).await;
    let load = Load::begin(&site, &served, &[200, 201]).await;
    let user = served.with_token(&site.mint(&site.path("config.toml"), "another", "pro").await);
    assert_eq!(user.get("/gateway/account").await.header("x-ratelimit-limit"), Some("100000"));

    site.write("config.toml", &by_signal(&site, 50_000));
    served.process.hang_up();
    served.process.error_line(|line| line.contains("the configuration was reloaded")).await;
    load.some_more().await;

    assert_eq!(user.get("/gateway/account").await.header("x-ratelimit-limit"), Some("50000"));
    load.end().await;
}

#[tokio::test]
async fn f38_a_bad_file_changes_nothing_and_says_everything_that_is_wrong() {
    let site = Site::new().await;
    let config = by_signal(&site, 100);
    let mut served = site.serve(&config, &[]).await;
    let user = served.with_token(&site.mint(&site.path("config.toml"), "first", "pro").await);

    let bad = site
        .write("config.toml", &format!("{config}\n[packs]\nfresh_s = \"soon\"\n[photos]\nmax_bytes = 0\n"));
    served.process.hang_up();
    served.process.error_line(|line| line.contains("packs.fresh_s")).await;
    served.process.error_line(|line| line.contains("photos.max_bytes")).await;
    served.process.error_line(|line| line.contains("nothing has changed")).await;
    user.get("/gateway/account").await.ok();
    let metrics =
        http().get(format!("{}/metrics", served.operator)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"astria_gateway_config_reloads_total{outcome="refused"} 1"#), "{metrics}");
    assert_eq!(site.run("check-config", &bad, &[], &[]).ended().await.0, 78);

    site.write("config.toml", &config);
    served.process.hang_up();
    served.process.error_line(|line| line.contains("the configuration was reloaded")).await;
    user.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn a_changed_file_is_noticed_without_a_signal() {
    let site = Site::new().await;
    let config = site.config() + "\n[reload]\npoll_s = 1\n";
    let mut served = site.serve(&config, &[]).await;
    let token = site.mint(&site.path("config.toml"), "first", "pro").await;

    // Another secret for tokens: the file that the configuration names changes, not the configuration.
    site.write("hs256.secret", &"x".repeat(48));
    served.process.error_line(|line| line.contains("the configuration was reloaded")).await;

    served.with_token(&token).get("/gateway/account").await.problem(401, "invalid_token");
    let token = site.mint(&site.path("config.toml"), "first", "pro").await;
    served.with_token(&token).get("/gateway/account").await.ok();
}

#[tokio::test]
async fn what_only_a_restart_changes_is_named_and_the_rest_counts() {
    let site = Site::new().await;
    let config = by_signal(&site, 100);
    let mut served = site.serve(&config, &[]).await;
    let user = served.with_token(&site.mint(&site.path("config.toml"), "first", "pro").await);

    let changed = config
        .replace("drain_s = 15", "drain_s = 16")
        .replace("[plans.free]", "[quota]\ntime_zone = \"Asia/Tokyo\"\n[plans.free]");
    site.write("config.toml", &changed.replace("burst = 100", "burst = 77"));
    served.process.hang_up();
    let named = served.process.error_line(|line| line.contains("only after a restart")).await;

    assert!(named.contains("quota.time_zone"), "{named}");
    served.process.error_line(|line| line.contains("the configuration was reloaded")).await;
    assert_eq!(user.get("/gateway/account").await.header("x-ratelimit-limit"), Some("77"));
}

#[tokio::test]
async fn mp_01_a_reload_changes_one_end_users_part_of_the_memory_for_bodies() {
    let site = Site::new().await;
    let with_part = |part_bytes: u32| {
        let limits =
            format!("[limits]\nbody_bytes = 65536\nbodies_in_flight_bytes_per_user = {part_bytes}\n");
        format!("{}[photos]\nmax_bytes = 1000000\n{limits}", by_signal(&site, 100))
    };
    let mut served = site.serve(&with_part(4_000_000), &[]).await;
    let token = site.mint(&site.path("config.toml"), "first", "pro").await;
    let host = served.url.strip_prefix("http://").unwrap().to_owned();
    // Two photos are announced and wait for their bytes.
    let head = format!(
        "POST /images/inspect HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 1000000\r\n\r\n--X"
    );
    let mut uploads = Vec::new();
    for _ in 0..2 {
        let mut upload = tokio::net::TcpStream::connect(&host).await.unwrap();
        upload.write_all(head.as_bytes()).await.unwrap();
        uploads.push(upload);
    }
    let used = "astria_gateway_body_budget_used_bytes 2000000";
    let metrics = format!("{}/metrics", served.operator);
    let announced =
        async { while !http().get(&metrics).send().await.unwrap().text().await.unwrap().contains(used) {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), announced).await.unwrap();
    let user = served.with_token(&token);
    let no_photo = "x".repeat(900_000);
    user.post("/images/inspect", "application/json", no_photo.clone()).await.problem(400, "bad_body");

    site.write("config.toml", &with_part(2_100_000));
    served.process.hang_up();
    served.process.error_line(|line| line.contains("the configuration was reloaded")).await;

    user.post("/images/inspect", "application/json", no_photo).await.problem(503, "overloaded");
}
