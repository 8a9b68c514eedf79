//! `demo`, as scripts and people start it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::harness::{Client, Process, SHARED_TUNE};
use super::http;

const ANYWHERE: [&str; 6] =
    ["--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0", "--mock-listen", "127.0.0.1:0"];

fn demo(temporary: &Path, more: &[&str]) -> Process {
    Process::gateway(temporary, &[&["demo"], &ANYWHERE[..], more].concat(), &[])
}

/// The secrets that a demo wrote to its folder.
fn secrets(folder: &Path) -> Vec<String> {
    ["api-key", "hs256.secret"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap()).into()
}

#[tokio::test]
async fn demo_json_prints_one_line_with_places_and_tokens_that_work() {
    let (temporary, data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let folder = data.path().join("made");
    let mut process = demo(temporary.path(), &["--json", "--data-dir", folder.to_str().unwrap()]);
    let line: Value = serde_json::from_str(&process.line(|_| true).await).unwrap();
    let secrets = Arc::new(secrets(&folder));
    let process = process.never_prints(secrets.iter().map(String::as_str));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let members: BTreeSet<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let user = |name: &str| {
        let token = text(&line["tokens"][name]);
        Client::new(http(), text(&line["gateway"]), Some(token), Arc::clone(&secrets))
    };

    assert_eq!(members, BTreeSet::from(["gateway", "mock", "operator", "tokens"]));
    for (name, plan) in [("free-user", "free"), ("pro-user", "pro")] {
        let account = user(name).get("/gateway/account").await.ok();
        assert_eq!((&account["principal"]["subject"], &account["plan"]), (&json!(name), &json!(plan)));
    }
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    user("free-user").post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok();
    let seen = http().get(text(&line["mock"]) + "/__mock__/requests").send().await.unwrap();
    assert!(seen.text().await.unwrap().contains(&path));
    let metrics = http().get(text(&line["operator"]) + "/metrics").send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("astria_gateway_"));
    process.terminate();
    let (code, out, errors) = process.ended().await;
    assert_eq!((code, out.lines().count(), errors.as_str()), (0, 1, ""));
    assert!(folder.join("config.toml").is_file(), "a folder that was named is kept");
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0, "nothing was written elsewhere");
}

#[tokio::test]
async fn demo_prints_addresses_tokens_and_three_curl_lines_and_cleans_up() {
    let temporary = TempDir::new().unwrap();
    let mut process = demo(temporary.path(), &[]);
    process.line(|line| line.starts_with("Ctrl-C")).await;
    let made: Vec<_> = temporary.path().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    let [folder] = made.as_slice() else { panic!("{made:?}") };
    let secrets = secrets(folder);
    assert_private(folder);

    let page = address(&process.line(|line| line.trim().starts_with("page ")).await);
    let gateway = address(&process.line(|line| line.trim().starts_with("gateway ")).await);
    let operator = address(&process.line(|line| line.trim().starts_with("operator ")).await);
    let process = process.never_prints(secrets.iter().map(String::as_str));

    assert_eq!(page, format!("{gateway}/demo"));
    for url in [&page, &operator, &format!("{gateway}/healthz")] {
        assert_eq!(http().get(url).send().await.unwrap().status(), 200, "{url}");
    }
    process.terminate();
    let (code, out, _) = process.ended().await;
    assert_eq!(code, 0);
    assert!(!folder.exists(), "the temporary folder stays");
    let curls: Vec<&str> = out.lines().map(str::trim).filter(|line| line.starts_with("curl")).collect();
    assert_eq!(curls.len(), 3, "{out}");
    assert!(curls.iter().all(|line| line.contains(&gateway)), "{curls:?}");
    for user in ["free-user (plan free)", "pro-user (plan pro)"] {
        let token = out.lines().skip_while(|line| line.trim() != user).nth(1).unwrap_or("").trim();
        assert_eq!(token.matches('.').count(), 2, "no token follows {user}:\n{out}");
    }
}

#[tokio::test]
async fn a_demo_whose_port_is_taken_ends_with_one_and_leaves_nothing() {
    let temporary = TempDir::new().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--operator-listen", "--mock-listen"] {
        let mut arguments = vec!["demo", "--json"];
        for pair in ANYWHERE.chunks(2) {
            arguments.extend([pair[0], if pair[0] == flag { &address } else { pair[1] }]);
        }

        let (code, out, errors) = Process::gateway(temporary.path(), &arguments, &[]).ended().await;

        assert_eq!((code, out.as_str()), (1, ""), "{flag}");
        assert!(errors.contains("cannot listen") && errors.contains(&address), "{flag}: {errors}");
        assert_eq!(temporary.path().read_dir().unwrap().count(), 0, "{flag}: its folder stays");
    }
}

fn address(line: &str) -> String {
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// Nobody else on the machine may read a secret, not even a throw-away one.
fn assert_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for path in [folder.to_owned(), folder.join("api-key"), folder.join("hs256.secret")] {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}
