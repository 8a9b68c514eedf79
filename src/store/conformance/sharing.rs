//! With whom quotas are shared, and what else keeps a create from being called.

use super::Made;
use super::bench::{
    Kept, MINUTE, NOON, begin, conclusion, ending, hold, images, main_account, naming, opening, prompt,
    prompts, pseudonym, running, sight, usage, user,
};
use crate::ids::{ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::AccountKey;
use crate::quota::{
    Amounts, BooksError, Ending, Limit, Measure, Opened, Opening, Period, Scope, SharedBy, Sharing, Trail,
};

/// A caller, and what of them decides where they count.
#[derive(Clone, Copy)]
struct Caller {
    name: &'static str,
    tenant: Option<&'static str>,
    is_guest: bool,
}

const A: Caller = Caller { name: "a", tenant: Some("x"), is_guest: false };
const B: Caller = Caller { name: "b", tenant: Some("x"), is_guest: false };
const C: Caller = Caller { name: "c", tenant: Some("y"), is_guest: false };
const D: Caller = Caller { name: "d", tenant: None, is_guest: false };
const GUEST: Caller = Caller { name: "guest 1", tenant: None, is_guest: true };
const OTHER_GUEST: Caller = Caller { name: "guest 2", tenant: None, is_guest: true };

fn asking(who: Caller, account: &AccountKey, rules: &[(SharedBy, u64)], amounts: Amounts) -> Opening {
    let sharing = Sharing { user: pseudonym(who.name), tenant: who.tenant, is_guest: who.is_guest, account };
    let limits = rules.iter().map(|&(shared_by, limit)| {
        let (of, per) = (Measure::Images, Period::Day);
        Limit { scope: sharing.scope(shared_by), shared_by, of, per, limit }
    });
    Opening {
        amounts,
        limits: limits.collect(),
        scopes: sharing.scopes(rules.iter().map(|(shared_by, _)| *shared_by)),
        ..opening(account, who.name, NOON)
    }
}

/// Holds so many images for somebody, if these rules leave room; else with whom the full one is shared.
async fn try_hold(
    store: &dyn Kept,
    who: Caller,
    rules: &[(SharedBy, u64)],
    amount: u64,
) -> Result<(), SharedBy> {
    match store.open(asking(who, &main_account(), rules, images(amount))).await {
        Ok(Opened::Held) => Ok(()),
        Err(BooksError::Exhausted { limit, .. }) => Err(limit.shared_by),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_tenants_quota_counts_everybody_of_the_tenant(Made { store, .. }: &Made) {
    let rules = [(SharedBy::Tenant, 10)];
    let hold = async |who, amount| try_hold(&**store, who, &rules, amount).await;
    assert_eq!(hold(A, 6).await, Ok(()));
    assert_eq!(hold(B, 5).await, Err(SharedBy::Tenant));
    assert_eq!(hold(B, 4).await, Ok(()));
    assert_eq!(hold(A, 1).await, Err(SharedBy::Tenant));
    assert_eq!(hold(C, 10).await, Ok(()), "another tenant's");
    assert_eq!(hold(D, 10).await, Ok(()), "those without a tenant have one together");
    assert_eq!(hold(D, 1).await, Err(SharedBy::Tenant));
}

pub(crate) async fn guests_have_a_quota_each_and_one_together(Made { store, .. }: &Made) {
    let rules = [(SharedBy::EndUser, 6), (SharedBy::Guests, 10)];
    let hold = async |who, amount| try_hold(&**store, who, &rules, amount).await;
    assert_eq!(hold(GUEST, 7).await, Err(SharedBy::EndUser));
    assert_eq!(hold(GUEST, 6).await, Ok(()));
    assert_eq!(hold(OTHER_GUEST, 5).await, Err(SharedBy::Guests));
    assert_eq!(hold(OTHER_GUEST, 4).await, Ok(()));
    assert_eq!(hold(OTHER_GUEST, 1).await, Err(SharedBy::Guests));
    let own = async |who| try_hold(&**store, who, &rules[..1], 6).await;
    assert_eq!((own(A).await, own(B).await), (Ok(()), Ok(())), "whoever has a name is no guest");
    let all = store.usage(&[(Scope::Guests, 0)]).await.unwrap();
    assert_eq!(all[0].held.get(Measure::Images), 10);
}

pub(crate) async fn quota_10_the_accounts_ceiling_counts_everybody(Made { store, .. }: &Made) {
    let rules = [(SharedBy::EndUser, 100), (SharedBy::Account, 10)];
    let hold = async |who, amount| try_hold(&**store, who, &rules, amount).await;
    for who in [A, C, D, GUEST, OTHER_GUEST] {
        assert_eq!(hold(who, 2).await, Ok(()));
    }
    for who in [A, C, D, GUEST, OTHER_GUEST] {
        assert_eq!(hold(who, 1).await, Err(SharedBy::Account));
    }
    let elsewhere = asking(A, &AccountKey::new("other"), &rules, images(10));
    assert_eq!(store.open(elsewhere).await, Ok(Opened::Held), "each account has its own");
}

pub(crate) async fn several_scopes_are_reserved_all_or_none(Made { store, .. }: &Made) {
    let rules = [(SharedBy::EndUser, 10), (SharedBy::Tenant, 8), (SharedBy::Account, 6)];
    let places = |who: Caller| {
        [
            Scope::EndUser(pseudonym(who.name)),
            Scope::Tenant(who.tenant.unwrap().into()),
            Scope::Account(main_account()),
        ]
    };
    let held = async |who| {
        let places: Vec<_> =
            [20_261_121, 202_611, 0].iter().flat_map(|per| places(who).map(|scope| (scope, *per))).collect();
        let usage = store.usage(&places).await.unwrap();
        usage.iter().map(|usage| usage.held.get(Measure::Images)).collect::<Vec<_>>()
    };
    for (amount, refused_by) in [(11, SharedBy::EndUser), (9, SharedBy::Tenant), (7, SharedBy::Account)] {
        assert_eq!(try_hold(&**store, A, &rules, amount).await, Err(refused_by));
        assert_eq!(held(A).await, [0; 9], "{amount}");
    }
    assert_eq!(try_hold(&**store, A, &rules, 6).await, Ok(()));
    assert_eq!(held(A).await, [6; 9]);
    assert_eq!(try_hold(&**store, B, &rules, 1).await, Err(SharedBy::Account));
    assert_eq!(held(B).await, [0, 6, 6].repeat(3));
}

pub(crate) async fn usage_counts_in_every_scope_before_a_rule_asks(Made { store, .. }: &Made) {
    assert_eq!(try_hold(&**store, A, &[], 6).await, Ok(()));
    assert_eq!(try_hold(&**store, GUEST, &[], 6).await, Ok(()));
    assert_eq!(try_hold(&**store, B, &[(SharedBy::Tenant, 10)], 5).await, Err(SharedBy::Tenant));
    assert_eq!(try_hold(&**store, B, &[(SharedBy::Account, 20)], 9).await, Err(SharedBy::Account));
    assert_eq!(try_hold(&**store, OTHER_GUEST, &[(SharedBy::Guests, 10)], 5).await, Err(SharedBy::Guests));
}

pub(crate) async fn jobs_in_flight_are_unfinished_objects_and_creates_without_an_end(
    Made { store, .. }: &Made,
) {
    let open = async |owner: &str| {
        let opening = Opening { max_jobs: Some(3), ..opening(&main_account(), owner, NOON) };
        let reservation = opening.reservation;
        store.open(opening).await.map(|_| reservation)
    };
    let too_many = |in_flight| Err(BooksError::TooManyJobs { in_flight });
    let unknown = open("a").await.unwrap();
    store.close(ending(unknown, Ending::Unknown)).await.unwrap();
    let part = open("a").await.unwrap();
    let objects = vec![running(prompt(70, 7)), running(prompt(71, 7)), prompt(72, 7)];
    store.close(conclusion(part, objects)).await.unwrap();
    assert_eq!(open("a").await, too_many(3), "two prompts and a create that nobody knows the end of");
    assert_eq!(usage(&**store, "a").await.held, Amounts::of(|_| 1 << 30), "a refused one holds nothing");
    assert!(open("b").await.is_ok());
    sight(&**store, None, vec![prompt(70, 7)]).await;
    let last = open("a").await.unwrap();
    assert_eq!(open("a").await, too_many(3), "one that is being called counts");
    store.close(ending(last, Ending::Nothing)).await.unwrap();
    store.close(ending(unknown, Ending::Presumed)).await.unwrap();
    // Who waits for it any more?
    for _ in 0..2 {
        open("a").await.unwrap();
    }
    assert_eq!(open("a").await, too_many(3));
}

/// A theme on tunes.
pub(super) fn theme(owner: &str, tunes: &[u64]) -> Opening {
    let tunes = tunes.iter().copied().map(TuneId::from_u64).collect();
    let trail = Trail { tunes, title: None, is_nameless: true };
    let opening = opening(&main_account(), owner, NOON);
    Opening { operation: Operation::CreateTheme, amounts: prompts(10, 40, 100), trail, ..opening }
}

pub(crate) async fn a_theme_keeps_a_second_one_off_its_tunes_until_it_is_closed(Made { store, .. }: &Made) {
    for end in [Ending::Nothing, super::bench::MADE] {
        let first = hold(&**store, theme("a", &[7, 8])).await;
        for state in [None, Some(Ending::Unknown), Some(Ending::Presumed)] {
            if let Some(state) = state {
                store.close(ending(first, state)).await.unwrap();
            }
            assert_eq!(store.open(theme("a", &[9, 8])).await, Err(BooksError::ThemeOpen), "{state:?}");
        }
        let elsewhere = hold(&**store, theme("a", &[9])).await;
        let other = Opening { account: AccountKey::new("other"), ..theme("a", &[7]) };
        let other = hold(&**store, other).await;
        assert!(begin(&**store, "a").await.is_ok(), "what has a name does not mind");
        store.close(ending(first, end)).await.unwrap();
        let second = hold(&**store, theme("a", &[7, 8])).await;
        // The end of one is not the end of another.
        assert!(store.close(ending(first, end)).await.unwrap().was_ended);
        assert_eq!(store.open(theme("a", &[7])).await, Err(BooksError::ThemeOpen));
        for open in [second, elsewhere, other] {
            store.close(ending(open, end)).await.unwrap();
        }
    }
}

pub(crate) async fn a_theme_whose_prompts_are_all_there_is_closed(Made { store, .. }: &Made) {
    super::bench::make(&**store, "a", vec![super::bench::tune(7)]).await;
    let theme = Opening { amounts: prompts(2, 8, 20), ..theme("a", &[7]) };
    let first = hold(&**store, theme.clone()).await;
    store.close(ending(first, super::bench::MADE_IN_PART)).await.unwrap();
    let again = Opening { reservation: ReservationId::generate(), ..theme };
    sight(&**store, Some(7), vec![prompt(70, 7)]).await;
    assert_eq!(store.open(again.clone()).await, Err(BooksError::ThemeOpen));
    sight(&**store, Some(7), vec![prompt(71, 7)]).await;
    assert_eq!(store.open(again).await, Ok(Opened::Held));
    assert!(store.due(NOON.plus(5 * MINUTE), 9).await.unwrap().creates.is_empty());
}

pub(crate) async fn a_refused_theme_leaves_its_tunes_free(Made { store, .. }: &Made) {
    let none = Limit {
        scope: Scope::EndUser(pseudonym("a")),
        shared_by: SharedBy::EndUser,
        of: Measure::Images,
        per: Period::Day,
        limit: 0,
    };
    let refused = store.open(Opening { limits: vec![none], ..theme("a", &[7]) }).await;
    assert!(matches!(refused, Err(BooksError::Exhausted { .. })), "{refused:?}");
    let found = hold(&**store, theme("a", &[7])).await;
    // A prompt that has a name is not the theme's.
    let named = begin(&**store, "a").await.unwrap();
    sight(&**store, None, vec![naming(named, prompt(70, 7))]).await;
    let create = store.create(found).await.unwrap().unwrap();
    assert_eq!((create.held, create.owner), (prompts(10, 40, 100), Some(user("a"))));
}
