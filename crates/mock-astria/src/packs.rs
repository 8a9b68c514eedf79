//! `GET /packs`, `GET /gallery/packs`, `GET /p/:id`, and what a pack costs.
//!
//! Lists show each pack in the price shape that it was made in; a single pack carries `costs` in full, as the upstream's
//! does. It runs nothing: see [`crate::pack_run`].

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::cast;
use crate::filters::{self, flag, number};
use crate::rails_params::{Param, Parsed};
use crate::reply::Reply;
use crate::state::{Shared, State};

/// `GET /packs`: the account's; with `public=true` the gallery's; with `listed=true` without the unlisted.
pub(crate) fn list(shared: &Shared, parsed: &Parsed) -> Reply {
    let packs = {
        let state = shared.lock();
        if flag(parsed, "public") == Some(true) {
            Arc::clone(&state.gallery)
        } else {
            Arc::clone(&state.packs)
        }
    };
    let listed_only = flag(parsed, "listed") == Some(true);
    let shown =
        packs.iter().filter(|pack| !listed_only || pack.get("unlisted_at").is_none_or(Value::is_null));
    Reply::json(200, page(shown, parsed))
}

/// `GET /gallery/packs`.
pub(crate) fn gallery(shared: &Shared, parsed: &Parsed) -> Reply {
    let packs = Arc::clone(&shared.lock().gallery);
    Reply::json(200, page(packs.iter(), parsed))
}

fn page<'a>(packs: impl Iterator<Item = &'a Value>, parsed: &Parsed) -> Value {
    let offset = number(parsed, "offset").unwrap_or(0);
    let limit = number(parsed, "limit").unwrap_or(u64::MAX);
    Value::Array(filters::window(packs, offset, limit).cloned().collect())
}

/// `GET /p/:id`: a slug, or a number.
pub(crate) fn show(shared: &Shared, parsed: &Parsed) -> Reply {
    let Some(mut pack) = find(&shared.lock(), parsed.params.get("id")) else { return Reply::not_found() };
    let costs: Map<String, Value> = classes(&pack)
        .into_iter()
        .filter_map(|class| {
            let cost_mc = cost_mc(&pack, &class)?;
            let shown =
                json!({ "cost": cost_mc / 1_000, "cost_mc": cost_mc, "num_images": num_images(&pack) });
            Some((class, shown))
        })
        .collect();
    if let Some(pack) = pack.as_object_mut() {
        pack.insert("costs".to_owned(), Value::Object(costs));
    }
    Reply::json(200, pack)
}

/// The account's or the gallery's pack of that slug or number.
pub(crate) fn find(state: &State, wanted: Option<&Param>) -> Option<Value> {
    let wanted = wanted.and_then(Param::as_str).unwrap_or_default();
    let all = || state.packs.iter().chain(state.gallery.iter());
    let by_slug = all().find(|pack| pack.get("slug").and_then(Value::as_str) == Some(wanted));
    let number = cast::to_i(wanted);
    by_slug.or_else(|| all().find(|pack| pack.get("id").and_then(Value::as_i64) == Some(number))).cloned()
}

/// The price of a run for a class, in thousandths of a cent; `None` if the pack does not support the class.
pub(crate) fn cost_mc(pack: &Value, class: &str) -> Option<u64> {
    let member = |name: &str| pack.get(name).and_then(|prices| prices.get(class));
    let of_costs = |name: &str| member("costs").and_then(|prices| prices.get(name)).and_then(Value::as_u64);
    let in_hash = member("cost_mc_hash").and_then(Value::as_u64);
    in_hash.or_else(|| of_costs("cost_mc")).or_else(|| of_costs("cost").map(|cents| cents * 1_000))
}

/// The prompts of which a run is made.
pub(crate) fn templates(pack: &Value) -> &[Value] {
    pack.get("template_prompts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn classes(pack: &Value) -> Vec<String> {
    let keys = |name: &str| pack.get(name).and_then(Value::as_object).map(|prices| prices.keys().cloned());
    keys("costs").or_else(|| keys("cost_mc_hash")).into_iter().flatten().collect()
}

fn num_images(pack: &Value) -> u64 {
    templates(pack).iter().filter_map(|prompt| prompt.get("num_images").and_then(Value::as_u64)).sum()
}
