//! What the ledger wrote is there after a restart, and cannot be written over.

use tempfile::tempdir;

use super::{in_folder, neighbour, number, open};
use crate::quota::{Books as _, Closing, CreateState, Ending, Opened, Opening};
use crate::store::conformance::bench::{
    MINUTE, NOON, conclude, conclusion, hold, main_account, naming, opening, prompt, prompts, usage,
};
use crate::store::conformance::{claim, key};

#[tokio::test]
async fn idem_06_a_reply_is_given_again_bit_for_bit_after_a_restart() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let asked = |name: &str| Opening { claim: Some(claim(name)), ..opening(&main_account(), "a", NOON) };
    let store = open(&settings).await;
    let made = hold(&store, asked("made")).await;
    conclude(&store, Closing { reply: Some(key("made")), ..conclusion(made, vec![]) }).await.unwrap();
    let called = asked("called");
    let lease_until = called.lease_until;
    let called = hold(&store, called).await;
    store.close().await;

    let store = open(&settings).await;
    let ask = async |name: &str, minutes: u32| {
        let at = NOON.plus(minutes * MINUTE);
        crate::quota::Books::open(&store, Opening { at, ..asked(name) }).await.unwrap()
    };
    let Opened::Replay(reply) = ask("made", 1).await else { panic!("it was answered") };
    assert_eq!(reply, key("made"));
    assert_eq!(reply.body, key("made").body);
    assert_eq!(ask("called", 1).await, Opened::InProgress { lease_until });
    assert_eq!(ask("called", 10).await, Opened::Unknown(called));
}

#[tokio::test]
async fn quota_03_a_restart_keeps_what_is_held_used_and_looked_for() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let asked = || Opening { amounts: prompts(2, 8, 100), ..opening(&main_account(), "a", NOON) };
    let store = open(&settings).await;
    let part = hold(&store, asked()).await;
    let one = naming(part, prompt(70, 7));
    let made_in_part = Ending::Made { is_complete: false, is_price_whole: true };
    conclude(&store, Closing { ending: made_in_part, ..conclusion(part, vec![one]) }).await.unwrap();
    let open_one = hold(&store, asked()).await;
    let unknown = hold(&store, asked()).await;
    conclude(&store, Closing { ending: Ending::Unknown, ..conclusion(unknown, vec![]) }).await.unwrap();
    let presumed = hold(&store, asked()).await;
    conclude(&store, Closing { ending: Ending::Presumed, ..conclusion(presumed, vec![]) }).await.unwrap();
    let all = [part, open_one, unknown, presumed];
    let mut before = Vec::new();
    for one in all {
        before.push(store.create(one).await.unwrap().unwrap());
    }
    let sums = usage(&store, "a").await;
    store.close().await;

    let store = open(&settings).await;
    assert_eq!(usage(&store, "a").await, sums);
    for (one, before) in all.into_iter().zip(before) {
        assert_eq!(store.create(one).await.unwrap().unwrap(), before);
    }
    assert!(store.audit_ledger().await.unwrap().is_empty());
    // The same ends as before.
    conclude(&store, conclusion(part, vec![])).await.unwrap();
    conclude(&store, Closing { ending: Ending::Nothing, ..conclusion(open_one, vec![]) }).await.unwrap();
    conclude(&store, Closing { ending: Ending::Nothing, ..conclusion(presumed, vec![]) }).await.unwrap();
    conclude(&store, conclusion(unknown, vec![naming(unknown, prompt(71, 7))])).await.unwrap();
    let end = usage(&store, "a").await;
    assert!(end.held.is_none());
    assert_eq!(end.used.get(crate::quota::Measure::Prompts), 2);
    assert_eq!(store.create(unknown).await.unwrap().unwrap().state, CreateState::Made);
}

#[tokio::test]
async fn quota_13_entries_cannot_be_changed_or_taken_out() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    let create = hold(&store, opening(&main_account(), "a", NOON)).await;
    conclude(&store, conclusion(create, vec![prompt(70, 7)])).await.unwrap();
    let conn = neighbour(&settings);
    let entries = number(&conn, "SELECT COUNT(*) FROM entries");
    assert!(entries >= 2);
    for statement in [
        "UPDATE entries SET used_images = 0",
        "UPDATE entries SET is_overrun = 1 WHERE id = 1",
        "DELETE FROM entries WHERE id = 1",
        "DELETE FROM entries",
    ] {
        let error = conn.execute(statement, []).unwrap_err();
        assert!(error.to_string().contains("the ledger is append-only"), "{statement}: {error}");
    }
    assert_eq!(number(&conn, "SELECT COUNT(*) FROM entries"), entries);
}

#[tokio::test]
async fn quota_13_an_audit_names_what_was_written_past_the_ledger() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    let asked = Opening { amounts: prompts(2, 8, 100), ..opening(&main_account(), "a", NOON) };
    hold(&store, asked).await;
    assert!(store.audit_ledger().await.unwrap().is_empty());
    let conn = neighbour(&settings);
    for (wrong, right, named) in [
        (
            "UPDATE totals SET held_images = 7 WHERE period = 202611",
            "UPDATE totals SET held_images = 8",
            "202611",
        ),
        (
            "UPDATE totals SET used_cost_mc = 1 WHERE period = 0",
            "UPDATE totals SET used_cost_mc = 0",
            "period 0",
        ),
        (
            "INSERT INTO totals (scope, period, used_tunes) VALUES ('u:x', 5, 1)",
            "DELETE FROM totals WHERE period = 5",
            "period 5",
        ),
        (
            "UPDATE reservations SET held_prompts = 1",
            "UPDATE reservations SET held_prompts = 2",
            "reservation",
        ),
    ] {
        conn.execute(wrong, []).unwrap();
        let said = store.audit_ledger().await.unwrap();
        assert!(said.iter().any(|line| line.contains(named)), "{wrong}: {said:?}");
        conn.execute(right, []).unwrap();
        assert!(store.audit_ledger().await.unwrap().is_empty(), "{right}");
    }
    let missing = number(&conn, "SELECT COUNT(*) FROM totals");
    conn.execute("DELETE FROM totals WHERE period = 0", []).unwrap();
    assert!(missing > number(&conn, "SELECT COUNT(*) FROM totals"));
    assert!(!store.audit_ledger().await.unwrap().is_empty(), "a total that is gone");
}
