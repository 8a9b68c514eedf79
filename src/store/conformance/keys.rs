//! Idempotency keys: whose, what they lead to, and for how long.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::Made;
use super::bench::{
    Kept, LEASE, MINUTE, NOON, conclusion, ending, find, main_account, naming, opening, prompt, prompts,
    pseudonym, sight, usage,
};
use crate::clock::Timestamp;
use crate::idempotency::{Fingerprint, StoredReply};
use crate::ids::ReservationId;
use crate::quota::{
    BooksError, Claim, Closing, Ending, Limit, Measure, Opened, Opening, Period, Scope, SharedBy,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn fingerprint(byte: u8) -> Fingerprint {
    Fingerprint::from_bytes(&[byte; 32]).unwrap()
}

/// A key of the same request, kept for a day.
pub(crate) fn claim(key: &str) -> Claim {
    let route = "/tunes/{tune_id}/prompts".into();
    Claim { route, key: key.into(), fingerprint: fingerprint(1), expires_at: NOON.plus(DAY) }
}

/// A reply that nobody could write again by chance.
pub(crate) fn key(text: &str) -> StoredReply {
    StoredReply {
        status: 201,
        is_problem: false,
        body: Bytes::from(format!("{{\"id\": 70,\"text\":\"\\u00e9{text}\"  , \"n\":1.0}}\n\0\u{ff}")),
        dropped: vec!["prompt[\"callback]".into(), String::new()],
        clamped: vec!["num_images".into()],
    }
}

fn keyed(owner: &str, claim: Claim, at: Timestamp) -> Opening {
    let opening = opening(&main_account(), owner, at);
    Opening { amounts: prompts(1, 1, 10), claim: Some(claim), ..opening }
}

/// Asks with a key at a moment.
async fn ask(store: &dyn Kept, claim: Claim, at: Timestamp) -> Opened {
    store.open(keyed("a", claim, at)).await.unwrap()
}

/// Opens a create with a key.
async fn called(store: &dyn Kept, claim: Claim) -> ReservationId {
    let opening = keyed("a", claim, NOON);
    let reservation = opening.reservation;
    assert_eq!(store.open(opening).await, Ok(Opened::Held));
    reservation
}

pub(crate) async fn idem_02_a_stored_reply_is_given_again(Made { store, .. }: &Made) {
    let problem = StoredReply { status: 422, is_problem: true, body: Bytes::new(), ..key("") };
    let endings = [(super::bench::MADE, key("made")), (Ending::Nothing, problem)];
    for (n, (end, reply)) in endings.into_iter().enumerate() {
        let claim = claim(&n.to_string());
        let reservation = called(&**store, claim.clone()).await;
        store.close(Closing { reply: Some(reply.clone()), ..ending(reservation, end) }).await.unwrap();
        let held = usage(&**store, "a").await.held;
        for minutes in [1, 60] {
            let again = ask(&**store, claim.clone(), NOON.plus(minutes * MINUTE)).await;
            assert_eq!(again, Opened::Replay(reply.clone()));
        }
        assert_eq!(usage(&**store, "a").await.held, held, "who asks again holds nothing");
        // A second answer does not take the first one's place.
        store.close(Closing { reply: Some(key("other")), ..ending(reservation, end) }).await.unwrap();
        assert_eq!(ask(&**store, claim, NOON).await, Opened::Replay(reply));
    }
}

pub(crate) async fn idem_04_a_key_is_in_progress_until_its_lease_ends_and_then_unknown(
    Made { store, .. }: &Made,
) {
    let reservation = called(&**store, claim("k")).await;
    let until = NOON.plus(LEASE);
    let just_before = Timestamp::from_unix_ms(until.unix_ms() - 1);
    for at in [NOON, just_before] {
        assert_eq!(ask(&**store, claim("k"), at).await, Opened::InProgress { lease_until: until });
    }
    // Before somebody has noted the lease's end, and after.
    assert_eq!(ask(&**store, claim("k"), until).await, Opened::Unknown(reservation));
    assert_eq!(store.expire(until, until, false).await, Ok(1));
    for (state, at) in
        [(None, until), (Some(Ending::Unknown), NOON), (Some(Ending::Presumed), NOON.plus(9 * DAY))]
    {
        if let Some(state) = state {
            store.close(ending(reservation, state)).await.unwrap();
        }
        // An unknown outcome does not expire: it would be called twice.
        assert_eq!(store.forget_keys(NOON.plus(9 * DAY)).await, Ok(0));
        assert_eq!(ask(&**store, claim("k"), at).await, Opened::Unknown(reservation), "{state:?}");
    }
}

pub(crate) async fn idem_03_a_key_with_another_request_is_refused(Made { store, .. }: &Made) {
    let other = Claim { fingerprint: fingerprint(2), ..claim("k") };
    let reservation = called(&**store, claim("k")).await;
    let refused = async || ask(&**store, other.clone(), NOON).await == Opened::OtherRequest;
    assert!(refused().await);
    store.close(ending(reservation, Ending::Unknown)).await.unwrap();
    assert!(refused().await);
    let reply = Some(key("made"));
    store.close(Closing { reply, ..conclusion(reservation, vec![]) }).await.unwrap();
    assert!(refused().await);
    assert_eq!(ask(&**store, claim("k"), NOON).await, Opened::Replay(key("made")), "the first one's is kept");
}

pub(crate) async fn idem_01_keys_are_of_one_end_user_and_one_route(Made { store, .. }: &Made) {
    called(&**store, claim("k")).await;
    let elsewhere = Claim { route: "/tunes".into(), fingerprint: fingerprint(2), ..claim("k") };
    assert_eq!(ask(&**store, elsewhere, NOON).await, Opened::Held);
    let of_b = Claim { fingerprint: fingerprint(3), ..claim("k") };
    assert_eq!(store.open(keyed("b", of_b, NOON)).await, Ok(Opened::Held));
    assert_eq!(ask(&**store, claim("K"), NOON).await, Opened::Held, "another key");
}

pub(crate) async fn idem_05_a_key_of_a_create_that_made_nothing_is_free_again_unless_it_has_a_reply(
    Made { store, .. }: &Made,
) {
    for before in [None, Some(Ending::Unknown), Some(Ending::Presumed)] {
        let reservation = called(&**store, claim("k")).await;
        if let Some(before) = before {
            store.close(ending(reservation, before)).await.unwrap();
        }
        store.close(ending(reservation, Ending::Nothing)).await.unwrap();
        // For another request, too.
        let other = Claim { fingerprint: fingerprint(2), ..claim("k") };
        let opening = keyed("a", other, NOON);
        let again = opening.reservation;
        assert_eq!(store.open(opening).await, Ok(Opened::Held), "{before:?}");
        // The first one's end, told again, does not free the second one's key.
        assert!(store.close(ending(reservation, Ending::Nothing)).await.unwrap().was_ended);
        assert_eq!(ask(&**store, claim("k"), NOON).await, Opened::OtherRequest);
        store.close(ending(again, Ending::Nothing)).await.unwrap();
    }
}

pub(crate) async fn idem_05_a_refused_reserve_leaves_its_key_free(Made { store, .. }: &Made) {
    let none = Limit {
        scope: Scope::EndUser(pseudonym("a")),
        shared_by: SharedBy::EndUser,
        of: Measure::Images,
        per: Period::Day,
        limit: 0,
    };
    let refused = store.open(Opening { limits: vec![none], ..keyed("a", claim("k"), NOON) }).await;
    assert!(matches!(refused, Err(BooksError::Exhausted { .. })));
    let refused = store.open(Opening { max_jobs: Some(0), ..keyed("a", claim("k"), NOON) }).await;
    assert_eq!(refused, Err(BooksError::TooManyJobs { in_flight: 0 }));
    let reservation = called(&**store, claim("k")).await;
    let reply = Some(key("made"));
    store.close(Closing { reply, ..conclusion(reservation, vec![]) }).await.unwrap();
    // Whoever repeats one that was made is asked for no quota.
    let again = store.open(Opening { max_jobs: Some(0), ..keyed("a", claim("k"), NOON) }).await;
    assert_eq!(again, Ok(Opened::Replay(key("made"))));
}

pub(crate) async fn idem_06_a_reply_is_kept_until_it_expires(Made { store, .. }: &Made) {
    let end = NOON.plus(DAY);
    let just_before = Timestamp::from_unix_ms(end.unix_ms() - 1);
    for name in ["k", "l"] {
        let reservation = called(&**store, claim(name)).await;
        let reply = Some(key(name));
        store.close(Closing { reply, ..conclusion(reservation, vec![]) }).await.unwrap();
    }
    assert_eq!(store.forget_keys(just_before).await, Ok(0));
    assert_eq!(ask(&**store, claim("k"), just_before).await, Opened::Replay(key("k")));
    let anew = Claim { expires_at: end.plus(DAY), fingerprint: fingerprint(2), ..claim("k") };
    assert_eq!(ask(&**store, anew, end).await, Opened::Held, "nobody need have forgotten it");
    assert_eq!(store.forget_keys(end).await, Ok(1), "the other");
    assert_eq!(ask(&**store, Claim { expires_at: end.plus(DAY), ..claim("l") }, end).await, Opened::Held);
}

pub(crate) async fn idem_06_of_a_hundred_copies_one_is_called(Made { store, .. }: &Made) {
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let store = Arc::clone(store);
        tasks.spawn(async move { ask(&*store, claim("k"), NOON).await });
    }
    let opened = tasks.join_all().await;
    assert_eq!(opened.iter().filter(|opened| **opened == Opened::Held).count(), 1);
    let waiting = Opened::InProgress { lease_until: NOON.plus(LEASE) };
    assert_eq!(opened.iter().filter(|opened| **opened == waiting).count(), 99);
    assert_eq!(usage(&**store, "a").await.held, prompts(1, 1, 10));
}

pub(crate) async fn idem_02_the_key_of_an_unknown_create_is_answered_after_adoption(
    Made { store, .. }: &Made,
) {
    let reservation = called(&**store, claim("k")).await;
    store.close(ending(reservation, Ending::Unknown)).await.unwrap();
    let found = naming(reservation, prompt(70, 7));
    assert_eq!(sight(&**store, None, vec![found.clone()]).await, 1);
    // Everything is there and paid for, and the client's answer is still owed.
    assert_eq!(usage(&**store, "a").await.held, prompts(0, 0, 0));
    assert_eq!(ask(&**store, claim("k"), NOON).await, Opened::Unknown(reservation));
    let due = store.due(NOON.plus(5 * MINUTE), 9).await.unwrap().creates;
    assert_eq!(due.len(), 1, "somebody must write it");
    assert!(due[0].has_key && due[0].objects.len() == 1);
    let adopted = Closing { reply: Some(key("adopted")), ..conclusion(reservation, vec![found.clone()]) };
    store.close(adopted).await.unwrap();
    assert_eq!(ask(&**store, claim("k"), NOON).await, Opened::Replay(key("adopted")));
    assert!(store.due(NOON.plus(5 * MINUTE), 9).await.unwrap().creates.is_empty());
    assert!(find(&**store, "a", found.object).await.is_some());
    assert_eq!(usage(&**store, "a").await.used, prompts(1, 1, 10), "once");
}

pub(crate) async fn a_late_reply_answers_a_key_whose_create_has_ended(Made { store, .. }: &Made) {
    let reservation = called(&**store, claim("k")).await;
    store.close(conclusion(reservation, vec![])).await.unwrap();
    assert_eq!(ask(&**store, claim("k"), NOON).await, Opened::Unknown(reservation));
    let late = Closing { reply: Some(key("late")), ..conclusion(reservation, vec![]) };
    assert!(store.close(late).await.unwrap().was_ended);
    assert_eq!(ask(&**store, claim("k"), NOON).await, Opened::Replay(key("late")));
}
