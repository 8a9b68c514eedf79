//! The operator's commands, run by processes of their own beside a gateway that serves.

use astria_gateway::clock::Clock;
use serde_json::{Value, json};

use super::super::command::{Served, Site};
use super::super::harness::{Client, ISSUER, Process, SHARED_TUNE, tokens};

struct Command<'a> {
    site: &'a Site,
    file: String,
}

impl Command<'_> {
    /// Runs a command; its exit code and what it printed.
    async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let arguments = [arguments, &["--config", &self.file]].concat();
        let process = Process::gateway(self.site.folder.path(), &arguments, &[("USER", "alex")]);
        process.never_prints([self.site.api_key.as_str(), &self.site.signing]).ended().await
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let (code, printed, errors) = self.run(arguments).await;
        assert_eq!((code, errors.as_str()), (0, ""), "{arguments:?}");
        serde_json::from_str(&printed).unwrap()
    }
}

async fn site() -> (Site, Served) {
    let site = Site::new().await;
    let served = site.serve(&site.config(), &[]).await;
    (site, served)
}

fn command(site: &Site) -> Command<'_> {
    Command { site, file: site.path("config.toml").to_str().unwrap().to_owned() }
}

fn user(site: &Site, served: &Served, name: &str) -> Client {
    let claims = tokens::claims(Clock::system().now(), name, "free");
    served.with_token(&tokens::hs256(site.signing.as_bytes(), &claims))
}

/// Asks until the answer is this one: another process tells the gateway by way of the store.
async fn becomes(user: &Client, status: u16) {
    let started = tokio::time::Instant::now();
    while user.get("/gateway/account").await.status != status {
        assert!(started.elapsed().as_secs() < 10, "it takes no effect");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_block_by_a_command_takes_effect_in_the_gateway_that_runs() {
    let (site, served) = site().await;
    let (first, second) = (user(&site, &served, "first"), user(&site, &served, "second"));
    first.get("/gateway/account").await.ok();
    let command = command(&site);

    let changed =
        command.json(&["user", "block", "--subject", "first", "--reason", "sells our pictures"]).await;

    assert_eq!((&changed["issuer"], &changed["after"]), (&json!(ISSUER), &json!({"blocked": true})));
    becomes(&first, 403).await;
    first.get("/packs").await.problem(403, "blocked");
    second.get("/gateway/account").await.ok();
    command.json(&["user", "unblock", "--subject", "first", "--reason", "they stopped"]).await;
    becomes(&first, 200).await;
}

#[tokio::test]
async fn commands_change_show_and_record_what_the_api_does() {
    let (site, served) = site().await;
    let first = user(&site, &served, "first");
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    first.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok();
    let command = command(&site);
    let of_first = ["--subject", "first", "--issuer", ISSUER];
    let because = ["--reason", "asked by phone"];

    command.json(&[&["user", "plan", "--plan", "pro"], &of_first[..], &because].concat()).await;
    let grant = ["user", "grant", "--of", "images", "--per", "month", "--amount", "5"];
    command.json(&[&grant, &of_first[..], &because].concat()).await;

    let page = command.json(&[&["user", "show"], &of_first[..]].concat()).await;
    assert_eq!((&page["plan"]["override"], &page["objects"]), (&json!("pro"), &json!(1)));
    assert_eq!(page["grants"][0]["amount"], 5);
    let users = command.json(&["users", "--search", "FIR"]).await;
    assert_eq!((&users["users"][0]["subject"], &users["users"][0]["plan"]), (&json!("first"), &json!("pro")));
    let audit = command.json(&["audit", "--limit", "1"]).await;
    let who = audit["audit"][0]["who"].as_str().unwrap();
    assert!(who.starts_with("command, uid ") && who.ends_with(" (alex)"), "{who}");
    assert_eq!(
        (&audit["audit"][0]["action"], audit["audit"].as_array().unwrap().len()),
        (&json!("grant"), 1)
    );
    assert!(command.json(&["reservations", "--state", "presumed"]).await["reservations"].is_array());
    let (code, csv, _) = command.run(&["usage", "--by", "user", "--format", "csv"]).await;
    assert_eq!(code, 0);
    assert!(csv.starts_with("issuer,subject,pseudonym,creates,"), "{csv}");
    command.json(&[&["user", "plan", "--as-claimed"], &of_first[..], &because].concat()).await;
    let page = command.json(&[&["user", "show"], &of_first[..]].concat()).await;
    assert_eq!(page["plan"]["override"], Value::Null);
}

#[tokio::test]
async fn a_command_that_makes_no_sense_changes_nothing_and_says_why() {
    let site = Site::new().await;
    site.write("config.toml", &site.config());
    let command = command(&site);
    let plan = ["user", "plan", "--subject", "first", "--reason"];
    for (arguments, code, word) in [
        ([&plan[..], &["x", "--plan", "gold"]].concat(), 1, "there is no plan"),
        ([&plan[..], &[" ", "--plan", "pro"]].concat(), 1, "a reason is"),
        ([&plan[..], &["x"]].concat(), 2, "--plan"),
        (
            [&plan[..], &["x", "--plan", "pro", "--issuer", "https://x.example"]].concat(),
            1,
            "there is no issuer",
        ),
        (vec!["user", "block", "--subject", "first"], 2, "--reason"),
        (vec!["usage", "--from", "yesterday"], 1, "YYYY-MM-DD"),
        (vec!["reservations", "--state", "made"], 1, "open, unknown, presumed"),
    ] {
        let (ended, printed, errors) = command.run(&arguments).await;
        assert_eq!((ended, printed.as_str()), (code, ""), "{arguments:?}");
        assert!(errors.contains(word), "{errors}");
    }
    assert_eq!(command.json(&["audit"]).await["audit"], json!([]));
}
