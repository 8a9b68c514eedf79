//! Pictures that live at Astria are shown under URLs of the gateway's own, which need no token and tell nobody's key.

use serde_json::Value;

use super::super::harness::{SHARED_TUNE, finished};
use super::{open, prompt_on, tune_of};

fn urls(object: &Value, member: &str) -> Vec<String> {
    object[member].as_array().unwrap().iter().map(|url| url.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn l_13_relative_pictures_are_the_gateways_everywhere_and_load_without_a_token() {
    let gw = open()
        .mock(|mock| mock.relative_images = true)
        .config(|config| {
            config.images.allow_private_hosts = true;
            config.images.hosts = vec!["127.0.0.1".into()];
        })
        .start()
        .await;
    let user = gw.user("a");
    let (tune, prompt) = (tune_of(&user, "1").await, prompt_on(&user, SHARED_TUNE, "x").await);
    let of_prompt = urls(&finished(&user, &format!("/prompts/{prompt}")).await.ok(), "images");
    let of_tune = urls(&user.get(&format!("/tunes/{tune}")).await.ok(), "orig_images");
    assert_eq!((of_prompt.len(), of_tune.len()), (1, 4));
    // Lists name the same, so that browsers keep them.
    assert_eq!(urls(&user.get("/prompts").await.ok()[0], "images"), of_prompt);
    assert_eq!(urls(&user.get("/tunes").await.ok()[0], "orig_images"), of_tune);
    let shared = gw.user("b").get(&format!("/tunes/{SHARED_TUNE}")).await.ok();
    assert!(shared.get("orig_images").is_none());

    for url in of_prompt.iter().chain(&of_tune) {
        let path = url.strip_prefix(&gw.url).unwrap();
        assert!(path.starts_with("/rails/active_storage/blobs/"), "{path}");
        let picture = gw.anonymous().get(path).await;
        assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, Some("image/png")));
        let without = path.split('?').next().unwrap();
        gw.anonymous().get(without).await.problem(404, "not_found");
    }

    let fetched = gw.mock.storage_requests();
    assert_eq!(fetched.len(), 5);
    assert!(fetched.iter().all(|request| !request.has_authorization()));
    assert!(gw.mock.requests().iter().all(|request| request.headers.contains_key("authorization")));
}
