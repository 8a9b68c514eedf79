//! The wish to be forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use astria_gateway::config::Plan;
use astria_gateway::ids::{ReservationId, TuneId};
use astria_gateway::operation::Operation;
use astria_gateway::ownership::AuditEntry;
use astria_gateway::quota::{Amounts, Calendar, Measure, Opening, Scope, Trail};
use mock_astria::{Fault, FaultRule};
use reqwest::Method;
use serde_json::{Value, json};

use super::{DATA, OnFile, at_acme, erase, erased, id_of};
use crate::command::Site;
use crate::harness::{Client, SHARED_TUNE, Spawn, TestGateway, eventually, photos, spawn_gateway};
use crate::ids::{a_tune, things_of};
use crate::ownership::{everything, neighbour, user};

/// Ids of all that Astria has but shared tunes.
fn at_astria(gw: &TestGateway) -> BTreeSet<u64> {
    gw.mock.tunes().iter().chain(&gw.mock.prompts()).map(|object| object["id"].as_u64().unwrap()).collect()
}

/// One more prompt on a shared tune.
async fn create(user: &Client) -> crate::harness::Reply {
    let body = json!({"prompt": {"text": "a cat"}});
    user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await
}

#[tokio::test]
async fn an_erasure_asks_for_a_confirming_header() {
    let on = OnFile::start(|spawn| spawn).await;
    let user = on.gw.user("first");
    let things = things_of(&user).await;
    for attempt in [user.clone(), user.header("gateway-confirm", "yes")] {
        attempt.method(Method::DELETE, DATA).await.problem(428, "confirmation_required");
    }
    create(&user).await.ok();
    user.get(&format!("/tunes/{}", things.tune)).await.ok();
    assert_eq!(user.get(DATA).await.ok()["erasure"], Value::Null);
}

#[tokio::test]
async fn guests_are_one_end_user_and_can_ask_for_nobodys_data() {
    let gw = spawn_gateway()
        .config(|config| {
            config.guest.enabled = true;
            config.plans.insert("guest".into(), Plan { allow: Vec::new(), ..Plan::default() });
        })
        .start()
        .await;
    let guest = gw.anonymous();
    guest.get(DATA).await.problem(401, "unauthenticated");
    let asked = guest.header("gateway-confirm", "erase").method(Method::DELETE, DATA).await;
    asked.problem(401, "unauthenticated");
}

#[tokio::test]
async fn nothing_of_a_forgotten_end_user_is_left_at_astria_or_in_the_store() {
    let mut on = OnFile::start(|spawn| spawn.mock(|mock| mock.theme_ms = 0)).await;
    let gw = &on.gw;
    let (user, other) = (gw.user("sascha-the-first"), gw.user("second"));
    let theirs = things_of(&other).await;
    let before = at_astria(gw);
    let secret_title = "portraits of my family";
    let tune = user.post_json("/tunes", &a_tune(secret_title)).await.ok()["id"].as_u64().unwrap();
    let things = things_of(&user).await;
    user.method(Method::POST, &format!("/prompts/{}/like", things.prompt)).await;
    let elsewhere = at_acme(gw, "sascha-the-first");
    let on_acme = create(&elsewhere).await.ok()["id"].as_u64().unwrap();
    // Ten prompts that nobody is told of.
    let theme = json!({"theme": {"theme": "Corporate", "tune_ids": [tune]}});
    assert!(user.post_json("/themes", &theme).await.status.is_success());
    eventually("the theme's prompts", || at_astria(gw).len() >= before.len() + 15).await;
    let used = gw.quota(&user, "images").await;
    assert!(used.0 + used.1 > 0);
    let rows = on.rows();
    assert!(rows.contains("sascha-the-first") && rows.contains(secret_title), "it is there to be looked for");

    let asked = erase(&user).await;
    assert_eq!(asked.status, 202);
    let erasure = &asked.ok()["erasure"];
    assert_eq!(
        (&erasure["state"], &erasure["objects_left"], &erasure["open_creates"]),
        (&json!("erasing"), &json!(5), &json!(0)),
        "{erasure}"
    );
    erased(gw).await;

    assert_eq!(at_astria(gw), before, "what is left is the other's");
    let rows = on.rows();
    for name in ["sascha", secret_title, "Corporate"] {
        assert!(!rows.contains(name), "{name} is left: {rows}");
    }
    // The ledger keeps what was paid for: an id at Astria that no longer leads anywhere, under a pseudonym.
    let paid_for =
        |line: &&str| ["reservations ", "charges ", "entries "].iter().any(|table| line.starts_with(table));
    let (kept, rest): (Vec<&str>, Vec<&str>) = rows.lines().partition(paid_for);
    for id in [tune, things.tune, things.prompt, things.on_shared, on_acme] {
        let id = id.to_string();
        assert!(kept.iter().any(|line| line.contains(&id)), "{id} was paid for: {kept:?}");
        let left: Vec<&&str> = rest.iter().filter(|line| line.contains(&id)).collect();
        assert!(left.is_empty(), "{id} is left: {left:?}");
    }
    // The other's are untouched.
    other.get(&format!("/tunes/{}", theirs.tune)).await.ok();
    other.get(&format!("/prompts/{}", theirs.on_shared)).await.ok();
    // A pseudonym says that it was done, and holds what was used.
    let pseudonym = gw.state().pseudonyms.of(&id_of("sascha-the-first")).to_string();
    let audit: Vec<&str> = rows.lines().filter(|line| line.starts_with("audit ")).collect();
    assert!(
        audit.iter().any(|line| line.contains("'erasure_asked'") && line.contains(&pseudonym)),
        "{audit:?}"
    );
    // Two tunes of theirs, three prompts, a theme's ten.
    let done = audit.iter().find(|line| line.contains("'erased'")).unwrap();
    assert!(done.contains(&pseudonym) && done.ends_with(" 15"), "{done}");
    // What the theme held was made, and is spent now.
    let (used, held, left) = used;
    assert_eq!(gw.quota(&user, "images").await, (used + held, 0, left), "leaving gives no quota back");
    // Whoever comes back begins anew.
    assert_eq!(user.get("/tunes").await.ok(), json!([]));
    assert_eq!(user.get("/prompts").await.ok(), json!([]));
    let anew = create(&user).await.ok()["id"].as_u64().unwrap();
    assert_eq!(user.get("/prompts").await.ok()[0]["id"], anew);

    // The file does not hold what the rows do not.
    erase(&user).await.ok();
    erased(&on.gw).await;
    assert!(on.gw.stop().await);
    for file in std::fs::read_dir(on.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("sascha") && !text.contains(secret_title), "it is left in a file");
    }
}

#[tokio::test]
async fn while_an_erasure_runs_nothing_is_made_and_reads_go_on() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    let (user, other) = (gw.user("first"), gw.user("second"));
    let things = things_of(&user).await;
    // A create in flight holds it up.
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(1_500))).method("POST"));
    let asked = gw.mock.requests().len();
    let in_flight = async { create(&user).await };
    let meanwhile = async {
        eventually("the create's call", || gw.mock.requests().len() > asked).await;
        let erasure = erase(&user).await.ok()["erasure"].clone();
        assert_eq!(erasure["open_creates"], 1);
        let again = erase(&user).await.ok()["erasure"].clone();
        assert_eq!(again, erasure, "asking twice changes nothing");
        let before = gw.mock.requests().len();
        create(&user).await.problem(409, "erasing");
        user.post_json("/tunes", &a_tune("new")).await.problem(409, "erasing");
        let theme = json!({"theme": {"theme": "Corporate", "tune_ids": [things.tune]}});
        user.post_json("/themes", &theme).await.problem(409, "erasing");
        let copy = format!("/prompts/{}/duplicate", things.prompt);
        user.post_json(&copy, &json!({})).await.problem(409, "erasing");
        let run = json!({"tune": {"tune_ids": [things.tune]}});
        user.post_json("/p/corporate-headshots/tunes", &run).await.problem(409, "erasing");
        let photo: &[u8] = photos::SAMPLES[0].1;
        let inspected = user.post_multipart("/images/inspect", &[("name", "man")], &[("file", photo)]).await;
        inspected.problem(409, "erasing");
        let posts = gw.mock.requests().split_off(before);
        assert!(posts.iter().all(|request| request.method != "POST"), "a create went out");

        assert_eq!(user.get("/tunes").await.ok().as_array().unwrap().len(), 1);
        user.get(&format!("/prompts/{}", things.prompt)).await.ok();
        assert_eq!(user.get(DATA).await.ok()["erasure"], again);
        create(&other).await.ok();
        gw.mock.tunes()
    };
    let (made, tunes) = tokio::join!(in_flight, meanwhile);
    assert_eq!(tunes.len(), 1, "nothing is deleted while a create is under way");
    let made = made.ok()["id"].as_u64().unwrap();

    erased(gw).await;
    assert_eq!(at_astria(gw).len(), 1, "the other's prompt");
    assert!(gw.mock.object(made).is_none());
}

#[tokio::test]
async fn what_astria_does_not_delete_today_is_tried_again() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    let user = gw.user("first");
    things_of(&user).await;
    gw.mock.inject(FaultRule::new(Fault::Status500).method("DELETE").times(2));
    gw.mock.inject(FaultRule::new(Fault::Status422).method("DELETE").times(2));
    gw.mock.inject(FaultRule::new(Fault::CutBeforeReply).method("DELETE").times(1));
    erase(&user).await.ok();
    erased(gw).await;
    assert!(at_astria(gw).is_empty());
    assert!(!on.rows().contains("'first'"));
}

#[tokio::test]
async fn a_prompt_that_turns_up_while_tunes_are_deleted_is_deleted_too() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    let user = gw.user("first");
    let things = things_of(&user).await;
    // Each pass finds some more: deleted one by one, they hold up a tune that has them.
    gw.mock.seed_prompts(things.tune, 250);
    erase(&user).await.ok();
    erased(gw).await;
    assert!(at_astria(gw).is_empty(), "{:?}", at_astria(gw));
}

#[tokio::test]
async fn a_prompt_of_which_only_the_id_is_known_is_its_owners_and_is_erased_too() {
    let on = OnFile::start(|spawn| spawn.mock(|mock| mock.generate_ms = 60_000)).await;
    let gw = &on.gw;
    let user = gw.user("first");
    let mut tunes = Vec::new();
    for title in ["one", "two"] {
        tunes.push(user.post_json("/tunes", &a_tune(title)).await.ok()["id"].as_u64().unwrap());
    }
    // The reply names prompts and does not say which tune each is on.
    let run = json!({"tune": {"tune_ids": tunes}});
    let run = user.post_json("/p/corporate-headshots/tunes", &run).await.ok();
    let prompts: Vec<u64> =
        run["prompt_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
    assert!(prompts.len() > 2);
    user.get(&format!("/prompts/{}", prompts[0])).await.ok();
    gw.user("second").get(&format!("/prompts/{}", prompts[0])).await.problem(404, "not_found");
    // One is gone, so nothing will ever say where it was.
    assert!(gw.mock.remove(prompts[1]));

    erase(&user).await.ok();
    erased(gw).await;
    assert!(at_astria(gw).is_empty());
}

#[tokio::test]
async fn an_erasure_waits_for_a_create_that_a_crash_cut_off_but_not_for_ever() {
    let on = OnFile::start(Spawn::manual_clock).await;
    let gw = &on.gw;
    let user = gw.user("first");
    things_of(&user).await;
    let (state, owner) = (gw.state(), id_of("first"));
    let account = gw.own_account().key.clone();
    let reservation = ReservationId::generate();
    let (at, subject) = (gw.clock.now(), state.pseudonyms.of(&owner));
    let opening = Opening {
        reservation,
        request: String::new(),
        account: account.clone(),
        owner,
        subject,
        scopes: vec![Scope::EndUser(subject), Scope::Account(account)],
        plan: "free".into(),
        keeps_failed: false,
        operation: Operation::CreatePrompt,
        amounts: Amounts::none().with(Measure::Images, 4),
        day: Calendar::new(jiff::tz::TimeZone::UTC).day_at(at).unwrap(),
        limits: Vec::new(),
        max_jobs: None,
        trail: Trail { tunes: vec![TuneId::from_u64(SHARED_TUNE)], ..Trail::default() },
        claim: None,
        lease_until: at.plus(Duration::from_secs(60)),
        at,
    };
    state.ledger.books().open(opening).await.unwrap();
    assert_eq!(erase(&user).await.ok()["erasure"]["open_creates"], 1);
    // One that asks in vain, so that the look before has ended.
    for _ in 0..2 {
        erase(&user).await.ok();
    }
    assert_eq!(gw.mock.tunes().len(), 1);

    gw.clock.advance(Duration::from_secs(300));
    let made = || gw.standing().open + gw.standing().unknown;
    eventually("the end of the create", || made() == 0).await;
    erase(&gw.user("first")).await.ok();
    erased(gw).await;
    assert!(at_astria(gw).is_empty());
    let create = state.ledger.books().create(reservation).await.unwrap().unwrap();
    assert_eq!(create.owner, None, "nobody knows for whom any more");
}

#[tokio::test]
async fn what_is_recorded_between_the_last_look_and_the_end_stops_the_end() {
    let on = OnFile::start(|spawn| spawn).await;
    let user = on.gw.user("first");
    create(&user).await.ok();
    let (state, owner) = (on.gw.state(), id_of("first"));
    let entry =
        AuditEntry { at: on.gw.clock.now(), action: "erased", pseudonym: "x", request_id: "", objects: 0 };
    state.subjects.begin_erasure(&owner, on.gw.clock.now()).await.unwrap();
    assert_eq!(state.subjects.finish_erasure(&owner, entry).await, Ok(false));
    assert!(!on.rows().contains("'erased'"));
    erase(&user).await.ok();
    erased(&on.gw).await;
    assert!(at_astria(&on.gw).is_empty());
}

#[tokio::test]
async fn the_callbacks_of_a_forgotten_end_user_are_forgotten_too() {
    let on = OnFile::start(|spawn| spawn).await;
    let gw = &on.gw;
    for name in ["first", "second"] {
        let made = create(&gw.user(name)).await.ok()["id"].as_u64().unwrap();
        let callback = gw.mock.object(made).unwrap()["callback"].as_str().unwrap().to_owned();
        let token = callback.rsplit('/').next().unwrap().to_owned();
        gw.anonymous().post_json(&format!("/gateway/callbacks/{token}"), &json!({})).await.ok();
    }
    let came = || {
        neighbour(&on.file()).query_row("SELECT COUNT(*) FROM inbox", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(came(), 2);
    erase(&gw.user("first")).await.ok();
    erased(gw).await;
    assert_eq!(came(), 1);
}

#[tokio::test]
async fn an_erasure_goes_on_after_a_restart_and_while_astria_was_down() {
    let site = Site::new().await;
    let config = site.config();
    let served = site.serve(&config, &[]).await;
    let first = user(&site, &served, "sascha-the-first");
    things_of(&first).await;
    site.mock.inject(FaultRule::new(Fault::Status500).method("DELETE").times(40));
    assert_eq!(erase(&first).await.status, 202);
    eventually("a delete that fails", || site.mock.count("DELETE", "/prompts/:id") > 0).await;
    drop(served); // SIGKILL

    let objects = site.mock.prompts().len() + site.mock.tunes().len();
    assert_eq!(objects, 3, "nothing could be deleted");
    let conn = neighbour(&site.path("gateway.db"));
    assert!(everything(&conn).contains("sascha"));
    // Astria is well again.
    for _ in 0..40 {
        let gone = reqwest::Client::new().delete(format!("{}/prompts/1", site.mock.url()));
        gone.send().await.unwrap();
    }
    let served = site.serve(&config, &[]).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while everything(&conn).contains("sascha") {
        assert!(tokio::time::Instant::now() < deadline, "it does not go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(site.mock.prompts().is_empty() && site.mock.tunes().is_empty());
    let first = user(&site, &served, "sascha-the-first");
    assert_eq!(first.get(DATA).await.ok()["objects"], json!([]));
}
