//! A URL of ours is the right to look, until it expires; nothing else is.

use std::time::Duration;

use super::storage::{Stored, png};
use super::{AT_ASTRIA, World};
use crate::harness::{Reply, Spawn, raw};

/// A reply's body with its request's name taken out.
fn masked(reply: &Reply) -> String {
    reply.text().replace(reply.header("x-request-id").unwrap(), "ID")
}

fn names(reply: &Reply) -> Vec<&str> {
    let mut names: Vec<_> = reply.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn iso_01_a_picture_without_a_right_signature_is_the_404_of_a_path_that_does_not_exist() {
    let world = World::start(Spawn::manual_clock).await;
    world.storage.put(super::AT_STORAGE, Stored::Bytes("image/png", png(2000)));
    let good = world.signed(AT_ASTRIA);
    assert_eq!(world.browser().get(&good).await.status, 200);
    let asked = world.astria.asked().len();
    let unknown = world.browser().get("/nowhere").await;
    let (path, query) = good.split_once('?').unwrap();
    let mac = query.rsplit_once("&s=").unwrap().1;
    let (tag, rest) = query.strip_prefix("a=").unwrap().split_once('&').unwrap();
    let expiry = rest.strip_prefix("e=").unwrap().split('&').next().unwrap();
    let flipped = |text: &str| {
        if text.starts_with('A') { text.replacen('A', "B", 1) } else { format!("A{}", &text[1..]) }
    };
    let wrong = [
        path.to_owned(),
        format!("{path}?"),
        format!("{path}?a={tag}&e={expiry}"),
        format!("{path}?a={tag}&e={expiry}&s="),
        format!("{path}?a={tag}&e={expiry}&s={}", flipped(mac)),
        format!("{path}?a={tag}&e={expiry}&s={mac}A"),
        format!("{path}?a={tag}&e=9999999999&s={mac}"),
        format!("{path}?a={tag}&e=0{expiry}&s={mac}"),
        format!("{path}?a={}&e={expiry}&s={mac}", flipped(tag)),
        format!("{path}?e={expiry}&a={tag}&s={mac}"),
        format!("{path}?{query}&disposition=inline"),
        format!("{}?{query}", path.replace("cat", "dog")),
        format!("{}?{query}", path.replace("0a1b", "0a1c")),
        format!("{}?{query}", path.replace("cat", "%63at")),
        format!("/rails/active_storage/blobs/redirect?{query}"),
        format!("/rails/active_storage/representations/redirect/x/cat.png?{query}"),
    ];
    for url in wrong {
        let reply = world.browser().get(&url).await;
        reply.problem(404, "not_found");
        assert_eq!(masked(&reply), masked(&unknown), "{url}");
        assert_eq!(names(&reply), names(&unknown), "{url}");
    }
    // A right signature of somebody who is signed in helps nobody else, and a token replaces none.
    world.gw.user("first").get(path).await.problem(404, "not_found");

    world.gw.clock.advance(Duration::from_secs(3601));
    let expired = world.browser().get(&good).await;
    expired.problem(404, "not_found");
    assert_eq!(masked(&expired), masked(&unknown));
    assert_eq!(world.astria.asked().len(), asked, "Astria was asked for what nobody may see");
}

#[tokio::test]
async fn path_04_escapes_are_for_signed_pictures_and_in_one_spelling() {
    let world = World::start(|spawn| spawn).await;
    let named = "/rails/active_storage/blobs/redirect/x=--1/my%20cat%281%29.png";
    world.astria.put(named, Stored::Bytes("image/png", png(500)));
    assert_eq!(
        world
            .browser()
            .get(&world.signed("/rails/active_storage/blobs/redirect/x=--1/my%20cat(1).png"))
            .await
            .status,
        200
    );
    let query = world.signed(named).split_once('?').unwrap().1.to_owned();
    for path in [
        "/rails/active_storage/blobs/redirect/x%2Fy.png",
        "/rails/active_storage/blobs/redirect//y.png",
        "/rails/active_storage/blobs/redirect/x/y.png/",
        "/rails/active_storage/blobs/redirect/%2e%2e/y.png",
        "/rails/active_storage/blobs/redirect/x;y.png",
        "/rails/active_storage/%62lobs/redirect/x/y.png",
        "/packs%20",
    ] {
        // As it is written: a client's library would resolve the dots.
        let reply = raw::request(world.gw.host(), "GET", &format!("{path}?{query}"), "", "").await;
        assert!(reply.starts_with("HTTP/1.1 400 ") && reply.contains("bad_path"), "{path}: {reply}");
    }
}

#[tokio::test]
async fn wrong_signatures_and_right_ones_count_for_their_address() {
    let world = World::start(|spawn| {
        spawn.config(|config| {
            config.limits.ip.requests_per_s = 0.001;
            config.limits.ip.burst = 3;
        })
    })
    .await;
    world.storage.put(super::AT_STORAGE, Stored::Bytes("image/png", png(500)));
    assert_eq!(world.get().await.status, 200);
    world.browser().get(AT_ASTRIA).await.problem(404, "not_found");
    world.browser().get(AT_ASTRIA).await.problem(404, "not_found");
    world.get().await.problem(429, "rate_limited");
}

#[tokio::test]
async fn a_url_goes_on_working_after_a_reload_and_under_a_base_path() {
    let world = World::start(|spawn| spawn.config(|config| config.server.base_path = "/api".into())).await;
    world.storage.put(super::AT_STORAGE, Stored::Bytes("image/png", png(500)));
    let url = world.signed(AT_ASTRIA);
    assert!(url.starts_with("/api/rails/"), "{url}");
    assert_eq!(world.browser().get(&url).await.status, 200);
    world.browser().get(url.strip_prefix("/api").unwrap()).await.problem(404, "not_found");

    world.gw.reload(|now| now.config.images.valid_s = 600);

    assert_eq!(world.browser().get(&url).await.status, 200);
    assert_eq!(world.astria.asked().len(), 2);
}
