//! What the suites work with: end users, objects, and creates that are opened and closed.

use std::time::Duration;

use super::Made;
use crate::callback::Inbox;
use crate::clock::Timestamp;
use crate::events::EventLog;
use crate::guests::{Begun, Caps, Claim, GuestId, GuestKeys, Guests};
use crate::ids::{PromptId, ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::{
    AccountKey, Counts, Index, ListQuery, ObjectId, ObjectKind, Record, Seen, Sighting, Subjects, Traits,
};
use crate::principal::EndUserId;
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::quota::{
    Amounts, Books, BooksError, Closed, Closing, Day, Ending, Measure, Opened, Opening, Scope, Trail, Usage,
};

/// All that a store is asked.
pub(crate) trait Kept: Index + Subjects + Books + EventLog + Inbox + Guests {}
impl<T: Index + Subjects + Books + EventLog + Inbox + Guests> Kept for T {}

/// 2026-11-21T12:00:00Z
pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_262_400);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// How long a create may be called.
pub(super) const LEASE: Duration = Duration::from_secs(600);

pub(super) const MADE: Ending = Ending::Made { is_complete: true, is_price_whole: false };
pub(super) const MADE_IN_PART: Ending = Ending::Made { is_complete: false, is_price_whole: false };

pub(crate) fn user(subject: &str) -> EndUserId {
    EndUserId { issuer: "https://id.example".into(), subject: subject.into() }
}

/// The ledger's name of an end user.
pub(crate) fn pseudonym(subject: &str) -> Pseudonym {
    name_of(&user(subject))
}

/// The same of anybody.
pub(crate) fn name_of(who: &EndUserId) -> Pseudonym {
    Pseudonyms::new(b"key").of(who)
}

/// A guest that has just begun.
pub(crate) async fn new_guest(store: &dyn Kept, at: Timestamp) -> GuestId {
    let guest = GuestId::generate().unwrap();
    let network = GuestKeys::new(&[7; 32]).network([192, 0, 2, 1].into());
    let caps = Caps { per_network: 1000, in_all: 1000 };
    assert_eq!(store.begin_guest(guest, network, caps, at).await, Ok(Begun::Begun));
    guest
}

/// Somebody signs in who has no limits.
pub(crate) fn claim_by(guest: GuestId, owner: &str, at: Timestamp) -> Claim {
    Claim {
        guest,
        guest_subject: name_of(&guest.end_user()),
        end_user: user(owner),
        subject: pseudonym(owner),
        limits: Vec::new(),
        day: Day::parse(20_261_121).unwrap(),
        at,
    }
}

pub(crate) fn main_account() -> AccountKey {
    AccountKey::new("main")
}

pub(crate) fn tune(id: u64) -> Seen {
    seen(TuneId::from_u64(id).into())
}

pub(crate) fn prompt(id: u64, tune: u64) -> Seen {
    Seen { tune: Some(TuneId::from_u64(tune)), ..seen(PromptId::from_u64(id).into()) }
}

fn seen(object: ObjectId) -> Seen {
    Seen {
        object,
        tune: None,
        pack: None,
        base_pack: None,
        created_at: Some(NOON),
        finished_at: None,
        expires_at: None,
        eta: None,
        is_finished: true,
        traits: Traits::default(),
        counts: Counts::default(),
        reservation: None,
        members: format!("{{\"id\":{}}}", object.id),
    }
}

/// The same, with the create that its callback address names.
pub(crate) fn naming(reservation: ReservationId, seen: Seen) -> Seen {
    Seen { reservation: Some(reservation), ..seen }
}

/// The same, not ready yet.
pub(super) fn running(seen: Seen) -> Seen {
    Seen { is_finished: false, ..seen }
}

/// The same, with what Astria says of it.
pub(super) fn counting(images: Option<u64>, cost_mc: Option<u64>, seen: Seen) -> Seen {
    Seen { counts: Counts { images, cost_mc, is_failed: false }, ..seen }
}

/// The same, ended without a result.
pub(super) fn failed(seen: Seen) -> Seen {
    Seen { is_finished: true, counts: Counts { is_failed: true, ..seen.counts }, ..seen }
}

pub(super) fn images(amount: u64) -> Amounts {
    Amounts::none().with(Measure::Images, amount)
}

/// So many prompts, with so many images and so much money together.
pub(crate) fn prompts(amount: u64, images: u64, cost_mc: u64) -> Amounts {
    Amounts::none()
        .with(Measure::Prompts, amount)
        .with(Measure::Images, images)
        .with(Measure::CostMc, cost_mc)
}

/// A create of one end user that reserves more than anything makes.
pub(crate) fn opening(account: &AccountKey, owner: &str, at: Timestamp) -> Opening {
    let subject = pseudonym(owner);
    Opening {
        reservation: ReservationId::generate(),
        request: "request".into(),
        account: account.clone(),
        owner: user(owner),
        subject,
        scopes: vec![Scope::EndUser(subject), Scope::Account(account.clone())],
        plan: "free".into(),
        keeps_failed: false,
        operation: Operation::CreatePrompt,
        amounts: Amounts::of(|_| 1 << 30),
        day: Day::parse(20_261_121).unwrap(),
        limits: Vec::new(),
        max_jobs: None,
        trail: Trail::default(),
        claim: None,
        lease_until: at.plus(LEASE),
        at,
    }
}

/// A create of `a` at noon that reserves so much.
pub(super) fn reserving(amounts: Amounts) -> Opening {
    Opening { amounts, ..opening(&main_account(), "a", NOON) }
}

/// Opens a create that nothing refuses.
pub(crate) async fn hold(store: &dyn Kept, opening: Opening) -> ReservationId {
    let reservation = opening.reservation;
    assert_eq!(store.open(opening).await, Ok(Opened::Held));
    reservation
}

pub(crate) async fn begin(store: &dyn Kept, owner: &str) -> Result<ReservationId, BooksError> {
    begin_on(store, &main_account(), owner, NOON).await
}

pub(super) async fn begin_on(
    store: &dyn Kept,
    account: &AccountKey,
    owner: &str,
    at: Timestamp,
) -> Result<ReservationId, BooksError> {
    let opening = opening(account, owner, at);
    let reservation = opening.reservation;
    let opened = store.open(opening).await?;
    assert_eq!(opened, Opened::Held);
    Ok(reservation)
}

/// All that a create made.
pub(crate) fn conclusion(reservation: ReservationId, objects: Vec<Seen>) -> Closing {
    let at = NOON.plus(MINUTE);
    Closing { objects, look_at: at.plus(MINUTE), ..Closing::new(reservation, MADE, at) }
}

/// Another end of it.
pub(super) fn ending(reservation: ReservationId, ending: Ending) -> Closing {
    Closing { ending, ..conclusion(reservation, vec![]) }
}

pub(crate) async fn conclude(store: &dyn Kept, closing: Closing) -> Result<Closed, BooksError> {
    store.close(closing).await
}

/// A whole create.
pub(crate) async fn make(store: &dyn Kept, owner: &str, objects: Vec<Seen>) -> Closed {
    let reservation = begin(store, owner).await.unwrap();
    store.close(conclusion(reservation, objects)).await.unwrap()
}

pub(super) async fn sight(store: &dyn Kept, found_on: Option<u64>, objects: Vec<Seen>) -> u64 {
    let (account, found_on) = (main_account(), found_on.map(TuneId::from_u64));
    store.see(Sighting { account, objects, found_on, at: NOON.plus(2 * MINUTE) }).await.unwrap()
}

pub(super) async fn find(store: &dyn Kept, owner: &str, object: ObjectId) -> Option<Record> {
    let found = store.find(&main_account(), &user(owner), &[object]).await.unwrap();
    assert!(found.len() <= 1);
    found.into_iter().next()
}

pub(super) async fn owns(store: &dyn Kept, owner: &str, object: &Seen) -> bool {
    find(store, owner, object.object).await.is_some()
}

pub(crate) async fn list(store: &dyn Kept, owner: &str, kind: ObjectKind, query: ListQuery) -> Vec<u64> {
    let page = store.list(&main_account(), &user(owner), kind, &query, NOON).await.unwrap();
    page.records.iter().map(|record| record.object.id).collect()
}

pub(crate) fn all() -> ListQuery {
    ListQuery { limit: 120, ..ListQuery::default() }
}

/// What an end user used and holds in total.
pub(crate) async fn usage(store: &dyn Kept, owner: &str) -> Usage {
    let place = [(Scope::EndUser(pseudonym(owner)), 0)];
    store.usage(&place).await.unwrap()[0]
}

/// (prompts, images, money) that `a` used in total, and that it holds.
pub(super) async fn sums(made: &Made) -> [(u64, u64, u64); 2] {
    let usage = usage(&*made.store, "a").await;
    [usage.used, usage.held]
        .map(|sum| (sum.get(Measure::Prompts), sum.get(Measure::Images), sum.get(Measure::CostMc)))
}
