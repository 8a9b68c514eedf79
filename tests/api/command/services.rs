//! `new-service-key`, `hash-service-key`, and a server that acts for an end user with what they print.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::super::harness::{ISSUER, Process};
use super::Site;

#[tokio::test]
async fn a_new_service_key_and_its_hash_let_a_server_act_for_an_end_user() {
    let site = Site::new().await;
    let (code, printed, _) = Process::gateway(site.folder.path(), &["new-service-key"], &[]).ended().await;
    assert_eq!(code, 0);
    let word = |name: &str| {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let (key, sha256) = (word("key"), word("sha256"));
    let config = format!(
        "{}\n[[auth.service_keys]]\nname = \"backend\"\nsha256 = [\"{sha256}\"]\nissuer = \"{ISSUER}\"\nplan = \"pro\"\n",
        site.config()
    );
    let served = site.serve(&config, &[]).await;

    let account =
        served.with_token(&key).header("gateway-end-user", "first").get("/gateway/account").await.ok();

    assert_eq!(account["principal"]["kind"], "service");
    assert_eq!((&account["principal"]["subject"], &account["plan"]), (&"first".into(), &"pro".into()));
    assert_eq!(hash(&key), (0, format!("{sha256}\n")));
    assert_eq!(hash("agk_short").0, 1);
}

/// Exit code and output of `hash-service-key`.
fn hash(key: &str) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_astria-gateway"))
        .arg("hash-service-key")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    (ended.status.code().unwrap(), String::from_utf8(ended.stdout).unwrap())
}
