//! Reaches into a tree by a path of ours, such as `prompt[text]`.
//!
//! Handlers need single values (the callback to set, the name to log), and a path in the upstream's own spelling
//! is the one that documentation and problems use. Client spellings never come here: see `name`.

use std::cell::Cell;

use super::{Object, Params, Upload, Value};

impl Params {
    /// Whether any file of the tree, at any depth, passes the test.
    pub fn any_file(&self, test: impl Fn(&Upload) -> bool) -> bool {
        self.root.values().any(|value| any_file(value, &test))
    }

    /// Every file of the tree, at any depth, in order.
    pub fn files_mut(&mut self) -> Vec<&mut Upload> {
        let mut found = Vec::new();
        for value in self.root.values_mut() {
            files_mut(value, &mut found);
        }
        found
    }

    /// Bytes of memory that blanking every photo may take beside the body's own: see [`Upload::copy_bytes`]. Ask
    /// when the body itself was dropped, or every file seems to be shared.
    pub fn copy_bytes(&self) -> u64 {
        let sum = Cell::new(0_u64);
        self.any_file(|upload| {
            sum.set(sum.get() + upload.copy_bytes());
            false
        });
        sum.get()
    }

    /// The value at `path`, if there is one.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let (last, parents) = split(path)?;
        let mut level = &self.root;
        for key in parents {
            let Some(Value::Object(next)) = level.get(key) else { return None };
            level = next;
        }
        level.get(last)
    }

    /// Takes the value at `path` out of the tree; objects that it leaves empty stay.
    pub fn take(&mut self, path: &str) -> Option<Value> {
        let (last, parents) = split(path)?;
        let mut level = &mut self.root;
        for key in parents {
            let Some(Value::Object(next)) = level.get_mut(key) else { return None };
            level = next;
        }
        level.shift_remove(last)
    }

    /// Puts `value` at `path`, replacing what was there and making the objects on the way.
    pub fn insert(&mut self, path: &str, value: Value) {
        let Some((last, parents)) = split(path) else { return };
        let mut level = &mut self.root;
        for key in parents {
            let entry = level.entry(key.to_owned()).or_insert_with(|| Value::Object(Object::new()));
            if !matches!(entry, Value::Object(_)) {
                *entry = Value::Object(Object::new());
            }
            let Value::Object(next) = entry else { return };
            level = next;
        }
        level.insert(last.to_owned(), value);
    }
}

fn any_file(value: &Value, test: &impl Fn(&Upload) -> bool) -> bool {
    match value {
        Value::File(upload) => test(upload),
        Value::List(list) => list.iter().any(|value| any_file(value, test)),
        Value::Object(object) => object.values().any(|value| any_file(value, test)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
    }
}

fn files_mut<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Upload>) {
    match value {
        Value::File(upload) => found.push(upload),
        Value::List(list) => list.iter_mut().for_each(|value| files_mut(value, found)),
        Value::Object(object) => object.values_mut().for_each(|value| files_mut(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// The last key and those before it: `a[b][c]` is `c` and `[a, b]`.
fn split(path: &str) -> Option<(&str, Vec<&str>)> {
    let mut keys: Vec<&str> = path.split('[').map(|key| key.trim_end_matches(']')).collect();
    let last = keys.pop().filter(|key| !key.is_empty())?;
    Some((last, keys))
}
