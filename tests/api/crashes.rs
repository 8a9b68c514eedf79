//! The gateway is killed at any point of a create: what Astria made is its owner's, or nobody's for now, and never
//! somebody else's; and the line that was written before the call says whose it will be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::command::{Served, Site, http};
use super::harness::{Client, SHARED_TUNE, eventually};
use super::ownership::{neighbour, token, user};

/// What is made when the gateway is killed.
const KINDS: [&str; 6] = ["on shared", "on own", "tune", "theme", "pack, training", "pack, on tunes"];
/// When it is killed.
const POINTS: [Point; 7] = [
    Point::Sent(0),
    Point::Sent(3),
    Point::Arrived { delay_ms: 40, then_ms: 0 },
    Point::Arrived { delay_ms: 0, then_ms: 0 },
    Point::Arrived { delay_ms: 0, then_ms: 2 },
    Point::Arrived { delay_ms: 5, then_ms: 7 },
    Point::Answered,
];

#[derive(Clone, Copy, Debug)]
enum Point {
    /// So many milliseconds after the client has sent it.
    Sent(u64),
    /// So long after it came to Astria, which works for a while.
    Arrived { delay_ms: u64, then_ms: u64 },
    /// After the client got its reply.
    Answered,
}

fn config(site: &Site) -> String {
    site.config()
        .replace(
            r#"allow = ["inspect_image", "create_prompt", "create_tune"]"#,
            r#"allow = ["run_pack", "create_prompt", "create_tune", "duplicate_prompt", "create_theme"]
            requests_per_s = 1000.0
            burst = 10000"#,
        )
        .replace("[plans.free]", "[lists]\nsweep_fresh_ms = 0\n[plans.free]")
}

fn a_tune(title: &str) -> Value {
    let images: Vec<String> = (1..5).map(|n| format!("https://images.example.com/{n}.jpg")).collect();
    json!({"tune": {
        "title": title, "name": "man", "model_type": "lora", "image_urls": images,
        "prompts_attributes": [{"text": "ohwx man on a bench"}, {"text": "ohwx man in a boat"}],
    }})
}

fn request(kind: &str, round: usize, own: &[u64]) -> (String, Value) {
    let prompt = json!({"prompt": {"text": format!("ohwx man, {round}")}});
    match kind {
        "on shared" => (format!("/tunes/{SHARED_TUNE}/prompts"), prompt),
        "on own" => (format!("/tunes/{}/prompts", own[round % own.len()]), prompt),
        "tune" => ("/tunes".into(), a_tune(&format!("tune {round}"))),
        // Only one theme at a time can be open on a tune.
        "theme" => {
            let tune = own[round / KINDS.len()];
            ("/themes".into(), json!({"theme": {"theme": format!("theme {round}"), "tune_ids": [tune]}}))
        }
        "pack, training" => {
            let mut tune = a_tune(&format!("pack {round}"));
            tune["tune"].as_object_mut().unwrap().remove("prompts_attributes");
            ("/p/corporate-headshots/tunes".into(), tune)
        }
        _ => ("/p/corporate-headshots/tunes".into(), json!({"tune": {"tune_ids": &own[..2]}})),
    }
}

/// Everything that Astria has, by id.
fn at_astria(site: &Site) -> BTreeMap<u64, Value> {
    let id = |object: &Value| object["id"].as_u64().unwrap();
    site.mock.tunes().into_iter().chain(site.mock.prompts()).map(|object| (id(&object), object)).collect()
}

fn path_of(object: &Value) -> String {
    let kind = if is_tune(object) { "tunes" } else { "prompts" };
    format!("/{kind}/{}", object["id"])
}

fn is_tune(object: &Value) -> bool {
    object.get("tune_id").is_none()
}

/// Every id in a reply.
fn ids(reply: &Value, found: &mut BTreeSet<u64>) {
    match reply {
        Value::Array(all) => all.iter().for_each(|one| ids(one, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("id", Value::Number(id)) => found.extend(id.as_u64()),
                    ("prompt_ids", Value::Array(all)) => found.extend(all.iter().filter_map(Value::as_u64)),
                    // An order is no object.
                    ("order", _) => {}
                    (_, value) => ids(value, found),
                }
            }
        }
        _ => {}
    }
}

fn masked(mut body: Value) -> Value {
    for name in ["request_id", "instance"] {
        body.as_object_mut().unwrap().remove(name);
    }
    body
}

/// Nobody but the owner sees it, and whoever does not sees what they would of an id that nobody has.
async fn is_seen_by_its_owner_or_nobody(object: &Value, owner: &Client, stranger: &Client) -> bool {
    let missing = masked(stranger.get("/tunes/999999999").await.problem(404, "not_found"));
    let path = path_of(object);
    assert_eq!(masked(stranger.get(&path).await.problem(404, "not_found")), missing, "{path}");
    let reply = owner.get(&path).await;
    if reply.status == 200 {
        return true;
    }
    assert_eq!(masked(reply.problem(404, "not_found")), missing, "{path}");
    false
}

/// Sends one create and kills the gateway; gives the ids that the client was told.
async fn kill_in(
    site: &Site,
    served: Served,
    token: &str,
    (path, body): (String, Value),
    point: Point,
) -> BTreeSet<u64> {
    let posts = || site.mock.requests().iter().filter(|request| request.method == "POST").count();
    let before = posts();
    if let Point::Arrived { delay_ms: delay_ms @ 1.., .. } = point {
        site.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(delay_ms))).method("POST"));
    }
    let request = http().post(format!("{}{path}", served.url)).bearer_auth(token).json(&body);
    let mut client = TaskTracker::new().spawn(async move {
        let reply = request.send().await.ok()?;
        let (status, text) = (reply.status(), reply.text().await.ok()?);
        assert!(status.is_success(), "{status} {text}");
        Some(text)
    });
    match point {
        Point::Sent(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Point::Arrived { then_ms, .. } => {
            eventually("the call's arrival", || posts() > before).await;
            tokio::time::sleep(Duration::from_millis(then_ms)).await;
        }
        Point::Answered => {
            while !client.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    drop(served); // SIGKILL
    let told = tokio::time::timeout(Duration::from_secs(10), &mut client).await.unwrap().unwrap();
    let mut found = BTreeSet::new();
    if let Some(text) = told.filter(|text| !text.is_empty()) {
        ids(&serde_json::from_str(&text).unwrap(), &mut found);
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_24_a_gateway_killed_at_any_point_of_a_create_loses_no_ownership_for_good() {
    let site = Site::new().await;
    let config = config(&site);
    let token = token(&site, "owner");
    let mut served = site.serve(&config, &[]).await;
    let mut own = Vec::new();
    for title in ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"] {
        let tune = a_tune(title);
        own.push(user(&site, &served, "owner").post_json("/tunes", &tune).await.ok()["id"].as_u64().unwrap());
    }
    let (mut acknowledged, mut answered) = (BTreeSet::new(), 0);
    let mut known: BTreeSet<u64> = at_astria(&site).into_keys().collect();
    for (round, (point, kind)) in
        POINTS.into_iter().flat_map(|point| KINDS.map(|kind| (point, kind))).enumerate()
    {
        let told = kill_in(&site, served, &token, request(kind, round, &own), point).await;
        answered += usize::from(!told.is_empty());
        acknowledged.extend(told);

        served = site.serve(&config, &[]).await;
        let (owner, stranger) = (user(&site, &served, "owner"), user(&site, &served, "stranger"));
        for (id, object) in at_astria(&site).into_iter().filter(|(id, _)| !known.contains(id)) {
            let seen = is_seen_by_its_owner_or_nobody(&object, &owner, &stranger).await;
            assert!(seen || !acknowledged.contains(&id), "{kind}, {point:?}: {id} was told and is lost");
        }
        known.extend(at_astria(&site).into_keys());
    }
    assert!(answered >= KINDS.len() - 1, "a theme alone names nothing: {answered}");

    // What has no end gets one, as soon as its time is over: it is looked for, and found or certainly not there.
    let conn = neighbour(&site.path("gateway.db"));
    let left = || -> i64 {
        let open = "SELECT COUNT(*) FROM reservations WHERE state IN ('open', 'unknown')";
        conn.query_row(open, [], |row| row.get(0)).unwrap()
    };
    assert!(left() > 0, "no kill hit a create");
    let hour_ago = "UPDATE reservations SET lease_until_ms = lease_until_ms - 3600000 WHERE state = 'open'";
    conn.execute(hour_ago, []).unwrap();
    drop(served);
    served = site.serve(&config, &[]).await;
    eventually("the end of every create", || left() == 0).await;

    // Whatever is on an own tune is found by listing.
    let (owner, stranger) = (user(&site, &served, "owner"), user(&site, &served, "stranger"));
    let mut tunes = Vec::new();
    for tune in site.mock.tunes() {
        if is_seen_by_its_owner_or_nobody(&tune, &owner, &stranger).await {
            tunes.push(tune["id"].as_u64().unwrap());
        }
    }
    assert!(own.iter().all(|tune| tunes.contains(tune)) && tunes.len() > own.len());
    for tune in &tunes {
        let wanted: BTreeSet<u64> = at_astria(&site)
            .into_iter()
            .filter(|(_, object)| object["tune_id"].as_u64() == Some(*tune))
            .map(|(id, _)| id)
            .collect();
        let (mut listed, mut before) = (BTreeSet::new(), 999_999_999);
        loop {
            let page = owner.get(&format!("/tunes/{tune}/prompts?limit=120&before_id={before}")).await.ok();
            let mut of_page = BTreeSet::new();
            of_page.extend(page.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()));
            let Some(last) = of_page.first() else { break };
            before = *last;
            listed.extend(of_page);
        }
        assert_eq!(listed, wanted, "of tune {tune}");
    }

    // And nothing is nobody's any more.
    for object in at_astria(&site).into_values() {
        assert!(is_seen_by_its_owner_or_nobody(&object, &owner, &stranger).await, "{object}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_24_what_a_crash_cut_off_on_ones_own_tunes_is_listed_from_the_next_start_on() {
    let site = Site::new().await;
    let config = config(&site);
    let token = token(&site, "owner");
    for kind in ["on own", "theme", "pack, on tunes"] {
        let served = site.serve(&config, &[]).await;
        let owner = user(&site, &served, "owner");
        let mut own = Vec::new();
        for title in ["first", "second"] {
            let mut tune = a_tune(&format!("{title} for {kind}"));
            tune["tune"].as_object_mut().unwrap().remove("prompts_attributes");
            own.push(owner.post_json("/tunes", &tune).await.ok()["id"].as_u64().unwrap());
        }
        owner.get("/p/corporate-headshots").await.ok();
        let before: BTreeSet<u64> = at_astria(&site).into_keys().collect();
        let while_it_works = Point::Arrived { delay_ms: 60, then_ms: 0 };
        let told = kill_in(&site, served, &token, request(kind, 0, &own), while_it_works).await;
        assert!(told.is_empty(), "it was killed too late");
        let news =
            || -> BTreeSet<u64> { at_astria(&site).into_keys().filter(|id| !before.contains(id)).collect() };
        let tunes = if kind == "pack, on tunes" { &own[..] } else { &own[..1] };
        let is_there = || {
            let made = site.mock.prompts();
            tunes.iter().all(|tune| made.iter().any(|one| one["tune_id"].as_u64() == Some(*tune)))
        };
        eventually("what Astria made of it", is_there).await;

        let served = site.serve(&config, &[]).await;
        let (owner, stranger) = (user(&site, &served, "owner"), user(&site, &served, "stranger"));
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let mut listed = BTreeSet::new();
            for tune in &own {
                ids(&owner.get(&format!("/tunes/{tune}/prompts?limit=120")).await.ok(), &mut listed);
            }
            if listed == news() {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "{kind}: {listed:?} of {:?}", news());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for id in news() {
            owner.get(&format!("/prompts/{id}")).await.ok();
            stranger.get(&format!("/prompts/{id}")).await.problem(404, "not_found");
        }
    }
}
