//! Signatures, verified by somebody else's library: `standardwebhooks` of npm.

use std::path::Path;
use std::process::Command;

use crate::harness::Process;

use super::*;

/// Verifies every line of standard input's file: an attempt as it came, its secret, and whether it must be believed.
const VERIFIER: &str = r#"
const { Webhook } = require("standardwebhooks");
const lines = require("fs").readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
for (const { secret, headers, body, genuine } of lines) {
  let believed = true;
  try {
    new Webhook(secret).verify(body, headers);
  } catch (error) {
    if (error.name !== "WebhookVerificationError" && !/signature|timestamp/i.test(error.message)) throw error;
    believed = false;
  }
  if (believed !== genuine) throw new Error(`believed: ${believed}, genuine: ${genuine}: ${JSON.stringify(headers)}`);
}
console.log(`${lines.length} judged`);
"#;

fn line(one: &Received, secret: &str, body: &str, genuine: bool) -> String {
    let headers: serde_json::Map<String, Value> =
        one.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    format!("{}\n", json!({"secret": secret, "headers": headers, "body": body, "genuine": genuine}))
}

#[tokio::test]
async fn cb_09_an_independent_implementation_of_standard_webhooks_believes_what_is_sent_and_nothing_else() {
    const NEW: &str = "whsec_bmV3LXNlY3JldC1vZi10aGlzLXRlc3QtMTIz";
    let app = App::start().await;
    let gw = telling(&app).start().await;
    let user = gw.user("first");
    a_prompt(&user).await;
    eventually("two notifications", || app.received().len() == 2).await;
    gw.reload(|configured| {
        configured.webhook_secrets.insert("app".into(), vec![NEW.into(), SECRET.into()]);
    });
    a_prompt(&user).await;
    eventually("two more", || app.received().len() == 4).await;

    let mut lines = String::new();
    for (i, one) in app.received().iter().enumerate() {
        lines += &line(one, SECRET, &one.text, true);
        lines += &line(one, NEW, &one.text, i >= 2);
        lines += &line(one, SECRET, &one.text.replace("\"first\"", "\"other\""), false);
        lines += &line(one, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", &one.text, false);
    }
    let folder = tempfile::tempdir().unwrap();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vendor/node_modules");
    assert!(modules.join("standardwebhooks").is_dir(), "it is missing: ./scripts/test installs it");
    let (script, attempts) = (folder.path().join("verify.cjs"), folder.path().join("attempts"));
    std::fs::write(&script, VERIFIER).unwrap();
    std::fs::write(&attempts, lines).unwrap();
    let mut node = Command::new("node");
    node.arg(&script).arg(&attempts).env("NODE_PATH", modules);

    let (code, out, err) = Process::start(node).unwrap().ended().await;

    assert_eq!((code, out.as_str()), (0, "16 judged\n"), "{err}");
}
