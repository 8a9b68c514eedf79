//! A map from a key's hash to one number, which never holds more keys than it was told.
//!
//! Whoever can invent keys (addresses, subjects) could otherwise grow the limiter until the gateway dies.
//! When the map is full, keys that are not in it share a fixed set of buckets: they are limited together,
//! which is unfriendly to them and harmless to everybody who was there before.
//!
//! What it does *not* do: it does not keep the keys themselves, so two keys with one 64-bit hash share a
//! bucket; the hash is keyed at random by the caller, so nobody can aim for that.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many buckets the keys share that found the map full.
pub(super) const SHARED_BUCKETS: usize = 4096;
const SHARDS: usize = 64;
const SHARED_A_SHARD: usize = SHARED_BUCKETS / SHARDS;

/// Where a key was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has a bucket of its own.
    Own,
    /// It shares this one of the [`SHARED_BUCKETS`].
    Shared(u16),
}

pub(super) struct BoundedMap {
    shards: Box<[Mutex<Shard>]>,
    max_keys_a_shard: AtomicUsize,
}

struct Shard {
    own: HashMap<u64, u64, BuildHasherDefault<Unchanged>>,
    shared: [Option<u64>; SHARED_A_SHARD],
    swept_at: u64,
}

/// When a full shard may make room by itself.
#[derive(Clone, Copy)]
pub(super) struct Eviction {
    /// Values up to this one mean the same as no value.
    pub(super) stale_up_to: u64,
    /// Time, in the unit of the values.
    pub(super) now: u64,
    /// The least time between two attempts on one shard: an attempt looks at every key of it.
    pub(super) pause: u64,
}

impl BoundedMap {
    /// Holds at most `max_keys` keys, but at least one a shard.
    pub(super) fn new(max_keys: usize) -> Self {
        let shard =
            || Mutex::new(Shard { own: HashMap::default(), shared: [None; SHARED_A_SHARD], swept_at: 0 });
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), max_keys_a_shard: a_shard(max_keys).into() }
    }

    /// From now on holds at most so many. Keys beyond a lower bound stay until they are stale.
    pub(super) fn set_max_keys(&self, max_keys: usize) {
        self.max_keys_a_shard.store(a_shard(max_keys), Ordering::Relaxed);
    }

    /// Lets `change` read and write the number of `key`, under the lock of one shard; an error of `change`
    /// leaves everything as it was.
    pub(super) fn update<T, E>(
        &self,
        key: u64,
        eviction: Option<Eviction>,
        change: impl FnOnce(Option<u64>, Place) -> Result<(T, u64), E>,
    ) -> Result<T, E> {
        let Some(mut shard) = self.lock(key) else { return change(None, Place::Own).map(|(out, _)| out) };
        if let Some(value) = shard.own.get_mut(&key) {
            let (out, next) = change(Some(*value), Place::Own)?;
            *value = next;
            return Ok(out);
        }
        let max_keys = self.max_keys_a_shard.load(Ordering::Relaxed);
        if shard.own.len() >= max_keys
            && let Some(eviction) = eviction
        {
            shard.evict(eviction);
        }
        if shard.own.len() < max_keys {
            let (out, next) = change(None, Place::Own)?;
            shard.own.insert(key, next);
            return Ok(out);
        }
        let (number, index) = shared_bucket(key);
        let value = shard.shared.get(index).copied().flatten();
        let (out, next) = change(value, Place::Shared(number))?;
        if let Some(bucket) = shard.shared.get_mut(index) {
            *bucket = Some(next);
        }
        Ok(out)
    }

    /// Forgets every number up to `stale_up_to` and gives memory back.
    pub(super) fn sweep(&self, stale_up_to: u64) {
        for shard in &self.shards {
            let mut shard = guard(shard);
            shard.own.retain(|_, value| *value > stale_up_to);
            if shard.own.capacity() > 4 * shard.own.len() {
                shard.own.shrink_to_fit();
            }
        }
    }

    /// How many keys have a bucket of their own.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| guard(shard).own.len()).sum()
    }

    fn lock(&self, key: u64) -> Option<MutexGuard<'_, Shard>> {
        // The high bits choose the shard: the table inside uses the low ones and its own tag.
        let index = usize::try_from(key >> 48).unwrap_or_default() % SHARDS;
        self.shards.get(index).map(guard)
    }
}

impl Shard {
    fn evict(&mut self, eviction: Eviction) {
        if eviction.now.saturating_sub(self.swept_at) < eviction.pause && self.swept_at != 0 {
            return;
        }
        self.swept_at = eviction.now.max(1);
        self.own.retain(|_, value| *value > eviction.stale_up_to);
    }
}

fn a_shard(max_keys: usize) -> usize {
    (max_keys / SHARDS).max(1)
}

/// A shared bucket's number among all shards, and its index within the key's shard.
fn shared_bucket(key: u64) -> (u16, usize) {
    let shard = usize::try_from(key >> 48).unwrap_or_default() % SHARDS;
    let index = usize::try_from(key >> 32 & 0xffff).unwrap_or_default() % SHARED_A_SHARD;
    (u16::try_from(shard * SHARED_A_SHARD + index).unwrap_or_default(), index)
}

/// A poisoned shard still holds whole numbers: every write is one assignment.
fn guard(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys are hashes already.
#[derive(Default)]
struct Unchanged(u64);

impl Hasher for Unchanged {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn put(map: &BoundedMap, key: u64, eviction: Option<Eviction>) -> Place {
        let Ok(place) = map.update::<_, Infallible>(key, eviction, |_, place| Ok((place, 1)));
        place
    }

    #[test]
    fn a_full_shard_sends_new_keys_to_shared_buckets_and_leaves_old_keys_alone() {
        let map = BoundedMap::new(SHARDS * 2);
        assert_eq!((put(&map, 1, None), put(&map, 2, None)), (Place::Own, Place::Own));
        assert_eq!(put(&map, 3, None), Place::Shared(0));
        assert_eq!(put(&map, 1, None), Place::Own);
        assert_eq!(map.len(), 2);
    }

    #[test]
    fn keys_of_one_shared_bucket_see_each_others_number() {
        let map = BoundedMap::new(SHARDS);
        put(&map, 1, None);
        let add = |key| map.update::<_, Infallible>(key, None, |old, _| Ok((old, old.unwrap_or(0) + 1)));
        assert_eq!((add(2), add(3)), (Ok(None), Ok(Some(1))));
    }

    #[test]
    fn a_full_shard_makes_room_by_itself_but_not_more_often_than_the_pause() {
        let map = BoundedMap::new(SHARDS);
        let at = |now| Some(Eviction { stale_up_to: 1, now, pause: 10 });
        put(&map, 1, at(100));
        assert_eq!(put(&map, 2, at(100)), Place::Own, "1 was stale");
        assert_eq!(put(&map, 3, at(105)), Place::Shared(0), "too soon to look again");
        assert_eq!(put(&map, 3, at(110)), Place::Own);
        assert_eq!(map.len(), 1);
    }

    #[test]
    fn a_refused_change_leaves_no_key_behind() {
        let map = BoundedMap::new(SHARDS);
        assert_eq!(map.update::<(), _>(1, None, |_, _| Err("no")), Err("no"));
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn shared_buckets_are_4096_in_number() {
        let numbers: std::collections::HashSet<u16> =
            (0..=u32::MAX).step_by(4099).map(|high| shared_bucket(u64::from(high) << 32).0).collect();
        assert_eq!(numbers.len(), SHARED_BUCKETS);
    }
}
