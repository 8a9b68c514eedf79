//! Claims among everything else that happens at the same moment, in one process and in two.

use std::sync::Arc;

use tempfile::tempdir;
use tokio::task::JoinSet;

use super::{in_folder, neighbour, number, open};
use crate::guests::{Claimed, GuestId, GuestState, Guests as _, Moved};
use crate::ids::ReservationId;
use crate::ownership::{Index as _, ObjectKind};
use crate::people::{Change, Order, People as _, Reason};
use crate::quota::{Books, BooksError, Opened, Opening, Scope, Sharing};
use crate::store::Store;
use crate::store::conformance::bench::{
    NOON, all, claim_by, conclude, conclusion, list, main_account, name_of, new_guest, opening, prompt,
    prompts, tune, usage, user,
};

fn by(guest: GuestId) -> Opening {
    let (account, owner) = (main_account(), guest.end_user());
    let subject = name_of(&owner);
    let sharing = Sharing { user: subject, tenant: None, is_guest: true, account: &account };
    let scopes = sharing.scopes(std::iter::empty());
    Opening { owner, subject, scopes, amounts: prompts(1, 2, 10), ..opening(&account, "a", NOON) }
}

/// A create of a guest's from its beginning to its end. `None`: the guest was nobody any more.
async fn create(store: Arc<Store>, guest: GuestId, id: u64) -> Option<(ReservationId, u64)> {
    let opening = by(guest);
    let reservation = opening.reservation;
    match store.open(opening).await {
        Ok(Opened::Held) => {}
        Err(BooksError::GuestGone) => return None,
        other => panic!("{other:?}"),
    }
    tokio::task::yield_now().await;
    conclude(&*store, conclusion(reservation, vec![prompt(id, 7)])).await.unwrap();
    Some((reservation, id))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_guest_has_in_flight_when_it_becomes_somebody_ends_there_or_was_never_begun() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    // Two processes, as it were.
    let stores = [Arc::new(open(&settings).await), Arc::new(open(&settings).await)];
    let (mut moved_in_flight, mut refused) = (0, 0);
    for round in 0..40_u64 {
        let guest = new_guest(&*stores[0], NOON).await;
        let owner = format!("user {round}");
        let mut creates = JoinSet::new();
        for n in 0..6_u64 {
            let store = Arc::clone(&stores[usize::try_from(n % 2).unwrap()]);
            creates.spawn(create(store, guest, 1000 * (round + 1) + n));
        }
        if round % 3 > 0 {
            tokio::task::yield_now().await;
        }
        let (one, other) = (claim_by(guest, &owner, NOON), claim_by(guest, "other", NOON));
        let claims = tokio::join!(stores[0].claim_guest(one), stores[1].claim_guest(other));
        let (Ok(Claimed::Moved(moved)), Ok(Claimed::Already), is_first) = (match claims {
            (one @ Ok(Claimed::Moved(_)), other) => (one, other, true),
            (one, other) => (other, one, false),
        }) else {
            panic!("{claims:?}")
        };
        let owner = if is_first { owner } else { "other".into() };
        let done: Vec<_> = creates.join_all().await;
        refused += done.iter().filter(|create| create.is_none()).count();
        let made: Vec<_> = done.into_iter().flatten().collect();
        assert_eq!(moved.reservations, made.len() as u64, "all that was begun, and no more");
        moved_in_flight += made.len() as u64 - moved.objects;
        for (reservation, id) in made {
            let created = stores[0].create(reservation).await.unwrap().unwrap();
            assert_eq!(created.owner, Some(user(&owner)));
            let found =
                stores[1].find(&main_account(), &user(&owner), &[prompt(id, 7).object]).await.unwrap();
            assert_eq!(found.len(), 1);
        }
        let place = [(Scope::EndUser(name_of(&guest.end_user())), 0)];
        let left = Books::usage(&*stores[0], &place).await.unwrap();
        assert!(left[0].used.is_none() && left[0].held.is_none());
    }
    assert!(moved_in_flight + refused as u64 > 0, "nothing was ever in flight");
    assert!(stores[0].audit_ledger().await.unwrap().is_empty());
    let conn = neighbour(&settings);
    assert_eq!(number(&conn, "SELECT COUNT(*) FROM owners WHERE issuer = 'gateway'"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_that_claim_a_guest_one_gets_all() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let (one, other) = (Arc::new(open(&settings).await), Arc::new(open(&settings).await));
    for round in 0..20_u64 {
        let guest = new_guest(&*one, NOON).await;
        create(Arc::clone(&one), guest, round + 1).await.unwrap();
        let names = [format!("a {round}"), format!("b {round}")];
        let claims = tokio::join!(
            one.claim_guest(claim_by(guest, &names[0], NOON)),
            other.claim_guest(claim_by(guest, &names[1], NOON))
        );
        let moved = Ok(Claimed::Moved(Moved { objects: 1, reservations: 1, is_overrun: false }));
        let winner = match claims {
            (one, Ok(Claimed::Already)) if one == moved => &names[0],
            (Ok(Claimed::Already), other) if other == moved => &names[1],
            _ => panic!("{claims:?}"),
        };
        assert_eq!(list(&*one, winner, ObjectKind::Prompt, all()).await, [round + 1]);
        assert_eq!(other.find_guest(guest).await, Ok(GuestState::Claimed));
        assert_eq!(usage(&*other, winner).await.used, prompts(1, 2, 10));
    }
}

#[tokio::test]
async fn a_blocked_guest_does_not_become_somebody_who_is_not() {
    let folder = tempdir().unwrap();
    let store = Arc::new(open(&in_folder(&folder)).await);
    let guest = new_guest(&*store, NOON).await;
    create(Arc::clone(&store), guest, 70).await.unwrap();
    let order = |change| Order {
        who: "test".into(),
        at: NOON,
        person: guest.end_user(),
        pseudonym: name_of(&guest.end_user()),
        reason: Reason::parse("abuse").unwrap(),
        change,
    };
    store.change(order(Change::Block)).await.unwrap();
    assert_eq!(store.claim_guest(claim_by(guest, "a", NOON)).await, Ok(Claimed::Nothing));
    assert!(list(&*store, "a", ObjectKind::Prompt, all()).await.is_empty());
    store.change(order(Change::Unblock)).await.unwrap();
    assert!(matches!(store.claim_guest(claim_by(guest, "a", NOON)).await, Ok(Claimed::Moved(_))));
}

#[tokio::test]
async fn what_the_operator_says_of_a_guest_that_is_no_more_makes_it_nobody_again() {
    let folder = tempdir().unwrap();
    let store = Arc::new(open(&in_folder(&folder)).await);
    let guest = new_guest(&*store, NOON).await;
    assert!(matches!(store.claim_guest(claim_by(guest, "a", NOON)).await, Ok(Claimed::Moved(_))));
    let order = Order {
        who: "test".into(),
        at: NOON,
        person: guest.end_user(),
        pseudonym: name_of(&guest.end_user()),
        reason: Reason::parse("a gift").unwrap(),
        change: Change::Plan(Some("pro".into())),
    };
    store.change(order).await.unwrap();
    assert_eq!(store.open(by(guest)).await, Err(BooksError::GuestGone));
}

#[tokio::test]
async fn a_move_is_written_down_for_good_and_a_wrong_one_is_found() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = Arc::new(open(&settings).await);
    let guest = new_guest(&*store, NOON).await;
    store.import(&main_account(), &guest.end_user(), vec![tune(7)], NOON).await.unwrap();
    create(Arc::clone(&store), guest, 70).await.unwrap();
    let entries = "SELECT COUNT(*) FROM entries";
    let conn = neighbour(&settings);
    let before = number(&conn, entries);
    assert!(matches!(store.claim_guest(claim_by(guest, "a", NOON)).await, Ok(Claimed::Moved(_))));
    assert_eq!(number(&conn, entries), before, "no entry was changed, and none is new");
    let noted = "SELECT COUNT(*) FROM moves JOIN reservations ON reservations.moved_by = moves.id \
                 WHERE (objects, reservations) = (2, 1)";
    assert_eq!(number(&conn, noted), 1);
    for change in ["DELETE FROM moves", "UPDATE moves SET objects = 3"] {
        let refused = conn.execute_batch(change).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    super::sql(&conn, "UPDATE reservations SET scopes = REPLACE(scopes, 'u:', 'u:0')");
    let wrong = store.audit_ledger().await.unwrap();
    assert!(wrong.iter().any(|wrong| wrong.contains("counts for somebody else")), "{wrong:?}");
}
