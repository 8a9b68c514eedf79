//! What a test does to the upstream's objects behind everybody's back: make, change, finish and remove them.
//!
//! Objects made here cost nothing, call nobody back unless told to, and are finished unless their function says otherwise.
//! Ids go on where the last create stopped.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::create_prompt::Draft;
use crate::create_tune::Plan;
use crate::jobs;
use crate::server::MockAstria;
use crate::state::{Shared, State};

impl MockAstria {
    /// Makes trained tunes of the class `man`, with the title `seeded <id>`; returns their ids, oldest first.
    pub fn seed_tunes(&self, count: usize) -> Vec<u64> {
        let mut state = self.shared.lock();
        (0..count)
            .map(|_| {
                let id = state.next_tune_id();
                put_tune(&self.shared, &mut state, id);
                id
            })
            .collect()
    }

    /// The same under a chosen id; `false` if it is taken.
    pub fn seed_tune_at(&self, id: u64) -> bool {
        let mut state = self.shared.lock();
        let free = state.object_mut(id).is_none();
        if free {
            put_tune(&self.shared, &mut state, id);
        }
        free
    }

    /// Makes finished prompts of one image, with the text `seeded <id>`; returns their ids, oldest first. The tune need
    /// not exist.
    pub fn seed_prompts(&self, tune_id: u64, count: usize) -> Vec<u64> {
        let mut state = self.shared.lock();
        (0..count)
            .map(|_| {
                let id = state.next_prompt_id();
                put_prompt(&self.shared, &mut state, tune_id, id);
                id
            })
            .collect()
    }

    /// The same, unfinished until [`Self::finish`] or [`Self::fail`]: no time of theirs runs. They call back as asked.
    pub fn seed_unfinished_prompts(&self, tune_id: u64, count: usize, callback: Option<&str>) -> Vec<u64> {
        unfinished_prompts(&self.shared, tune_id, count, callback)
    }

    /// A finished one under a chosen id; `false` if it is taken.
    pub fn seed_prompt_at(&self, tune_id: u64, id: u64) -> bool {
        let mut state = self.shared.lock();
        let free = state.object_mut(id).is_none();
        if free {
            put_prompt(&self.shared, &mut state, tune_id, id);
        }
        free
    }

    /// One more pack of the account, as `GET /packs` shows it; kept over a reset.
    pub fn add_pack(&self, pack: Value) {
        let mut state = self.shared.lock();
        state.packs = state.packs.iter().cloned().chain([pack]).collect();
    }

    /// A tune or prompt as Astria would show it.
    #[must_use]
    pub fn object(&self, id: u64) -> Option<Value> {
        self.shared.lock().object_mut(id).map(|object| Value::Object(object.clone()))
    }

    /// Removes that object alone, as its expiry would; `false` if it does not exist.
    pub fn remove(&self, id: u64) -> bool {
        let mut state = self.shared.lock();
        state.remove_prompt(id) || state.tunes.remove(&id).is_some()
    }

    /// Finishes an object now and sends its callback; `false` if it does not exist or is done.
    pub fn finish(&self, id: u64) -> bool {
        jobs::finish_now(&self.shared, id, None)
    }

    /// Finishes an object now, failed with that message, and sends its callback; `false` as with [`Self::finish`].
    pub fn fail(&self, id: u64, user_error: &str) -> bool {
        jobs::finish_now(&self.shared, id, Some(user_error))
    }

    /// Sets one member; `false` if the object does not exist. A `trained_at` of null makes it unfinished again.
    pub fn set_member(&self, id: u64, name: &str, value: Value) -> bool {
        let mut state = self.shared.lock();
        state.object_mut(id).map(|object| object.insert(name.to_owned(), value)).is_some()
    }

    /// Sets the `text` of a prompt or the `title` of a tune; `false` if the object does not exist.
    pub fn set_text(&self, id: u64, text: &str) -> bool {
        let is_prompt = self.shared.lock().prompts.contains_key(&id);
        self.set_member(id, if is_prompt { "text" } else { "title" }, json!(text))
    }

    /// Sets who is called back when the object finishes, and what it shows as `callback`.
    pub fn set_callback(&self, id: u64, url: &str) -> bool {
        self.set_member(id, "callback", json!(url))
    }

    /// Takes the callback away.
    pub fn clear_callback(&self, id: u64) -> bool {
        self.set_member(id, "callback", Value::Null)
    }
}

fn put_tune(shared: &Arc<Shared>, state: &mut State, id: u64) {
    let mut attributes = Map::new();
    attributes.insert("title".to_owned(), json!(format!("seeded {id}")));
    attributes.insert("name".to_owned(), json!("man"));
    state.tunes.insert(id, Plan::of(attributes).tune(shared, id));
    jobs::complete_tune(shared, state, id, None);
}

/// Makes prompts that wait for somebody to finish them.
pub(crate) fn unfinished_prompts(
    shared: &Shared,
    tune_id: u64,
    count: usize,
    callback: Option<&str>,
) -> Vec<u64> {
    let mut state = shared.lock();
    (0..count)
        .map(|_| {
            let id = state.next_prompt_id();
            put_unfinished_prompt(shared, &mut state, tune_id, id, callback);
            id
        })
        .collect()
}

fn put_prompt(shared: &Shared, state: &mut State, tune_id: u64, id: u64) {
    put_unfinished_prompt(shared, state, tune_id, id, None);
    jobs::complete_prompt(shared, state, id, None);
}

fn put_unfinished_prompt(shared: &Shared, state: &mut State, tune_id: u64, id: u64, callback: Option<&str>) {
    let mut attributes = Map::new();
    attributes.insert("text".to_owned(), json!(format!("seeded {id}")));
    attributes.insert("num_images".to_owned(), json!(1));
    attributes.extend(callback.map(|url| ("callback".to_owned(), json!(url))));
    Draft::of(attributes).store_at(shared, state, id, tune_id, true, |_| {});
}
