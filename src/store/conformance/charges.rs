//! What single objects cost: booked once, whoever sees them, and made right when their job has ended.

use super::Made;
use super::bench::{
    MADE, MADE_IN_PART, MINUTE, NOON, begin_on, conclusion, counting, ending, failed, hold, main_account,
    make, naming, prompt, prompts, reserving, running, sight, sums, tune, usage,
};
use super::sharing::theme;
use crate::ids::ReservationId;
use crate::ownership::{AccountKey, Seen, Sighting, Traits};
use crate::quota::{Amounts, Closing, CreateState, Ending, Measure, Opening};

const NOTHING: (u64, u64, u64) = (0, 0, 0);

/// A create of two prompts with four images each, for 100 together.
async fn two(made: &Made) -> ReservationId {
    hold(&*made.store, reserving(prompts(2, 8, 100))).await
}

/// A prompt of a create, with what Astria says of it.
fn of(create: ReservationId, id: u64, images: Option<u64>, cost_mc: Option<u64>) -> Seen {
    naming(create, counting(images, cost_mc, prompt(id, 7)))
}

fn in_part(create: ReservationId, objects: Vec<Seen>) -> Closing {
    Closing { ending: MADE_IN_PART, ..conclusion(create, objects) }
}

pub(crate) async fn quota_06_what_is_seen_twice_is_booked_once(made: &Made) {
    let Made { store, .. } = made;
    let create = two(made).await;
    let objects = vec![of(create, 70, Some(4), Some(60)), running(of(create, 71, Some(4), Some(40)))];
    store.close(conclusion(create, objects.clone())).await.unwrap();
    let whole = [(2, 8, 100), NOTHING];
    assert_eq!(sums(made).await, whole);
    for found_on in [None, Some(7)] {
        sight(&**store, found_on, objects.clone()).await;
        // A look at one need not show its callback.
        let nameless = objects.iter().map(|seen| Seen { reservation: None, ..seen.clone() });
        sight(&**store, found_on, nameless.collect()).await;
        assert_eq!(sums(made).await, whole);
    }
    assert!(store.close(conclusion(create, objects)).await.unwrap().was_ended);
    assert_eq!(sums(made).await, whole);
}

pub(crate) async fn quota_06_a_job_that_ends_is_made_right_once(made: &Made) {
    let Made { store, .. } = made;
    let create = two(made).await;
    let running_ones = [70, 71].map(|id| running(of(create, id, Some(4), None)));
    store.close(conclusion(create, running_ones.to_vec())).await.unwrap();
    assert_eq!(sums(made).await, [(2, 8, 100), NOTHING], "what is not known yet counts as it was estimated");
    sight(&**store, None, vec![running(of(create, 70, Some(1), Some(1)))]).await;
    assert_eq!(sums(made).await, [(2, 8, 100), NOTHING], "it has not ended");
    sight(&**store, None, vec![of(create, 70, Some(3), Some(30))]).await;
    assert_eq!(sums(made).await, [(2, 7, 80), NOTHING]);
    // Astria says what it says; what is final stays.
    sight(&**store, None, vec![of(create, 70, Some(9), Some(900))]).await;
    assert_eq!(sums(made).await, [(2, 7, 80), NOTHING]);
    // An end without figures leaves what was booked.
    sight(&**store, None, vec![of(create, 71, None, None)]).await;
    assert_eq!(sums(made).await, [(2, 7, 80), NOTHING]);
    sight(&**store, None, vec![of(create, 71, Some(1), Some(1))]).await;
    assert_eq!(sums(made).await, [(2, 7, 80), NOTHING]);
}

pub(crate) async fn quota_06_an_object_seen_before_its_reply_is_booked_on_its_create(made: &Made) {
    let Made { store, .. } = made;
    let create = two(made).await;
    // Its callback comes while the create is still being called.
    sight(&**store, None, vec![of(create, 70, Some(3), Some(30))]).await;
    assert_eq!(sums(made).await, [(1, 3, 30), (1, 4, 50)], "the other's share is kept");
    assert_eq!(store.create(create).await.unwrap().unwrap().state, CreateState::Open, "its caller ends it");
    let reply = vec![of(create, 70, Some(4), Some(50)), running(of(create, 71, Some(4), Some(40)))];
    let closed = store.close(conclusion(create, reply)).await.unwrap();
    assert!(!closed.is_repeat && !closed.is_overrun && !closed.was_ended);
    assert_eq!(sums(made).await, [(2, 7, 70), NOTHING]);
}

pub(crate) async fn quota_06_an_object_found_late_is_booked_whatever_became_of_its_create(made: &Made) {
    let Made { store, .. } = made;
    let mut used = (0, 0, 0);
    for (n, end) in (0..).zip([Ending::Unknown, Ending::Presumed, Ending::Nothing, MADE, MADE_IN_PART]) {
        let create = two(made).await;
        store.close(ending(create, end)).await.unwrap();
        sight(&**store, None, vec![of(create, 70 + 2 * n, Some(4), Some(50))]).await;
        used = (used.0 + 1, used.1 + 4, used.2 + 50);
        let is_over = matches!(end, Ending::Nothing | Ending::Made { is_complete: true, .. });
        let held = if is_over { NOTHING } else { (1, 4, 50) };
        assert_eq!(sums(made).await, [used, held], "{end:?}");
        assert_eq!(store.create(create).await.unwrap().unwrap().state, CreateState::Made, "{end:?}");
        sight(&**store, None, vec![of(create, 71 + 2 * n, Some(4), Some(50))]).await;
        used = (used.0 + 1, used.1 + 4, used.2 + 50);
        assert_eq!(sums(made).await, [used, NOTHING], "{end:?}");
    }
    let standing = store.standing().await.unwrap();
    assert_eq!((standing.open, standing.unknown, standing.presumed), (0, 0, 0));
    assert!(store.due(NOON.plus(9 * MINUTE), 99).await.unwrap().creates.is_empty());
}

pub(crate) async fn quota_06_an_object_found_after_its_hold_is_gone_counts_as_it_was_estimated(made: &Made) {
    let Made { store, .. } = made;
    for (n, end) in (0..).zip([Ending::Nothing, MADE]) {
        let create = two(made).await;
        store.close(ending(create, end)).await.unwrap();
        sight(&**store, None, vec![running(of(create, 70 + n, None, None))]).await;
        assert_eq!(sums(made).await, [(1 + n, 4, 50), NOTHING], "never for nothing");
        sight(&**store, None, vec![of(create, 70 + n, Some(0), Some(0))]).await;
        assert_eq!(sums(made).await, [(1 + n, 0, 0), NOTHING], "before somebody says so");
    }
}

pub(crate) async fn quota_06_objects_of_another_account_or_owner_are_not_booked(made: &Made) {
    let Made { store, .. } = made;
    make(&**store, "b", vec![tune(7), prompt(70, 7)]).await;
    let of_b = usage(&**store, "b").await;
    let create = two(made).await;
    // It is b's already, whatever it names.
    sight(&**store, None, vec![of(create, 70, Some(4), Some(50))]).await;
    let elsewhere = vec![of(create, 71, Some(4), Some(50))];
    let account = AccountKey::new("other");
    let seen = Sighting { account, objects: elsewhere, found_on: None, at: NOON };
    assert_eq!(store.see(seen).await, Ok(0));
    // No object has this number.
    sight(&**store, None, vec![of(create, u64::MAX, Some(4), Some(50)), of(create, 0, Some(4), Some(50))])
        .await;
    assert_eq!(sums(made).await, [NOTHING, (2, 8, 100)]);
    assert_eq!(usage(&**store, "b").await, of_b);
}

pub(crate) async fn prompts_without_a_name_count_towards_the_theme_that_is_open_on_their_tune(made: &Made) {
    let Made { store, .. } = made;
    store.import(&main_account(), &super::bench::user("a"), vec![tune(7), tune(8)], NOON).await.unwrap();
    // An older prompt that nobody has seen yet is not the theme's, and neither is one that is known.
    store.import(&main_account(), &super::bench::user("a"), vec![prompt(50, 8)], NOON).await.unwrap();
    let create = hold(&**store, Opening { amounts: prompts(3, 12, 90), ..theme("a", &[7]) }).await;
    let nameless = |id| counting(Some(4), Some(30), prompt(id, 7));
    sight(&**store, Some(7), vec![nameless(49)]).await;
    assert_eq!(sums(made).await, [NOTHING, (3, 12, 90)], "its number is below those of that time");
    sight(&**store, Some(8), vec![counting(Some(4), Some(30), prompt(60, 8))]).await;
    assert_eq!(sums(made).await, [NOTHING, (3, 12, 90)], "another tune's");
    for _ in 0..2 {
        sight(&**store, Some(7), vec![nameless(61)]).await;
        assert_eq!(sums(made).await, [(1, 4, 30), (2, 8, 60)]);
    }
    let found = store.create(create).await.unwrap().unwrap();
    assert_eq!(found.objects.iter().map(|record| record.object.id).collect::<Vec<_>>(), [61]);
    store.close(ending(create, Ending::Unknown)).await.unwrap();
    sight(&**store, Some(7), vec![nameless(62)]).await;
    assert_eq!(sums(made).await, [(2, 8, 60), (1, 4, 30)]);
    store.close(ending(create, MADE)).await.unwrap();
    assert_eq!(sums(made).await, [(2, 8, 60), NOTHING]);
    sight(&**store, Some(7), vec![nameless(63)]).await;
    assert_eq!(sums(made).await, [(2, 8, 60), NOTHING], "it is closed");
}

pub(crate) async fn a_failed_job_is_given_back_or_kept_as_the_plan_says(made: &Made) {
    let Made { store, .. } = made;
    for (first, keeps_failed, left) in [(70, false, NOTHING), (80, true, (2, 8, 100))] {
        let create = hold(&**store, Opening { keeps_failed, ..reserving(prompts(2, 8, 100)) }).await;
        let one = running(of(create, first, Some(4), None));
        // The other is seen only when it has failed.
        let other = failed(of(create, first + 1, None, None));
        store.close(conclusion(create, vec![one.clone(), other.clone()])).await.unwrap();
        sight(&**store, None, vec![failed(one.clone()), other.clone()]).await;
        assert_eq!(sums(made).await, [left, NOTHING], "{keeps_failed}");
        sight(&**store, None, vec![failed(one), other]).await;
        assert_eq!(sums(made).await, [left, NOTHING], "once");
    }
}

pub(crate) async fn no_price_for_a_job_that_runs_is_no_price_and_of_a_free_one_is_none(made: &Made) {
    let Made { store, .. } = made;
    let fast = Traits { branch: Some("fast".into()), ..Traits::default() };
    let import = vec![Seen { traits: fast, ..tune(8) }, tune(7)];
    store.import(&main_account(), &super::bench::user("a"), import, NOON).await.unwrap();
    let create = two(made).await;
    let free = |seen: Seen| Seen { tune: Some(crate::ids::TuneId::from_u64(8)), ..seen };
    let reply =
        vec![running(of(create, 70, Some(4), Some(0))), free(running(of(create, 71, Some(4), Some(0))))];
    store.close(conclusion(create, reply)).await.unwrap();
    assert_eq!(sums(made).await, [(2, 8, 50), NOTHING], "Astria says the price when the job has ended");
    sight(&**store, None, vec![of(create, 70, Some(4), Some(0))]).await;
    assert_eq!(sums(made).await, [(2, 8, 0), NOTHING], "now it is one");

    // Found by its callback, it is judged by the same rule.
    let late = two(made).await;
    store.close(ending(late, Ending::Unknown)).await.unwrap();
    let found = vec![running(of(late, 72, Some(4), Some(0))), free(running(of(late, 73, Some(4), Some(0))))];
    sight(&**store, None, found).await;
    assert_eq!(sums(made).await, [(4, 16, 50), NOTHING]);
}

fn priced(create: ReservationId, cost_mc: u64, is_complete: bool, objects: Vec<Seen>) -> Closing {
    Closing {
        beside: Amounts::none().with(Measure::CostMc, cost_mc),
        ending: Ending::Made { is_complete, is_price_whole: true },
        ..conclusion(create, objects)
    }
}

pub(crate) async fn the_whole_price_of_a_reply_counts_instead_of_its_objects(made: &Made) {
    let Made { store, .. } = made;
    let create = two(made).await;
    let reply = vec![running(of(create, 70, Some(4), Some(55)))];
    let closed = store.close(priced(create, 90, false, reply)).await.unwrap();
    assert!(!closed.is_overrun);
    let [used, (held_prompts, held_images, _)] = sums(made).await;
    assert_eq!((used, held_prompts, held_images), ((1, 4, 90), 1, 4));
    sight(&**store, None, vec![of(create, 70, Some(4), Some(55)), of(create, 71, Some(4), Some(55))]).await;
    assert_eq!(sums(made).await, [(2, 8, 90), NOTHING]);
}

pub(crate) async fn the_whole_price_of_a_reply_takes_the_place_of_what_was_booked_before_it(made: &Made) {
    let Made { store, .. } = made;
    for (first, end) in [(70, None), (80, Some(Ending::Unknown)), (90, Some(Ending::Presumed))] {
        let before = sums(made).await[0];
        let create = two(made).await;
        if let Some(end) = end {
            store.close(ending(create, end)).await.unwrap();
        }
        // A callback is faster than the reply.
        sight(&**store, None, vec![of(create, first, Some(4), Some(55))]).await;
        let reply = vec![running(of(create, first, Some(4), None))];
        let closed = store.close(priced(create, 100, false, reply)).await.unwrap();
        assert!(!closed.is_overrun, "{end:?}: it is the price that was reserved");
        sight(&**store, None, vec![of(create, first + 1, Some(4), Some(55))]).await;
        let [used, held] = sums(made).await;
        assert_eq!((used.0 - before.0, used.1 - before.1, used.2 - before.2), (2, 8, 100), "{end:?}");
        assert_eq!(held, NOTHING);
    }
}

pub(crate) async fn an_incomplete_end_that_is_told_twice_books_once(made: &Made) {
    let Made { store, .. } = made;
    let create = two(made).await;
    // The first telling was written, but its answer came too late for whoever told it.
    let told = priced(create, 90, false, vec![running(of(create, 70, Some(4), Some(55)))]);
    store.close(told.clone()).await.unwrap();
    let once = sums(made).await;
    store.close(told).await.unwrap();
    assert_eq!(sums(made).await, once);
    let other = two(made).await;
    let beside = Amounts::none().with(Measure::Inspections, 1);
    let told = Closing { beside, ..in_part(other, vec![of(other, 80, Some(4), Some(50))]) };
    for _ in 0..2 {
        store.close(told.clone()).await.unwrap();
        assert_eq!(usage(&**store, "a").await.used.get(Measure::Inspections), 1);
    }
}

pub(crate) async fn a_video_counts_its_images_as_videos(made: &Made) {
    let Made { store, .. } = made;
    let amounts = prompts(2, 2, 100).with(Measure::Videos, 2);
    let create = hold(&**store, reserving(amounts)).await;
    let video = Traits { is_video: true, ..Traits::default() };
    let reply = vec![
        running(Seen { traits: video, ..of(create, 70, Some(1), None) }),
        running(of(create, 71, None, None)),
    ];
    store.close(conclusion(create, reply)).await.unwrap();
    assert_eq!(usage(&**store, "a").await.used, amounts);
    sight(&**store, None, vec![of(create, 71, Some(0), Some(10))]).await;
    let used = usage(&**store, "a").await.used;
    assert_eq!((used.get(Measure::Videos), used.get(Measure::Images), used.get(Measure::CostMc)), (1, 1, 60));
}

pub(crate) async fn what_costs_more_than_its_share_takes_it_from_the_hold_before_it_overruns(made: &Made) {
    let Made { store, .. } = made;
    let create = two(made).await;
    let closed =
        store.close(in_part(create, vec![running(of(create, 70, Some(5), Some(80)))])).await.unwrap();
    assert!(!closed.is_overrun);
    assert_eq!(sums(made).await, [(1, 5, 80), (1, 3, 20)]);
    sight(&**store, None, vec![of(create, 70, Some(6), Some(90))]).await;
    assert_eq!(sums(made).await, [(1, 6, 90), (1, 2, 10)], "a job that ends as dearer, too");
    let last = vec![of(create, 71, Some(2), Some(11))];
    assert!(store.close(conclusion(create, last)).await.unwrap().is_overrun);
    assert_eq!(sums(made).await, [(2, 8, 101), NOTHING]);
}

pub(crate) async fn a_repeat_is_released(made: &Made) {
    let Made { store, .. } = made;
    let first = two(made).await;
    let objects = vec![of(first, 70, Some(4), Some(50)), of(first, 71, Some(4), Some(50))];
    store.close(conclusion(first, objects.clone())).await.unwrap();
    let later = NOON.plus(2 * MINUTE);
    let repeat = hold(&**store, Opening { at: later, ..reserving(prompts(2, 8, 100)) }).await;
    let told = Closing { beside: prompts(0, 0, 7), ..in_part(repeat, objects) };
    let closed = store.close(told).await.unwrap();
    assert!(closed.is_repeat && !closed.is_overrun);
    assert_eq!(sums(made).await, [(2, 8, 100), NOTHING]);
}

pub(crate) async fn a_repeat_in_part_books_only_what_is_new(made: &Made) {
    let Made { store, .. } = made;
    // It was there before there was a ledger, so nothing was ever booked for it.
    store.import(&main_account(), &super::bench::user("a"), vec![prompt(70, 7)], NOON).await.unwrap();
    let later = NOON.plus(2 * MINUTE);
    let create = hold(&**store, Opening { at: later, ..reserving(prompts(2, 8, 100)) }).await;
    let reply = [70, 71].map(|id| counting(Some(4), Some(50), prompt(id, 7)));
    assert!(!store.close(conclusion(create, reply.to_vec())).await.unwrap().is_repeat);
    assert_eq!(sums(made).await, [(1, 4, 50), NOTHING]);
    let again = begin_on(&**store, &main_account(), "a", later.plus(MINUTE)).await.unwrap();
    assert!(store.close(conclusion(again, reply.to_vec())).await.unwrap().is_repeat);
    assert_eq!(sums(made).await, [(1, 4, 50), NOTHING]);
}
