//! `POST /p/:pack_id/tunes`: a pack's prompts on a new tune, or on tunes that exist.
//!
//! A new tune carries the pack's whole price and its prompts carry 0; a run on existing tunes makes an order that carries
//! it. The prompts of a new tune are not in the reply: they are found at `GET /tunes/:id/prompts`, at once and unfinished.
//! Whose the tunes are is not asked: they are the account's.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::calling::Calling;
use crate::cast;
use crate::create_prompt::{Draft, missing_root, root};
use crate::create_tune::{self, Plan, nested_prompts, start_prompt};
use crate::objects::PROMPT_ATTRIBUTES;
use crate::packs;
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::settings::PackRunReply;
use crate::state::Shared;
use crate::validation;

/// Handles the route.
pub(crate) fn run(shared: &Arc<Shared>, parsed: &Parsed, calling: &Calling) -> Reply {
    let Some(root) = root(parsed, "tune", |name| {
        ["tune_ids", "prompt_ids", "prompt_attributes"].contains(&name) || create_tune::is_attribute(name)
    }) else {
        return missing_root("tune");
    };
    let Some(pack) = packs::find(&shared.lock(), parsed.params.get("pack_id")) else {
        return Reply::not_found();
    };
    match root.get("tune_ids") {
        Some(Param::Array(ids)) if !ids.is_empty() => {
            let tune_ids: Vec<u64> = ids.iter().map(|id| cast::id(Some(id)).unwrap_or_default()).collect();
            on_tunes(shared, &root, &pack, &tune_ids, calling)
        }
        _ => train(shared, &root, &pack, calling),
    }
}

fn train(shared: &Arc<Shared>, root: &Hash, pack: &Value, calling: &Calling) -> Reply {
    let mut plan = Plan::new(root, 0);
    let mut errors = validation::tune(&plan.attributes, plan.images);
    let class = plan.attributes.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    match packs::cost_mc(pack, &class) {
        Some(cost_mc) => plan.cost_mc = cost_mc,
        None => errors.add("name", "is not supported by the pack"),
    }
    let shared_by_all = prompt_attributes(root);
    for template in packs::templates(pack) {
        let draft = draft(pack, template, &shared_by_all, &class, &plan.characteristics);
        errors.adopt("prompts", draft.validate(0));
        plan.drafts.push(draft);
    }
    plan.drafts.extend(nested_prompts(root, &mut errors));
    if let Some(body) = errors.into_body() {
        return Reply::json(422, body);
    }
    for name in ["base_tune_id", "model_type", "token"] {
        plan.attributes.insert(name.to_owned(), pack.get(name).cloned().unwrap_or_default());
    }
    plan.start(shared, calling)
}

fn on_tunes(shared: &Arc<Shared>, root: &Hash, pack: &Value, tune_ids: &[u64], calling: &Calling) -> Reply {
    let all = packs::templates(pack);
    let Some(chosen) = chosen(root, all) else {
        return Reply::error(422, "prompt_ids must be prompts of the pack");
    };
    let shared_by_all = prompt_attributes(root);
    let mut state = shared.lock();
    let (mut drafts, mut total_cost_mc) = (Vec::new(), 0);
    for tune_id in tune_ids {
        let Some(tune) = state.tunes.get(tune_id) else { return Reply::error(422, "Tune must exist") };
        let class = tune.object.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some(cost_mc) = packs::cost_mc(pack, class) else {
            return Reply::json(422, json!({ "name": ["is not supported by the pack"] }));
        };
        if !tune.is_free() {
            let (part, whole) = (count(chosen.len()), count(all.len()).max(1));
            total_cost_mc += cost_mc * part / whole;
        }
        let characteristics = tune.object.get("characteristics").unwrap_or(&Value::Null);
        for template in &chosen {
            let draft = draft(pack, template, &shared_by_all, class, characteristics);
            if let Some(body) = draft.validate(*tune_id).into_body() {
                return Reply::json(422, body);
            }
            drafts.push((*tune_id, tune.is_free(), draft));
        }
    }
    state.charge(total_cost_mc);
    let callback = root.get("prompts_callback").and_then(Param::as_str);
    let order_id = state.open_batch(callback.filter(|url| !url.is_empty()).map(str::to_owned));
    let prompt_ids: Vec<u64> = drafts
        .into_iter()
        .map(|(tune_id, free, draft)| {
            start_prompt(shared, &mut state, draft, tune_id, free, (order_id, calling))
        })
        .collect();
    if shared.settings.pack_run_reply == PackRunReply::TuneIfSingle
        && let [only] = tune_ids
        && let Some(tune) = state.tunes.get(only)
    {
        return Reply::json(201, tune.value());
    }
    let order = json!({ "id": order_id, "tune_ids": tune_ids, "total_cost_mc": total_cost_mc });
    Reply::json(201, json!({ "status": "created", "order": order, "prompt_ids": prompt_ids }))
}

/// The templates that `prompt_ids` names, or all; `None` if it names one that the pack does not have.
fn chosen<'a>(root: &Hash, all: &'a [Value]) -> Option<Vec<&'a Value>> {
    let named = match root.get("prompt_ids") {
        Some(Param::Array(ids)) if !ids.is_empty() => ids,
        _ => return Some(all.iter().collect()),
    };
    let by_id = |id: u64| all.iter().find(|prompt| prompt.get("id").and_then(Value::as_u64) == Some(id));
    named.iter().map(|id| cast::id(Some(id)).and_then(by_id)).collect()
}

/// What applies to every prompt of the run. The documents write `prompts_attributes.callback` once: it is read too.
fn prompt_attributes(root: &Hash) -> Map<String, Value> {
    let of = |name: &str| root.get(name).and_then(Param::as_hash);
    let mut attributes =
        of("prompt_attributes").map(|hash| cast::attributes(hash, PROMPT_ATTRIBUTES)).unwrap_or_default();
    if let Some(Param::String(url)) = of("prompts_attributes").and_then(|hash| hash.get("callback")) {
        attributes.entry("callback").or_insert_with(|| json!(url));
    }
    attributes
}

fn draft(
    pack: &Value,
    template: &Value,
    shared_by_all: &Map<String, Value>,
    class: &str,
    characteristics: &Value,
) -> Draft {
    let mut attributes = Map::new();
    for (name, _) in PROMPT_ATTRIBUTES {
        if let Some(value) = shared_by_all.get(*name).or_else(|| template.get(*name)) {
            attributes.insert((*name).to_owned(), value.clone());
        }
    }
    if let Some(Value::String(text)) = attributes.get_mut("text") {
        *text = filled(text, class, characteristics);
    }
    attributes.insert("pack_id".to_owned(), pack.get("id").cloned().unwrap_or_default());
    Draft::of(attributes).included()
}

/// `{{key}}` becomes the characteristic of that key, `{{name}}` the class unless a characteristic says otherwise, anything
/// else nothing. What was put in is not read again.
fn filled(text: &str, class: &str, characteristics: &Value) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((key, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        match (key.trim(), characteristics.get(key.trim())) {
            (_, Some(Value::String(value))) => filled.push_str(value),
            (_, Some(value)) => filled.push_str(&value.to_string()),
            ("name", None) => filled.push_str(class),
            (_, None) => {}
        }
        rest = after;
    }
    filled + rest
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::filled;
    use serde_json::json;

    #[test]
    fn a_text_is_filled_once() {
        let traits = json!({ "eye_color": "{{name}}", "age": 30 });

        assert_eq!(
            filled("ohwx {{name}}, {{ eye_color }}, {{age}}{{x}} {{", "man", &traits),
            "ohwx man, {{name}}, 30 {{"
        );
        assert_eq!(filled("{{name}}", "man", &json!({ "name": "Jo" })), "Jo");
    }
}
