//! Who is let in.

use mock_astria::{MockAstria, Settings};

use crate::client::{KEY, get, instant, send, start};

#[tokio::test]
async fn only_exactly_the_key_is_let_in() {
    let mock = start().await;
    assert_eq!(get(&mock, "/packs").await.status, 200);

    for wrong in
        ["Bearer sd_other", "sd_test_key", "bearer sd_test_key", "Bearer  sd_test_key", "Token sd_test_key"]
    {
        let answer = send(&mock, "GET /packs", &[("Authorization", wrong)], b"").await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"), "{wrong}");
    }
    assert_eq!(send(&mock, "GET /packs", &[], b"").await.status, 401);
    assert_eq!(mock.requests().len(), 7, "refused requests are recorded too");
}

#[tokio::test]
async fn a_key_given_twice_is_refused_and_recorded_joined() {
    let mock = start().await;
    let key = format!("Bearer {KEY}");

    let answer = send(&mock, "GET /packs", &[("Authorization", &key), ("Authorization", &key)], b"").await;

    assert_eq!(answer.status, 401);
    assert_eq!(mock.requests()[0].headers["authorization"], format!("{key}, {key}"));
}

#[tokio::test]
async fn a_workspace_is_checked_if_one_is_set() {
    let settings = Settings { workspace_id: Some("7".to_owned()), ..instant() };
    let mock = MockAstria::start(settings).await.unwrap();
    let key = ("Authorization", &*format!("Bearer {KEY}"));

    assert_eq!(send(&mock, "GET /packs", &[key, ("X-Workspace-Id", "7")], b"").await.status, 200);
    assert_eq!(send(&mock, "GET /packs", &[key, ("X_Workspace_Id", "7")], b"").await.status, 200);
    assert_eq!(send(&mock, "GET /packs", &[key, ("X-Workspace-Id", "8")], b"").await.status, 401);
    assert_eq!(send(&mock, "GET /packs", &[key], b"").await.status, 401);
    let twice = [key, ("X-Workspace-Id", "7"), ("X-Workspace-Id", "7")];
    assert_eq!(send(&mock, "GET /packs", &twice, b"").await.status, 401);
}

#[tokio::test]
async fn an_unknown_path_is_a_page_whatever_the_key() {
    let mock = start().await;

    let answer = send(&mock, "GET /workspaces", &[], b"").await;

    assert_eq!(answer.status, 404);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn replies_carry_headers_that_a_gateway_must_drop() {
    let mock = start().await;

    let answer = get(&mock, "/packs").await;

    for name in ["Set-Cookie", "Server", "X-Runtime", "X-Request-Id", "Via", "ETag"] {
        assert!(answer.header(name).is_some(), "{name}");
    }
}
