//! What is held of an end user, told to them.

use std::collections::BTreeSet;

use astria_gateway::adopt::adopt;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use super::{DATA, OnFile, at_acme, erase, id_of};
use crate::harness::{Client, SHARED_TUNE};
use crate::ids::{a_tune, things_of};

/// Every page, and what `between` does after each.
async fn all(user: &Client, mut between: impl AsyncFnMut(usize, &[Value])) -> (Vec<Value>, Vec<String>) {
    let (mut objects, mut cursors, mut path) = (Vec::new(), Vec::new(), DATA.to_owned());
    loop {
        let page = user.get(&path).await.ok();
        let part = page["objects"].as_array().unwrap();
        assert!(part.len() <= 120);
        objects.extend(part.iter().cloned());
        between(cursors.len(), part).await;
        let Some(next) = page["next"].as_str() else { return (objects, cursors) };
        path = format!("{DATA}?after={next}");
        cursors.push(next.to_owned());
    }
}

fn ids(objects: &[Value]) -> Vec<u64> {
    objects.iter().map(|one| one["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn all_objects_are_exported_once_each_whatever_is_deleted_meanwhile() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    let user = gw.user("first");
    let tune = gw.mock.seed_tunes(1)[0];
    let prompts = gw.mock.seed_prompts(tune, 298);
    adopt(&gw.state(), None, &id_of("first"), tune).await.unwrap();
    let on_acme =
        at_acme(gw, "first").post_json("/tunes", &a_tune("mine")).await.ok()["id"].as_u64().unwrap();
    let expected: BTreeSet<u64> = prompts.iter().copied().chain([tune, on_acme]).collect();
    assert_eq!(expected.len(), 300);

    let (whole, cursors) = all(&user, async |_, _| {}).await;
    let exported = ids(&whole);
    assert_eq!((exported.len(), cursors.len()), (300, 2));
    assert_eq!(exported.iter().copied().collect::<BTreeSet<_>>(), expected);

    // One that was shown, the very one that the next page begins after, and one that comes later.
    let later = *exported[130..].iter().find(|id| prompts.contains(*id)).unwrap();
    let (rest, _) = all(&user, async |page, part| {
        if page == 0 {
            for id in [ids(part)[3], *ids(part).last().unwrap(), later] {
                assert!(user.method(Method::DELETE, &format!("/prompts/{id}")).await.status.is_success());
            }
        }
    })
    .await;
    let rest = ids(&rest);
    let mut kept = expected;
    kept.remove(&later);
    assert_eq!(rest.len(), 299);
    assert_eq!(rest.into_iter().collect::<BTreeSet<_>>(), kept);
}

#[tokio::test]
async fn l_03_an_export_shows_what_the_owner_sees_and_nothing_of_the_operators() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    let user = gw.user("first");
    let things = things_of(&user).await;
    user.method(Method::POST, &format!("/prompts/{}/like", things.on_shared)).await;
    let tune = gw.mock.seed_tunes(1)[0];
    gw.mock.seed_prompts(tune, 130);
    adopt(&gw.state(), None, &id_of("first"), tune).await.unwrap();
    let shown = user.get(&format!("/tunes/{}", things.tune)).await.ok();

    let reply = user.get(DATA).await;
    let first_page = reply.ok();
    let (objects, cursors) = all(&user, async |_, _| {}).await;
    let of = |id: u64| objects.iter().find(|one| one["id"] == id).unwrap();

    assert_eq!(first_page["principal"]["subject"], "first");
    assert!(!first_page["quotas"].as_array().unwrap().is_empty());
    assert_eq!(
        (&of(things.tune)["kind"], &of(things.tune)["object"]["title"]),
        (&json!("tune"), &json!("mine"))
    );
    assert_eq!(of(things.tune)["object"]["id"], shown["id"]);
    assert_eq!(of(things.on_shared)["object"]["liked"], true);
    assert_eq!(of(things.on_shared)["object"]["tune_id"], SHARED_TUNE);
    let account = gw.own_account().key.clone();
    let mut texts = vec![json!(objects).to_string(), reply.text()];
    for cursor in &cursors {
        let read = URL_SAFE_NO_PAD.decode(cursor).unwrap();
        texts.push(String::from_utf8(read).unwrap());
    }
    assert!(texts.len() > 2);
    for text in texts {
        for word in ["callback", "ckpt_url", "user_id", "workspace", account.as_str()] {
            assert!(!text.contains(word), "{word} in {text}");
        }
        gw.assert_no_secret(&text, "an export");
    }
    assert!(on.rows().lines().any(|line| line.starts_with("audit ") && line.contains("'export'")));
}

#[tokio::test]
async fn iso_05_anothers_place_in_an_export_shows_nothing_of_theirs() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    let (first, second) = (gw.user("first"), gw.user("second"));
    let tune = gw.mock.seed_tunes(1)[0];
    gw.mock.seed_prompts(tune, 130);
    adopt(&gw.state(), None, &id_of("first"), tune).await.unwrap();
    let next = first.get(DATA).await.ok()["next"].as_str().unwrap().to_owned();

    second.get(&format!("{DATA}?after={next}")).await.problem(422, "validation_failed");
    for wrong in ["after=", "after=AAAA", "after[]=x", "after[a]=b"] {
        first.get(&format!("{DATA}?{wrong}")).await.problem(422, "validation_failed");
    }
    assert_eq!(second.get(DATA).await.ok()["objects"], json!([]));
    gw.anonymous().get(DATA).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_export_says_that_an_erasure_is_under_way() {
    let on = OnFile::start(|spawn| spawn).await;
    let user = on.gw.user("first");
    things_of(&user).await;
    // So that it does not end meanwhile.
    on.gw.mock.inject(
        mock_astria::FaultRule::new(mock_astria::Fault::Delay(std::time::Duration::from_millis(300)))
            .method("DELETE")
            .times(3),
    );
    erase(&user).await.ok();
    assert_eq!(user.get(DATA).await.ok()["erasure"]["state"], "erasing");
    super::erased(&on.gw).await;
    assert_eq!(user.get(DATA).await.ok()["erasure"], Value::Null);
}
