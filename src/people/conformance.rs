//! The tests that every store of the operator's side passes, whatever it is kept in.
//!
//! `people_conformance!(|| async { MyStore::new() })` in a test module makes one test of each promise. What the ledger writes
//! is not made here: a store that has one tests its own sums.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Change, Changed, Grant, Order, Override, Overrides, People, PeriodNumbers, Reason, Search};
use crate::clock::{Clock, Timestamp};
use crate::ownership::{AuditEntry, Subjects};
use crate::principal::EndUserId;
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::quota::{Grants as _, Measure, Period};

/// What is tested, and what fills it.
pub(crate) trait Kept: Subjects + People {}
impl<T: Subjects + People> Kept for T {}

/// An empty store, and what must live as long.
pub(crate) type Made = (Arc<dyn Kept>, Box<dyn Any + Send + Sync>);

macro_rules! people_conformance {
    ($make:expr) => {
        $crate::people::conformance::people_conformance!(@each $make;
            at_first_nothing_is_said_about_anybody
            a_plan_is_given_changed_and_taken_back
            a_block_lasts_until_it_is_taken_back
            grants_add_up_and_those_of_past_periods_are_not_kept_in_memory
            every_change_raises_the_revision_and_is_recorded_with_before_and_after
            end_users_are_found_by_a_part_of_their_subject_page_after_page
            what_was_said_outlives_an_erasure_and_names_nobody
            overrides_in_memory_follow_the_store
        );
    };
    (@each $make:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (store, _alive): $crate::people::conformance::Made = $make().await;
                $crate::people::conformance::$name(store).await;
            }
        )*
    };
}
pub(crate) use people_conformance;

/// 2026-11-21T12:00:00Z
pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_262_400);

pub(crate) fn user(subject: &str) -> EndUserId {
    EndUserId { issuer: "https://id.example".into(), subject: subject.into() }
}

const TODAY: PeriodNumbers = PeriodNumbers { day: 20_261_121, month: 202_611 };

fn names() -> Pseudonyms {
    Pseudonyms::new(b"a key")
}

fn named(subject: &str) -> Pseudonym {
    names().of(&user(subject))
}

async fn change_at(store: &dyn Kept, subject: &str, at: Timestamp, change: Change) -> Changed {
    let reason = Reason::parse(&format!("because of {subject}")).unwrap();
    let (who, person, pseudonym) = ("support".into(), user(subject), named(subject));
    store.change(Order { who, at, person, pseudonym, reason, change }).await.unwrap()
}

async fn change(store: &dyn Kept, subject: &str, change: Change) -> Changed {
    change_at(store, subject, NOON, change).await
}

fn plan(name: &str) -> Change {
    Change::Plan(Some(name.into()))
}

fn grant(of: Measure, per: Period, period: u32, amount: u64) -> Change {
    Change::Grant { of, per, period, amount }
}

async fn said(store: &dyn Kept, subject: &str) -> Option<Override> {
    let all = store.overrides(TODAY).await.unwrap();
    all.into_iter().find(|(who, _)| *who == named(subject)).map(|(_, said)| said)
}

pub(crate) async fn at_first_nothing_is_said_about_anybody(store: Arc<dyn Kept>) {
    assert_eq!(store.revision().await, Ok(0));
    assert_eq!(store.overrides(TODAY).await, Ok(vec![]));
    assert_eq!(store.search(&Search { limit: 10, ..Search::default() }).await, Ok(vec![]));
    assert_eq!(store.deeds(None, 10).await, Ok(vec![]));
    let person = store.person(&user("a"), named("a"), TODAY).await.unwrap();
    assert!(!person.is_known && person.objects == 0 && person.said == Override::default());
}

pub(crate) async fn a_plan_is_given_changed_and_taken_back(store: Arc<dyn Kept>) {
    let before_after = |changed: &Changed| {
        [&changed.before, &changed.after]
            .map(|text| serde_json::from_str::<Json>(text).unwrap()["plan"].clone())
    };
    let given = change(&*store, "a", plan("pro")).await;
    assert_eq!((before_after(&given), given.was_known), ([Json::Null, json!("pro")], false));
    let changed = change(&*store, "a", plan("gold")).await;
    assert_eq!((before_after(&changed), changed.was_known), ([json!("pro"), json!("gold")], true));
    assert_eq!(said(&*store, "a").await.unwrap().plan.as_deref(), Some("gold"));
    let person = store.person(&user("a"), named("a"), TODAY).await.unwrap();
    assert!(person.is_known && person.said.plan.as_deref() == Some("gold"));
    let back = change(&*store, "a", Change::Plan(None)).await;
    assert_eq!(before_after(&back), [json!("gold"), Json::Null]);
    assert_eq!(said(&*store, "a").await, None);
}

pub(crate) async fn a_block_lasts_until_it_is_taken_back(store: Arc<dyn Kept>) {
    change(&*store, "a", plan("pro")).await;
    change(&*store, "a", Change::Block).await;
    let later = NOON.plus(Duration::from_secs(60));
    let again = change_at(&*store, "a", later, Change::Block).await;
    assert_eq!(again.before, r#"{"blocked":true}"#);
    let told = said(&*store, "a").await.unwrap();
    let block = told.block.unwrap();
    assert_eq!((block.at, block.reason.as_str()), (NOON, "because of a"));
    assert_eq!(said(&*store, "b").await, None, "nobody else is");
    change(&*store, "a", Change::Unblock).await;
    let told = said(&*store, "a").await.unwrap();
    assert_eq!((told.block, told.plan.as_deref()), (None, Some("pro")), "the plan stays");
    change(&*store, "b", Change::Unblock).await;
    assert_eq!(said(&*store, "b").await, None, "who was not blocked is not either");
}

pub(crate) async fn grants_add_up_and_those_of_past_periods_are_not_kept_in_memory(store: Arc<dyn Kept>) {
    for (amount, sum) in [(5, 5), (7, 12)] {
        let granted = change(&*store, "a", grant(Measure::Images, Period::Day, TODAY.day, amount)).await;
        let number = |text: &str| serde_json::from_str::<Json>(text).unwrap()["granted"].as_u64().unwrap();
        assert_eq!((number(&granted.before), number(&granted.after)), (sum - amount, sum));
    }
    change(&*store, "a", grant(Measure::Images, Period::Day, TODAY.day - 1, 100)).await;
    change(&*store, "a", grant(Measure::Tunes, Period::Month, TODAY.month - 1, 100)).await;
    change(&*store, "a", grant(Measure::Tunes, Period::Month, TODAY.month, 2)).await;
    change(&*store, "a", grant(Measure::CostMc, Period::Total, 0, 3)).await;
    let said = said(&*store, "a").await.unwrap();
    let person = store.person(&user("a"), named("a"), TODAY).await.unwrap();
    for said in [&said, &person.said] {
        assert_eq!(said.extra(Measure::Images, Period::Day, TODAY.day), 12);
        assert_eq!(said.extra(Measure::Tunes, Period::Month, TODAY.month), 2);
        assert_eq!(said.extra(Measure::CostMc, Period::Total, 0), 3);
        assert_eq!(said.grants.len(), 4);
    }
    let first = Grant { of: Measure::Images, per: Period::Day, period: TODAY.day, amount: 5, at: NOON };
    assert_eq!(person.said.grants.first(), Some(&first));
}

pub(crate) async fn every_change_raises_the_revision_and_is_recorded_with_before_and_after(
    store: Arc<dyn Kept>,
) {
    let changes = [plan("pro"), Change::Block, Change::Unblock, grant(Measure::Videos, Period::Total, 0, 9)];
    for (number, wanted) in (1..).zip(&changes) {
        change(&*store, "a", wanted.clone()).await;
        assert_eq!(store.revision().await, Ok(number));
    }
    let deeds = store.deeds(None, 3).await.unwrap();
    let actions: Vec<&str> = deeds.iter().map(|deed| deed.action.as_str()).collect();
    assert_eq!(actions, ["grant", "unblock", "block"]);
    let block = &deeds[2];
    assert_eq!((block.who.as_str(), block.at, block.reason.as_str()), ("support", NOON, "because of a"));
    assert_eq!(
        (block.before.as_str(), block.after.as_str()),
        (r#"{"blocked":false}"#, r#"{"blocked":true}"#)
    );
    assert_eq!((&block.pseudonym, &block.person), (&Some(named("a").to_string()), &Some(user("a"))));
    let older = store.deeds(Some(block.number), 3).await.unwrap();
    assert_eq!(older.iter().map(|deed| deed.action.as_str()).collect::<Vec<_>>(), ["plan"]);
}

pub(crate) async fn end_users_are_found_by_a_part_of_their_subject_page_after_page(store: Arc<dyn Kept>) {
    for subject in ["Anna", "hannah", "bob", "100%", "joHANna"] {
        change(&*store, subject, Change::Unblock).await;
    }
    let all = async |text: &str, issuer: Option<&str>, limit| {
        let mut search =
            Search { text: text.into(), issuer: issuer.map(Into::into), limit, ..Search::default() };
        let mut found = Vec::new();
        loop {
            let page = store.search(&search).await.unwrap();
            let Some(last) = page.last() else { return found };
            search.after = last.number;
            found.extend(page.iter().map(|known| known.id.subject.to_string()));
        }
    };
    assert_eq!(all("", None, 2).await, ["Anna", "hannah", "bob", "100%", "joHANna"]);
    assert_eq!(all("ANNA", None, 1).await, ["Anna", "hannah", "joHANna"]);
    assert_eq!(all("%", None, 9).await, ["100%"], "no sign means anything else");
    assert_eq!(all("nobody", None, 9).await, Vec::<String>::new());
    let issuer = user("").issuer;
    assert_eq!(all("bob", Some(&*issuer), 9).await, ["bob"]);
    assert_eq!(all("bob", Some("https://other.example"), 9).await, Vec::<String>::new());
}

pub(crate) async fn what_was_said_outlives_an_erasure_and_names_nobody(store: Arc<dyn Kept>) {
    change(&*store, "a", Change::Block).await;
    store.begin_erasure(&user("a"), NOON).await.unwrap();
    let entry = AuditEntry { at: NOON, action: "erased", pseudonym: "f00", request_id: "", objects: 0 };
    assert_eq!(store.finish_erasure(&user("a"), entry).await, Ok(true));
    assert!(said(&*store, "a").await.unwrap().block.is_some(), "who comes back is blocked still");
    let deeds = store.deeds(None, 9).await.unwrap();
    assert_eq!(deeds.iter().map(|deed| deed.person.clone()).collect::<Vec<Option<EndUserId>>>(), [None]);
    let person = store.person(&user("a"), named("a"), TODAY).await.unwrap();
    assert!(!person.is_known && person.said.block.is_some());
}

pub(crate) async fn overrides_in_memory_follow_the_store(store: Arc<dyn Kept>) {
    change(&*store, "a", Change::Block).await;
    let people: Arc<dyn People> = Arc::<dyn Kept>::clone(&store);
    let overrides = Overrides::load(people, names(), Clock::manual(NOON)).await.unwrap();
    assert!(overrides.find(&user("a")).unwrap().block.is_some());
    change(&*store, "b", plan("pro")).await;
    change(&*store, "a", Change::Unblock).await;
    assert_eq!(overrides.find(&user("b")), None, "not before somebody looks");
    overrides.refresh().await;
    assert_eq!(overrides.find(&user("a")), None);
    assert_eq!(overrides.find(&user("b")).unwrap().plan.as_deref(), Some("pro"));
}
