//! Whoever watches the store is told of each overrun, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::in_memory;
use crate::clock::Clock;
use crate::ownership::{Counts, Seen};
use crate::ownership::{Index as _, Sighting};
use crate::quota::Opening;
use crate::store::conformance::bench::{
    MINUTE, NOON, conclude, conclusion, hold, main_account, naming, opening, prompt, prompts,
};
use crate::store::{Observer, Store};

#[derive(Default)]
struct Overruns(AtomicU64);

impl Observer for Overruns {
    fn command(&self, _: &'static str, _: &'static str) {}
    fn lookup(&self, _: &'static str, _: &'static str) {}
    fn overrun(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn committed(&self, _: usize, _: Duration) {}
}

#[tokio::test]
async fn quota_06_each_overrun_is_told_once_whoever_sees_it() {
    let overruns = Arc::new(Overruns::default());
    let observer: Arc<dyn Observer> = Arc::<Overruns>::clone(&overruns);
    let store = Store::open(&in_memory(), Clock::manual(NOON), observer).await.unwrap();
    let told = || overruns.0.load(Ordering::Relaxed);
    let asked = Opening { amounts: prompts(3, 12, 90), ..opening(&main_account(), "a", NOON) };
    let create = hold(&store, asked).await;
    let object = |id, images| Seen {
        is_finished: false,
        counts: Counts { images: Some(images), cost_mc: Some(30), is_failed: false },
        ..naming(create, prompt(id, 7))
    };
    let see = async |seen: Seen| {
        let account = main_account();
        let at = NOON.plus(MINUTE);
        store.see(Sighting { account, objects: vec![seen], found_on: None, at }).await.unwrap();
    };
    conclude(&store, conclusion(create, vec![object(70, 4), object(71, 4)])).await.unwrap();
    assert_eq!(told(), 0);
    // Nothing of the hold is left.
    for _ in 0..2 {
        see(object(72, 4)).await;
        assert_eq!(told(), 1);
    }
    for _ in 0..2 {
        see(Seen { is_finished: true, ..object(70, 9) }).await;
        assert_eq!(told(), 2, "a job that ends as larger");
    }
    let dear =
        hold(&store, Opening { amounts: prompts(1, 4, 30), ..opening(&main_account(), "a", NOON) }).await;
    for _ in 0..2 {
        let made = Seen { reservation: Some(dear), ..object(80, 40) };
        conclude(&store, conclusion(dear, vec![made])).await.unwrap();
        assert_eq!(told(), 3, "a reply");
    }
}
