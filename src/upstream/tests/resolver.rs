use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use futures_util::future::join_all;

use crate::clock::{Clock, Timestamp};
use crate::upstream::resolver::{MAX_LOOKUPS, Resolver, ResolverSettings};

/// A name service that tests hold up or break.
#[derive(Default)]
struct NameService {
    address: Mutex<Option<SocketAddr>>,
    held: Mutex<bool>,
    released: Condvar,
    asked: AtomicUsize,
    asking: AtomicUsize,
    most_asking: AtomicUsize,
}

impl NameService {
    fn answer(&self) -> io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.asking.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_asking.fetch_max(now, Ordering::SeqCst);
        let mut held = self.held.lock().unwrap();
        while *held {
            held = self.released.wait(held).unwrap();
        }
        drop(held);
        self.asking.fetch_sub(1, Ordering::SeqCst);
        self.address.lock().unwrap().map(|address| vec![address]).ok_or(io::ErrorKind::NotFound.into())
    }

    fn set(&self, address: Option<&str>) {
        *self.address.lock().unwrap() = address.map(|text| text.parse().unwrap());
    }

    fn hold(&self, held: bool) {
        *self.held.lock().unwrap() = held;
        self.released.notify_all();
    }
}

/// Lets lookups go on even if the test fails: the runtime waits for its blocking threads.
struct Held<'a>(&'a NameService);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.hold(false);
    }
}

fn resolver() -> (Resolver, Arc<NameService>, Clock) {
    let clock = Clock::manual(Timestamp::from_unix_s(1_800_000_000));
    let service = Arc::new(NameService::default());
    let asked = Arc::clone(&service);
    let settings = ResolverSettings { timeout: Duration::from_millis(100), ..ResolverSettings::default() };
    let resolver = Resolver::new(settings, clock.clone(), Arc::new(move |_| asked.answer()));
    (resolver, service, clock)
}

#[tokio::test]
async fn f28_a_changed_address_is_noticed_once_the_answer_is_no_longer_fresh() {
    let (resolver, service, clock) = resolver();
    service.set(Some("10.0.0.1:0"));
    for _ in 0..5 {
        assert_eq!(resolver.resolve("astria.test").await.unwrap(), ["10.0.0.1:0".parse().unwrap()]);
    }
    assert_eq!(service.asked.load(Ordering::SeqCst), 1);

    service.set(Some("10.0.0.2:0"));
    clock.advance(Duration::from_secs(30));

    assert_eq!(resolver.resolve("astria.test").await.unwrap(), ["10.0.0.2:0".parse().unwrap()]);
}

#[tokio::test]
async fn f28_an_old_answer_serves_while_the_name_service_fails_but_not_for_ever() {
    let (resolver, service, clock) = resolver();
    assert!(resolver.resolve("astria.test").await.is_err(), "nothing is known yet");
    service.set(Some("10.0.0.1:0"));
    resolver.resolve("astria.test").await.unwrap();
    service.set(None);

    clock.advance(Duration::from_secs(3_599));
    assert_eq!(resolver.resolve("astria.test").await.unwrap(), ["10.0.0.1:0".parse().unwrap()]);
    clock.advance(Duration::from_secs(1));

    assert!(resolver.resolve("astria.test").await.is_err());
}

#[tokio::test(flavor = "current_thread")]
async fn f28_a_name_service_that_hangs_blocks_nobody_and_few_threads() {
    let (resolver, service, clock) = resolver();
    service.set(Some("10.0.0.1:0"));
    resolver.resolve("astria.test").await.unwrap();
    clock.advance(Duration::from_secs(60));
    service.hold(true);
    let _held = Held(&service);

    // On one thread: if a lookup blocked it, the others would never be polled.
    let answers = join_all((0..50).map(|_| resolver.resolve("astria.test"))).await;

    assert!(answers.iter().all(Result::is_ok));
    let unknown = join_all((0..50).map(|_| resolver.resolve("other.test"))).await;
    assert!(unknown.iter().all(Result::is_err));
    assert!(service.most_asking.load(Ordering::SeqCst) <= MAX_LOOKUPS);
}
