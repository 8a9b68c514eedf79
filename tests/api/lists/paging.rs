//! Pages through many objects of many end users: none twice, none skipped, none of anybody else's.

use std::time::Duration;

use super::super::harness::{Client, SHARED_TUNE, Spawn, TestGateway, spawn_gateway};
use super::{adopt, listed, newest_first};

const USERS: usize = 10;
const EACH: usize = 50;

struct Person {
    name: String,
    tunes: Vec<u64>,
    /// Every other one on a shared tune.
    prompts: Vec<u64>,
}

/// A thousand objects of ten end users, whose ids lie between each other's. Oldest first.
async fn a_thousand(spawn: Spawn) -> (TestGateway, Vec<Person>) {
    let gw = spawn.start().await;
    let new = |n| Person { name: format!("user-{n}"), tunes: Vec::new(), prompts: Vec::new() };
    let mut people: Vec<Person> = (0..USERS).map(new).collect();
    for n in 0..EACH {
        for person in &mut people {
            person.tunes.extend(gw.mock.seed_tunes(1));
            let tune = if n % 2 == 0 { person.tunes[0] } else { SHARED_TUNE };
            person.prompts.extend(gw.mock.seed_prompts(tune, 1));
        }
    }
    for person in &people {
        adopt(&gw, &person.name, &person.tunes).await;
        adopt(&gw, &person.name, &person.prompts).await;
    }
    (gw, people)
}

/// Reads on until a page is short. `next` spells the query of the page that comes after so many pages and this id.
async fn walk(
    user: &Client,
    path: &str,
    limit: usize,
    next: impl Fn(usize, Option<u64>) -> String,
) -> Vec<u64> {
    let mut all = Vec::new();
    for page in 0..200 {
        let query = next(page, all.last().copied());
        let part = listed(user, &format!("{path}?limit={limit}{query}")).await;
        let is_last = part.len() < limit;
        all.extend(part);
        if is_last {
            break;
        }
    }
    all
}

fn before(_: usize, last: Option<u64>) -> String {
    last.map_or_else(String::new, |id| format!("&before_id={id}"))
}

#[tokio::test]
async fn iso_03_everybody_pages_through_their_own_objects_by_offset_page_and_id() {
    let (gw, people) = a_thousand(spawn_gateway()).await;
    for person in &people {
        let user = gw.user(&person.name);
        let on_own: Vec<u64> = person.prompts.iter().copied().step_by(2).collect();
        let on_shared: Vec<u64> = person.prompts.iter().copied().skip(1).step_by(2).collect();
        for (path, expected) in [
            ("/tunes".to_owned(), person.tunes.clone()),
            ("/prompts".to_owned(), person.prompts.clone()),
            (format!("/tunes/{}/prompts", person.tunes[0]), on_own),
            (format!("/tunes/{SHARED_TUNE}/prompts"), on_shared),
        ] {
            let expected = newest_first(expected);
            assert_eq!(walk(&user, &path, 10, before).await, expected, "{path}, before_id");
            assert_eq!(walk(&user, &path, 120, before).await, expected, "{path}, all");
            let by_offset = |page, _| format!("&offset={}", page * 17);
            assert_eq!(walk(&user, &path, 17, by_offset).await, expected, "{path}, offset");
            let by_page = |page: usize, _| format!("&page={}", page + 1);
            assert_eq!(walk(&user, &path, 24, by_page).await, expected, "{path}, page");
        }
    }
    assert!(gw.mock.requests().is_empty(), "nothing of it was Astria's business");
}

#[tokio::test]
async fn a_page_has_twenty_objects_unless_asked_for_another_number_up_to_120() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("a");
    let tune = gw.mock.seed_tunes(130);
    let prompts = gw.mock.seed_prompts(tune[0], 130);
    adopt(&gw, "a", &tune).await;
    adopt(&gw, "a", &prompts).await;
    for (path, all) in [
        ("/tunes".to_owned(), &tune),
        ("/prompts".to_owned(), &prompts),
        (format!("/tunes/{}/prompts", tune[0]), &prompts),
        ("/prompts.json".to_owned(), &prompts),
    ] {
        let all = newest_first(all.clone());
        for (query, expected) in [
            ("", &all[..20]),
            ("?limit=", &all[..20]),
            ("?limit=1", &all[..1]),
            ("?limit=120", &all[..120]),
            ("?limit=121", &all[..120]),
            ("?limit=999999999999999999", &all[..120]),
            ("?offset=125", &all[125..]),
            ("?offset=130", &[]),
            ("?offset=999999999999999999", &[]),
            ("?page=2", &all[20..40]),
            ("?page=2&limit=3&offset=1", &all[4..7]),
            ("?page=999999999999999999&limit=120", &[]),
            ("?before_id=999999999999999999&limit=2", &all[..2]),
            ("?before_id=1", &[]),
        ] {
            assert_eq!(listed(&user, &format!("{path}{query}")).await, expected, "{path}{query}");
        }
        for query in ["limit=0", "limit=-1", "limit=x", "limit=1e2", "page=0", "before_id=0", "offset=-1"] {
            let (name, _) = query.split_once('=').unwrap();
            let problem = user.get(&format!("{path}?{query}")).await.problem(422, "validation_failed");
            assert!(problem["errors"][name].is_array(), "{query}: {problem}");
        }
        assert_eq!(user.get(&format!("{path}?limit[]=3")).await.status, 422);
    }
}

/// Someone else's id is as good a mark in the list as one's own: it says nothing.
#[tokio::test]
async fn iso_03_another_end_users_id_marks_a_place_and_nothing_else() {
    let (gw, people) = a_thousand(spawn_gateway()).await;
    let (user, [a, b, ..]) = (gw.user("user-0"), people.as_slice()) else { panic!() };
    for (path, own, theirs) in [("/tunes", &a.tunes, &b.tunes), ("/prompts", &a.prompts, &b.prompts)] {
        let shown = listed(&user, &format!("{path}?before_id={}", theirs[10])).await;
        assert_eq!(shown, newest_first(own[..=10].to_vec()), "{path}");
    }
}

#[tokio::test]
async fn deletes_and_expiry_between_pages_neither_skip_nor_repeat_anything() {
    let (gw, people) = a_thousand(spawn_gateway().manual_clock()).await;
    for path in ["/tunes", "/prompts"] {
        for person in people.iter().take(3) {
            let user = gw.user(&person.name);
            let own = if path == "/tunes" { &person.tunes } else { &person.prompts };
            let delete = async |id: u64| {
                let reply = user.method(reqwest::Method::DELETE, &format!("{path}/{id}")).await;
                assert_eq!(reply.status, 200, "{}", reply.text());
            };
            let page = async |before: Option<u64>| {
                let before = before.map_or_else(String::new, |id| format!("&before_id={id}"));
                listed(&user, &format!("{path}?limit=10{before}")).await
            };
            let some = |places: &[usize]| places.iter().map(|place| own[*place]).collect::<Vec<_>>();

            assert_eq!(page(None).await, newest_first(own[40..50].to_vec()));
            // One that was shown, one to come, and one to come that expires.
            delete(own[45]).await;
            delete(own[35]).await;
            assert!(gw.mock.remove(own[34]));
            gw.clock.advance(Duration::from_secs(3_601));
            let second = page(Some(own[40])).await;
            assert_eq!(second, some(&[39, 38, 37, 36, 33, 32, 31, 30, 29, 28]), "the page is full");
            // The mark itself goes, and something new comes.
            delete(own[28]).await;
            let new =
                if path == "/tunes" { gw.mock.seed_tunes(1) } else { gw.mock.seed_prompts(SHARED_TUNE, 1) };
            adopt(&gw, &person.name, &new).await;
            assert_eq!(page(Some(own[28])).await, newest_first(own[18..28].to_vec()));
            assert_eq!(page(Some(own[18])).await, newest_first(own[8..18].to_vec()));
            // All the rest expires but two; what stands there is less than a page, so it is the end.
            for id in &own[2..8] {
                assert!(gw.mock.remove(*id));
            }
            gw.clock.advance(Duration::from_secs(3_601));
            assert_eq!(page(Some(own[8])).await, some(&[1, 0]));

            let mut left: Vec<u64> = own
                .iter()
                .enumerate()
                .filter(|(n, _)| ![45, 35, 34, 28].contains(n) && !(2..8).contains(n))
                .map(|(_, id)| *id)
                .collect();
            left.extend(&new);
            assert_eq!(walk(&user, path, 10, before).await, newest_first(left));
        }
        // Nobody else lost anything.
        let last = &people[9];
        let own = if path == "/tunes" { &last.tunes } else { &last.prompts };
        assert_eq!(walk(&gw.user(&last.name), path, 50, before).await, newest_first(own.clone()));
    }
}
