use std::sync::LazyLock;

use serde_json::{Value, json};

use super::*;
use crate::images::{ImageKey, ImageUrlParts, ImageUrls};
use crate::ownership::{AccountKey, TitlePrefix, Titles};
use crate::principal::EndUserId;
use crate::secret::Secret;

fn prefix() -> TitlePrefix {
    let owner = EndUserId { issuer: "https://id.example".into(), subject: "a".into() };
    Titles::new(b"key").of(&AccountKey::new("main"), &owner)
}

fn urls() -> ImageUrls {
    ImageUrls::new(ImageUrlParts {
        key: ImageKey::new(&Secret::new(vec![7; 32])).unwrap(),
        gateway_url: "https://gw.example/api".into(),
        upstream_url: "https://api.astria.ai".into(),
        valid_s: 3600,
        accounts: vec![AccountKey::new("main")],
    })
}

fn view(prefix: Option<TitlePrefix>) -> View<'static> {
    static URLS: LazyLock<ImageUrls> = LazyLock::new(urls);
    let now = Timestamp::from_unix_s(1_800_000_000);
    View { gateway_url: "https://gw.example/api", prefix, pictures: URLS.of(&AccountKey::new("main"), now) }
}

fn read(shown: &[u8]) -> Value {
    serde_json::from_slice(shown).unwrap()
}

#[test]
fn l_06_a_shown_prompt_has_no_callback_and_points_at_the_gateway() {
    let reply =
        json!([{"id": 7, "tune_id": 3, "callback": "https://secret", "user_id": 1, "text": "x", "new": 1}]);
    let reply = reply.to_string();
    let shown = Prompt::find(reply.as_bytes()).unwrap().show(&view(None), true);
    let url = "https://gw.example/api/tunes/3/prompts/7.json";
    assert_eq!(read(&shown), json!({"id": 7, "tune_id": 3, "text": "x", "liked": true, "url": url}));
}

#[test]
fn l_06_a_shown_tune_has_its_owners_title_and_no_weights() {
    let prefix = prefix();
    let reply = json!({
        "id": 3, "title": prefix.add("My cat"), "name": "cat", "ckpt_url": "https://s3/x", "ckpt_urls": ["x"],
        "user_id": 1, "callback": "https://secret", "orig_images": ["https://s3/a.jpg"],
    });
    let reply = reply.to_string();
    let tune = Tune::find(reply.as_bytes()).unwrap();
    let url = "https://gw.example/api/tunes/3.json";
    assert_eq!(
        read(&tune.show(&view(Some(prefix)))),
        json!({"id": 3, "title": "My cat", "name": "cat", "orig_images": ["https://s3/a.jpg"], "url": url})
    );
    let shared = |reply: &str| read(&Tune::find(reply.as_bytes()).unwrap().show_shared(&view(None)));
    assert_eq!(shared(&reply), json!({"id": 3, "name": "cat", "url": url}));
    let base = json!({"id": 3, "title": "Flux1.dev", "orig_images": ["https://s3/a.jpg"]}).to_string();
    assert_eq!(shared(&base), json!({"id": 3, "title": "Flux1.dev", "url": url}));
}

#[test]
fn l_04_a_tune_that_was_a_guests_is_shown_without_the_guests_prefix() {
    let guest = EndUserId { issuer: "gateway".into(), subject: "guest-AAAAAAAAAAAAAAAAAAAAAA".into() };
    let sent = Titles::new(b"key").of(&AccountKey::new("main"), &guest).add("My cat");
    let title = |callback: &str, sent: &str| {
        let reply = json!({"id": 3, "title": sent, "callback": callback}).to_string();
        read(&Tune::find(reply.as_bytes()).unwrap().show(&view(Some(prefix()))))["title"].clone()
    };
    let ours = "https://gw/gateway/callbacks/1.k1.0123456789abcdef0123456789abcdef.t.9.x";
    assert_eq!(title(ours, &sent), "My cat");
    assert_eq!(title(ours, &prefix().add(&sent)), sent, "whoever writes such a title keeps it");
    assert_eq!(title("https://app.example/hook", &sent), sent, "it was not made here");
}

#[test]
fn what_is_kept_can_be_read_and_shown_again() {
    let reply = json!({
        "id": 7, "tune_id": 3, "text": "a <b>", "images": ["https://s3/1.jpg"], "callback": "https://secret",
        "trained_at": "2026-11-20T10:00:00.000Z", "created_at": "2026-11-20T09:00:00Z",
    });
    let reply = reply.to_string();
    let prompt = Prompt::find(reply.as_bytes()).unwrap();
    let seen = prompt.seen();
    assert!(seen.is_finished && !seen.members.contains("secret"));
    assert_eq!(seen.finished_at.map(Timestamp::unix_s), Some(1_795_168_800));
    let again = Prompt::find(seen.members.as_bytes()).unwrap();
    assert_eq!(again.show(&view(None), false), prompt.show(&view(None), false));
}

#[test]
fn a_prompt_is_finished_by_pictures_an_error_or_its_end() {
    let finished = |more: Value| {
        let mut prompt = json!({"id": 7, "tune_id": 3, "images": [], "trained_at": null, "user_error": null});
        prompt.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Prompt::find(prompt.to_string().as_bytes()).unwrap().seen().is_finished
    };
    assert!(!finished(json!({})) && !finished(json!({"images": null})));
    assert!(finished(json!({"images": ["https://a"]})));
    assert!(finished(json!({"user_error": "no face"})));
    assert!(finished(json!({"trained_at": "2026-11-20T10:00:00Z"})));
}

#[test]
fn an_echoed_callback_names_its_reservation_whatever_its_host_and_age() {
    let id = ReservationId::generate();
    let mac = "A".repeat(32);
    for host in ["https://old.example", "http://127.0.0.1:1/api"] {
        let address = format!("\"{host}/gateway/callbacks/1.k1.{id}.p0.5.{mac}?x=1\"");
        assert_eq!(attribution(Some(&address)), Some(id));
    }
    for odd in ["null", "\"\"", "\"https://a/gateway/callbacks/\"", "\"https://a/1.k1.x.p0.5.y\"", "7"] {
        assert_eq!(attribution(Some(odd)), None, "{odd}");
    }
}

#[test]
fn a_run_shows_its_order_and_nothing_else() {
    let reply = json!({
        "status": "created", "order": {"id": 5, "tune_ids": [3], "total_cost_mc": 7, "user_id": 1},
        "prompt_ids": [1, 2], "secret": "x",
    });
    let run = PackRun::find(reply.to_string().as_bytes()).unwrap();
    let tune = Some(crate::ids::TuneId::from_u64(3));
    let seen: Vec<_> = run.seen().map(|seen| (seen.object.id, seen.tune)).collect();
    assert_eq!(seen, [(1, tune), (2, tune)]);
    let shown = serde_json::to_value(&run).unwrap();
    assert_eq!(
        shown,
        json!({
            "status": "created", "order": {"id": 5, "tune_ids": [3], "total_cost_mc": 7}, "prompt_ids": [1, 2],
        })
    );
    assert!(PackRun::find(br#"{"id": 3, "title": "x"}"#).is_none());
}

#[test]
fn l_14_a_packs_templates_are_shown_as_ids() {
    let pack = json!({"id": 1, "user_id": 9, "template_prompts": [{"id": 4, "text": "secret sauce"}]});
    let shown = show_pack(pack.as_object().unwrap());
    assert_eq!(shown, json!({"id": 1, "template_prompts": [{"id": 4}]}));
}

#[test]
fn a_shown_inspection_has_documented_fields_only() {
    let shown = show_inspection(br#"{"name": "man", "selfie": true, "debug": 1, "age": {"x": 1}}"#).unwrap();
    assert_eq!(shown, br#"{"name":"man","selfie":true}"#);
    assert_eq!(show_inspection(br#""man""#), None);
}

#[test]
fn the_lists_of_read_members_are_sorted_for_their_search() {
    for list in [prompt::PROMPT, tune::TUNE, inspection::INSPECTION] {
        assert!(list.is_sorted());
    }
}

#[test]
fn pictures_that_live_at_astria_get_an_address_of_the_gateway() {
    let reply = json!({
        "id": 7, "tune_id": 3,
        "images": ["/rails/active_storage/blobs/redirect/x/1.jpg", "https://mp.astria.ai/2.jpg"],
    });
    let shown = Prompt::find(reply.to_string().as_bytes()).unwrap().show(&view(None), false);
    let shown = read(&shown);
    let first = shown["images"][0].as_str().unwrap();
    assert!(
        first.starts_with("https://gw.example/api/rails/active_storage/blobs/redirect/x/1.jpg?"),
        "{first}"
    );
    assert_eq!(shown["images"][1], "https://mp.astria.ai/2.jpg");
}
