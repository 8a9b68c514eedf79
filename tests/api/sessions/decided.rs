//! Who may pass is decided by the path and the proof, and by nothing that a client writes beside them.

use crate::harness::{SHARED_TUNE, spawn_gateway};

#[tokio::test]
async fn bff_08_the_path_that_is_judged_is_the_path_that_is_served_and_sent_whatever_headers_say() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    for name in ["x-forwarded-uri", "x-original-url", "x-rewrite-url", "x-original-uri", "x-forwarded-path"] {
        // To a public path, for somebody who is nobody …
        gw.anonymous().header(name, "/healthz").get("/gateway/account").await.problem(401, "unauthenticated");
        // … and to a path of somebody else's, for somebody who is not.
        let reply = browser.with_cookies().header(name, "/prompts/1").get("/gateway/account").await;
        assert_eq!(reply.ok()["principal"]["subject"], "alice", "{name}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn bff_09_a_query_or_an_escape_makes_no_private_path_a_public_one() {
    let gw = spawn_gateway().start().await;
    for path in [
        "/gateway/account?/healthz",
        "/gateway/account?path=/healthz",
        "/prompts?x=/gateway/login",
        "/prompts?#/healthz",
        "/gateway/session?/gateway/login",
    ] {
        gw.anonymous().get(path).await.problem(401, "unauthenticated");
    }
    for path in
        ["/prompts%23/healthz", "/prompts%3F/healthz", "/healthz%2F..%2Fprompts", "/healthz/../prompts%00"]
    {
        let status = gw.anonymous().get(path).await.status.as_u16();
        assert!([400, 401, 404].contains(&status), "{path}: {status}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn bff_10_who_asks_like_a_load_balancer_is_still_nobody() {
    let gw = spawn_gateway().start().await;
    for agent in ["GoogleHC/1.0", "kube-probe/1.33", "ELB-HealthChecker/2.0"] {
        let client = gw.anonymous().header("user-agent", agent);
        client.get("/gateway/account").await.problem(401, "unauthenticated");
        client.get(&format!("/tunes/{SHARED_TUNE}")).await.problem(401, "unauthenticated");
        client.get("/healthz").await.ok();
    }
}
