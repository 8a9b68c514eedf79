use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::poll_immediate;

use crate::operation::Operation;
use crate::upstream::UpstreamError;
use crate::upstream::fair_share::{Place, Places, ShareLimits};
use crate::upstream::turns::Class;

fn limits(max_in_flight: usize, max_queue: usize) -> ShareLimits {
    ShareLimits {
        max_in_flight,
        max_in_flight_creates: max_in_flight,
        max_queue,
        max_queue_per_user: max_queue,
        ..ShareLimits::default()
    }
}

type Entering<'a> = Pin<Box<dyn Future<Output = Result<Place<'a>, UpstreamError>> + 'a>>;

/// Asks for a place and must wait.
async fn queue(places: &Places, user: u64) -> Entering<'_> {
    let mut entering: Entering<'_> = Box::pin(places.enter(user, Class::Other));
    assert!(poll_immediate(&mut entering).await.is_none(), "it did not wait");
    entering
}

async fn enter_now(places: &Places, user: u64, class: Class) -> Option<Place<'_>> {
    places.enter(user, class).now_or_never().and_then(Result::ok)
}

#[tokio::test]
async fn up_04_beyond_the_queue_a_call_is_refused_in_the_same_breath() {
    let places = Places::new(limits(1, 1));
    let _held = enter_now(&places, 1, Class::Other).await.unwrap();
    let _waiting = queue(&places, 2).await;

    // No waiting at all: the first poll answers.
    let refused = places.enter(3, Class::Other).now_or_never().expect("it waited");

    assert!(matches!(refused, Err(UpstreamError::Overloaded { retry_after_s: 1 })));
    assert_eq!(places.reading(), (1, 0, 1));
}

#[tokio::test]
async fn up_04_one_end_user_cannot_fill_the_queue() {
    let places = Places::new(ShareLimits { max_queue_per_user: 2, ..limits(1, 100) });
    let _held = enter_now(&places, 1, Class::Other).await.unwrap();
    let _first = queue(&places, 1).await;
    let _second = queue(&places, 1).await;

    let third = places.enter(1, Class::Create).now_or_never().expect("it waited");

    assert!(third.is_err(), "both classes count together");
    let _another = queue(&places, 2).await;
    // The gateway's own calls have no end user's bound.
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(queue(&places, 0).await);
    }
}

#[tokio::test]
async fn up_04_a_call_waits_no_longer_than_configured() {
    let places = Places::new(ShareLimits { queue_timeout: Duration::from_millis(20), ..limits(1, 5) });
    let _held = enter_now(&places, 1, Class::Other).await.unwrap();

    let late = places.enter(2, Class::Other).await;

    assert!(matches!(late, Err(UpstreamError::Overloaded { .. })));
    assert_eq!(places.reading(), (1, 0, 0), "nobody stays in the queue");
}

#[tokio::test]
async fn five_hundred_waiting_calls_delay_another_end_users_first_by_one_turn() {
    let places = Places::new(limits(1, 600));
    let mut held = enter_now(&places, 7, Class::Other).await;
    let mut crowd = Vec::new();
    for _ in 0..500 {
        crowd.push(queue(&places, 7).await);
    }
    let mut other = queue(&places, 8).await;

    let mut turns = 0;
    loop {
        drop(held.take());
        if let Some(place) = poll_immediate(&mut other).await {
            held = place.ok();
            break;
        }
        turns += 1;
        for entering in &mut crowd {
            if let Some(place) = poll_immediate(&mut *entering).await {
                held = place.ok();
                break;
            }
        }
        drop(crowd.remove(0));
        assert!(held.is_some(), "nobody was served");
    }

    assert!(turns <= 1, "{turns} turns went to the crowd first");
    drop((held, other, crowd));
    assert_eq!(places.reading(), (0, 0, 0));
}

#[tokio::test]
async fn f30_slow_creates_leave_places_for_inspections_and_reads() {
    let places = Places::new(ShareLimits { max_in_flight_creates: 2, ..limits(3, 10) });
    let _creates = (
        enter_now(&places, 1, Class::Create).await.unwrap(),
        enter_now(&places, 2, Class::Create).await.unwrap(),
    );

    let mut third_create = pin!(places.enter(3, Class::Create));
    assert!(poll_immediate(&mut third_create).await.is_none());
    let inspection = enter_now(&places, 4, Class::of(Operation::InspectImage)).await;

    assert!(inspection.is_some());
    assert_eq!(places.reading(), (3, 2, 1));
    drop(inspection);
    // The place that the inspection left is none for a create.
    assert!(poll_immediate(&mut third_create).await.is_none());
}

#[test]
fn every_create_but_an_inspection_is_of_the_slow_class() {
    for operation in Operation::ALL {
        let slow = operation.creates_cost() && operation != Operation::InspectImage;
        assert_eq!(Class::of(operation) == Class::Create, slow, "{operation}");
    }
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_the_queue() {
    let places = Places::new(limits(1, 10));
    let held = enter_now(&places, 1, Class::Other).await;
    let leaving = queue(&places, 2).await;
    let mut staying = queue(&places, 3).await;

    drop(leaving);
    assert_eq!(places.reading(), (1, 0, 1));
    drop(held);

    assert!(poll_immediate(&mut staying).await.is_some_and(|place| place.is_ok()));
}

#[tokio::test]
async fn a_place_given_to_somebody_who_just_left_goes_to_the_next() {
    let places = Places::new(limits(1, 10));
    let held = enter_now(&places, 1, Class::Other).await;
    let given = queue(&places, 2).await;
    let mut next = queue(&places, 3).await;

    drop(held);
    assert_eq!(places.reading(), (1, 0, 1), "the place is the first one's, who has not looked yet");
    drop(given);

    let place = poll_immediate(&mut next).await;
    assert!(place.is_some_and(|place| place.is_ok()));
    drop(next);
    assert_eq!(places.reading(), (0, 0, 0));
}

#[tokio::test]
async fn more_places_after_a_reload_are_given_to_those_who_wait() {
    let places = Places::new(limits(1, 10));
    let _held = enter_now(&places, 1, Class::Other).await;
    let mut waiting = [queue(&places, 2).await, queue(&places, 3).await, queue(&places, 4).await];

    places.set_limits(limits(3, 10));

    let mut served = Vec::new();
    for entering in &mut waiting {
        served.extend(poll_immediate(entering).await);
    }
    assert_eq!((served.len(), places.reading()), (2, (3, 0, 1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_never_hold_more_places_than_there_are() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let places = Arc::new(Places::new(limits(4, 1000)));
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks = tokio_util::task::TaskTracker::new();
    for n in 0..400_u64 {
        let (places, inside, most) = (Arc::clone(&places), Arc::clone(&inside), Arc::clone(&most));
        tasks.spawn(async move {
            let class = if n % 3 == 0 { Class::Create } else { Class::Other };
            let entering = places.enter(n % 7, class);
            // Some lose patience.
            let Ok(Ok(place)) = tokio::time::timeout(Duration::from_micros(50 * (n % 40)), entering).await
            else {
                return;
            };
            let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            tokio::task::yield_now().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            drop(place);
        });
    }
    tasks.close();
    tasks.wait().await;

    assert!((1..=4).contains(&most.load(Ordering::SeqCst)));
    assert_eq!(places.reading(), (0, 0, 0));
}
