//! Guests: how they begin, that what they made becomes an end user's whole and once, and that nobody else is forgotten.

mod ends;
mod uses;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use ends::*;
use tokio::task::JoinSet;
pub(crate) use uses::*;

use super::Made;
use super::bench::{
    Kept, MINUTE, NOON, all, claim_by, conclusion, counting, find, hold, list, main_account, make, name_of,
    naming, new_guest, opening, owns, prompt, prompts, running, sight, tune, usage, user,
};
use crate::clock::Timestamp;
use crate::events::EventKind;
use crate::guests::{Begun, COUNTED, Caps, Claim, Claimed, GuestId, GuestKeys, GuestState, Moved};
use crate::ids::ReservationId;
use crate::ownership::{IndexError, ObjectKind, Seen};
use crate::quota::{Amounts, BooksError, Closing, Opened, Opening, Scope, Sharing, Usage};

const SECOND: Duration = Duration::from_secs(1);

/// A create of a guest's.
fn by(guest: GuestId, amounts: Amounts) -> Opening {
    let (account, owner) = (main_account(), guest.end_user());
    let subject = name_of(&owner);
    let sharing = Sharing { user: subject, tenant: None, is_guest: true, account: &account };
    let scopes = sharing.scopes(std::iter::empty());
    Opening { owner, subject, scopes, amounts, ..opening(&account, "a", NOON) }
}

/// A create of a guest's that has made these.
async fn made(store: &dyn Kept, guest: GuestId, amounts: Amounts, objects: Vec<Seen>) -> ReservationId {
    let reservation = hold(store, by(guest, amounts)).await;
    store.close(conclusion(reservation, objects)).await.unwrap();
    reservation
}

async fn claim(store: &dyn Kept, guest: GuestId, owner: &str) -> Result<Claimed, IndexError> {
    store.claim_guest(claim_by(guest, owner, NOON.plus(2 * MINUTE))).await
}

fn moved(objects: u64, reservations: u64) -> Result<Claimed, IndexError> {
    Ok(Claimed::Moved(Moved { objects, reservations, is_overrun: false }))
}

/// In total.
async fn of(store: &dyn Kept, scope: Scope) -> Usage {
    store.usage(&[(scope, 0)]).await.unwrap()[0]
}

async fn of_guest(store: &dyn Kept, guest: GuestId) -> Usage {
    of(store, Scope::EndUser(name_of(&guest.end_user()))).await
}

fn used(prompts_: u64, images: u64, cost_mc: u64) -> Usage {
    Usage { used: prompts(prompts_, images, cost_mc), held: Amounts::none() }
}

fn held(amounts: Amounts) -> Usage {
    Usage { used: Amounts::none(), held: amounts }
}

/// A finished prompt with a price.
fn priced(id: u64, tune: u64, images: u64, cost_mc: u64) -> Seen {
    counting(Some(images), Some(cost_mc), prompt(id, tune))
}

pub(crate) async fn guests_begin_until_a_network_or_all_have_had_enough_in_a_day(Made { store, .. }: &Made) {
    let keys = GuestKeys::new(&[7; 32]);
    let caps = Caps { per_network: 2, in_all: 3 };
    let begin = async |address: [u8; 4], at: Timestamp| {
        let guest = GuestId::generate().unwrap();
        let begun = store.begin_guest(guest, keys.network(address.into()), caps, at).await.unwrap();
        let is_there = store.find_guest(guest).await.unwrap() == GuestState::Alive;
        assert_eq!(is_there, begun == Begun::Begun);
        begun
    };
    let (one, two, three) = ([192, 0, 2, 1], [192, 0, 2, 2], [192, 0, 2, 3]);
    let at = |seconds: u32| NOON.plus(SECOND * seconds);
    assert_eq!(begin(one, at(0)).await, Begun::Begun);
    assert_eq!(begin(one, at(1)).await, Begun::Begun);
    assert_eq!(begin(one, at(2)).await, Begun::NetworkFull { again_at: at(0).plus(COUNTED) });
    assert_eq!(begin(two, at(3)).await, Begun::Begun);
    assert_eq!(begin(three, at(4)).await, Begun::Full { again_at: at(0).plus(COUNTED) });
    // What counts does so for a day, also when the clock was set back meanwhile.
    assert_eq!(begin(three, at(0)).await, Begun::Full { again_at: at(0).plus(COUNTED) });
    store.forget_guests(NOON, at(0).plus(COUNTED)).await.unwrap();
    assert_eq!(begin(one, at(0).plus(COUNTED)).await, Begun::Begun);
    assert_eq!(begin(two, at(0).plus(COUNTED)).await, Begun::Full { again_at: at(1).plus(COUNTED) });
    let used_before = new_guest(&**store, NOON).await;
    let again =
        store.begin_guest(used_before, keys.network(two.into()), Caps { per_network: 99, in_all: 99 }, NOON);
    assert_eq!(again.await, Err(IndexError::Conflict));
}

pub(crate) async fn a_guest_that_never_began_or_is_no_more_makes_nothing(Made { store, .. }: &Made) {
    let stranger = GuestId::generate().unwrap();
    assert_eq!(store.find_guest(stranger).await, Ok(GuestState::Gone));
    assert_eq!(store.open(by(stranger, prompts(1, 1, 1))).await, Err(BooksError::GuestGone));
    assert_eq!(claim(&**store, stranger, "a").await, Ok(Claimed::Nothing));
    let guest = new_guest(&**store, NOON).await;
    made(&**store, guest, prompts(1, 1, 10), vec![prompt(70, 7)]).await;
    assert_eq!(claim(&**store, guest, "a").await, moved(1, 1));
    assert_eq!(store.find_guest(guest).await, Ok(GuestState::Claimed));
    assert_eq!(store.open(by(guest, prompts(1, 1, 1))).await, Err(BooksError::GuestGone));
    let (account, who) = (main_account(), guest.end_user());
    assert_eq!(store.import(&account, &who, vec![tune(9)], NOON).await, Err(IndexError::Erasing));
    assert_eq!(store.begin_erasure(&who, NOON).await.unwrap().objects_left, 0);
    assert!(store.erasing().await.unwrap().is_empty());
}

pub(crate) async fn what_a_guest_made_becomes_the_end_users_and_is_told_to_them(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    let other = new_guest(&**store, NOON).await;
    let made_by =
        made(&**store, guest, prompts(2, 4, 20), vec![tune(7), priced(70, 7, 2, 9), running(prompt(71, 7))])
            .await;
    made(&**store, other, prompts(1, 1, 10), vec![prompt(80, 8)]).await;
    store.like(&main_account(), prompt(70, 7).object, true).await.unwrap();
    assert_eq!(claim(&**store, guest, "a").await, moved(3, 1));
    for seen in [tune(7), prompt(70, 7), prompt(71, 7)] {
        assert!(owns(&**store, "a", &seen).await);
    }
    assert!(find(&**store, "a", prompt(70, 7).object).await.unwrap().is_liked);
    assert!(!owns(&**store, "a", &prompt(80, 8)).await, "another guest's");
    assert!(store.objects(&guest.end_user(), None, 9).await.unwrap().is_empty());
    assert_eq!(store.create(made_by).await.unwrap().unwrap().owner, Some(user("a")));
    // Whatever happens to them from now on, the end user is told.
    let told = async || {
        let kept = store.events_after(&user("a"), &main_account(), 0, 99).await.unwrap();
        assert!(!kept.is_gap);
        kept.events
            .iter()
            .map(|event| (event.kind, event.object.id, event.record.is_some()))
            .collect::<Vec<_>>()
    };
    let mut news = told().await;
    for moved in
        [(EventKind::Updated, 7, true), (EventKind::Updated, 70, true), (EventKind::Updated, 71, true)]
    {
        assert!(news.contains(&moved), "{news:?}");
    }
    sight(&**store, None, vec![naming(made_by, priced(71, 7, 2, 9))]).await;
    news.push((EventKind::Finished, 71, true));
    assert_eq!(told().await, news);
    // What turns up late is theirs, too: by the create that it names, or on the tune.
    sight(&**store, None, vec![naming(made_by, prompt(72, 7))]).await;
    sight(&**store, Some(7), vec![prompt(73, 7)]).await;
    assert_eq!(list(&**store, "a", ObjectKind::Prompt, all()).await, [73, 72, 71, 70]);
}

pub(crate) async fn a_guest_is_claimed_once(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    made(&**store, guest, prompts(1, 2, 10), vec![priced(70, 7, 2, 9)]).await;
    assert_eq!(claim(&**store, guest, "a").await, moved(1, 1));
    let before = usage(&**store, "a").await;
    for owner in ["a", "b"] {
        assert_eq!(claim(&**store, guest, owner).await, Ok(Claimed::Already));
    }
    assert!(owns(&**store, "a", &prompt(70, 7)).await && !owns(&**store, "b", &prompt(70, 7)).await);
    assert_eq!((usage(&**store, "a").await, usage(&**store, "b").await), (before, Usage::default()));
    let nobody = Claim { end_user: new_guest(&**store, NOON).await.end_user(), ..claim_by(guest, "a", NOON) };
    let next = new_guest(&**store, NOON).await;
    let claimed = store.claim_guest(Claim { guest: next, ..nobody }).await;
    assert_eq!(claimed, Ok(Claimed::Nothing), "a guest becomes no guest");
}

pub(crate) async fn of_two_who_claim_a_guest_at_once_one_gets_all(Made { store, .. }: &Made) {
    for round in 0..20_u64 {
        let guest = new_guest(&**store, NOON).await;
        let objects = (0..3).map(|n| priced(100 * (round + 1) + n, 7, 1, 3)).collect();
        made(&**store, guest, prompts(3, 3, 9), objects).await;
        let open = hold(&**store, by(guest, prompts(1, 1, 5))).await;
        let mut claims = JoinSet::new();
        for n in 0..8 {
            let (store, owner) = (Arc::clone(store), format!("{round} {n}"));
            claims.spawn(async move { (claim(&*store, guest, &owner).await, owner) });
        }
        let claims = claims.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) =
            claims.into_iter().partition(|(claimed, _)| *claimed == moved(3, 2));
        let [(_, winner)] = won.as_slice() else { panic!("{won:?}") };
        assert!(lost.iter().all(|(claimed, _)| *claimed == Ok(Claimed::Already)), "{lost:?}");
        assert_eq!(list(&**store, winner, ObjectKind::Prompt, all()).await.len(), 3);
        let usage = usage(&**store, winner).await;
        assert_eq!((usage.used, usage.held), (prompts(3, 3, 9), prompts(1, 1, 5)));
        assert_eq!(store.create(open).await.unwrap().unwrap().owner, Some(user(winner)));
    }
}

pub(crate) async fn a_guest_without_anything_is_claimed_all_the_same(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    assert_eq!(claim(&**store, guest, "a").await, moved(0, 0));
    assert_eq!(store.find_guest(guest).await, Ok(GuestState::Claimed));
    assert_eq!(claim(&**store, guest, "b").await, Ok(Claimed::Already));
}

pub(crate) async fn a_guests_keys_are_the_end_users_unless_they_have_the_same(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    let keyed = |opening: Opening, key: &str| Opening {
        claim: Some(super::claim(key)),
        reservation: ReservationId::generate(),
        amounts: prompts(1, 1, 10),
        ..opening
    };
    let (a, g) = (opening(&main_account(), "a", NOON), by(guest, Amounts::none()));
    let both = hold(&**store, keyed(g.clone(), "both")).await;
    let of_a = hold(&**store, keyed(a.clone(), "both")).await;
    let only = hold(&**store, keyed(g.clone(), "only")).await;
    let open = hold(&**store, keyed(g, "open")).await;
    for (create, reply) in [(both, "guest"), (of_a, "user"), (only, "only")] {
        let reply = Some(super::key(reply));
        store.close(Closing { reply, ..conclusion(create, vec![]) }).await.unwrap();
    }
    assert_eq!(claim(&**store, guest, "a").await, moved(0, 3));
    let ask = async |key: &str| store.open(keyed(a.clone(), key)).await.unwrap();
    assert_eq!(ask("both").await, Opened::Replay(super::key("user")));
    assert_eq!(ask("only").await, Opened::Replay(super::key("only")));
    assert!(matches!(ask("open").await, Opened::InProgress { .. }));
    store.close(Closing { reply: Some(super::key("late")), ..conclusion(open, vec![]) }).await.unwrap();
    assert_eq!(ask("open").await, Opened::Replay(super::key("late")));
}

pub(crate) async fn a_guests_events_come_after_the_end_users_own(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    make(&**store, "a", vec![prompt(60, 6)]).await;
    made(&**store, guest, prompts(2, 2, 2), vec![prompt(70, 7), running(prompt(71, 7))]).await;
    make(&**store, "a", vec![prompt(61, 6)]).await;
    let numbers = async |after| {
        let kept = store.events_after(&user("a"), &main_account(), after, 99).await.unwrap();
        assert!(!kept.is_gap);
        kept.events.iter().map(|event| (event.number, event.object.id)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0).await, [(1, 60), (2, 61)]);
    assert_eq!(claim(&**store, guest, "a").await, moved(2, 1));
    assert_eq!(numbers(2).await, [(3, 70), (4, 71), (5, 70), (6, 71)]);
    let of_guest = store.events_after(&guest.end_user(), &main_account(), 0, 99).await.unwrap();
    assert!(of_guest.events.is_empty());
    let stirred = store.stirred(0, 99).await.unwrap();
    assert!(!stirred.whose.contains(&guest.end_user()));
}
