//! What a run of a pack needs to know of it: which templates it has, and what a run may make and cost at most.
//!
//! Packs carry their price in three shapes: `costs.{class}.cost_mc`, `cost_mc_hash{class}`, and `costs.{class}.cost`, whose
//! unit is not stated, so that it is used only where the operator says it, and where there is none of the others. Source: the pack sample of S3 and public clients (read 2026-11-20).

use serde_json::{Map, Value};

use crate::ids::PackId;
use crate::money::Millicents;

/// Images of a template prompt whose number is not known.
const MOST_IMAGES: u64 = 8;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFacts {
    /// The pack.
    pub id: PackId,
    /// The ids of its template prompts.
    pub templates: Vec<u64>,
    classes: Vec<(String, Class)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Class {
    images: Option<u64>,
    prompts: Option<u64>,
    cost_mc: Option<u64>,
}

/// What one run on one tune may make at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Most {
    /// Prompts.
    pub prompts: u64,
    /// Images.
    pub images: u64,
    /// Thousandths of a cent, if the pack says so.
    pub cost_mc: Option<u64>,
}

impl PackFacts {
    /// From a pack as end users see it; `None` if it is none. `cost_unit_mc` is what 1 of `costs.{class}.cost` means; zero:
    /// nobody knows.
    pub fn read(pack: &Value, cost_unit_mc: Millicents) -> Option<Self> {
        let pack = pack.as_object()?;
        let object = |name: &str| pack.get(name).and_then(Value::as_object);
        let mut classes: Vec<(String, Class)> = Vec::new();
        let mut class =
            |name: &str, fill: &dyn Fn(&mut Class)| match classes.iter_mut().find(|(known, _)| known == name)
            {
                Some((_, known)) => fill(known),
                None => {
                    let mut new = Class::default();
                    fill(&mut new);
                    classes.push((name.to_owned(), new));
                }
            };
        let number = |object: &Map<String, Value>, name: &str| object.get(name).and_then(Value::as_u64);
        for (name, costs) in object("costs").into_iter().flatten() {
            let Some(costs) = costs.as_object() else { continue };
            class(name, &|class| {
                class.images = number(costs, "num_images");
                class.cost_mc = number(costs, "cost_mc").filter(|cost_mc| *cost_mc > 0);
            });
        }
        for (name, cost_mc) in object("cost_mc_hash").into_iter().flatten() {
            let cost_mc = cost_mc.as_u64().filter(|cost_mc| *cost_mc > 0);
            class(name, &|class| class.cost_mc = class.cost_mc.or(cost_mc));
        }
        for (name, costs) in object("costs").into_iter().flatten() {
            let units = costs.get("cost").and_then(rounded_up);
            let cost_mc = units.map(|units| cost_unit_mc.times(units).0).filter(|cost_mc| *cost_mc > 0);
            class(name, &|class| class.cost_mc = class.cost_mc.or(cost_mc));
        }
        for (name, prompts) in object("prompts_per_class").into_iter().flatten() {
            let count = prompts.as_u64().or_else(|| prompts.as_array().map(|list| list.len() as u64));
            class(name, &|class| class.prompts = count);
        }
        let templates = pack.get("template_prompts").and_then(Value::as_array);
        Some(Self {
            id: PackId::from_u64(pack.get("id")?.as_u64()?),
            templates: templates.into_iter().flatten().filter_map(|one| one.get("id")?.as_u64()).collect(),
            classes,
        })
    }

    /// Whether it can be run for a class; a pack that names none takes any.
    pub fn supports(&self, class: &str) -> bool {
        self.classes.is_empty() || self.classes.iter().any(|(known, _)| known == class)
    }

    /// What a run may make at most: of one class, or of whichever makes most.
    pub fn most_of(&self, class: Option<&str>) -> Most {
        let wanted = |name: &str| class.is_none_or(|class| class == name);
        let known = self.classes.iter().filter(|(name, _)| wanted(name)).map(|(_, class)| class);
        let most = |value: fn(&Class) -> Option<u64>| known.clone().filter_map(value).max();
        let templates = (self.templates.len() as u64).max(1);
        let prompts = most(|class| class.prompts).unwrap_or(templates).max(templates);
        let images = most(|class| class.images).unwrap_or(prompts.saturating_mul(MOST_IMAGES));
        Most { prompts, images, cost_mc: most(|class| class.cost_mc) }
    }
}

/// A number that may have decimals, rounded up to a whole one.
fn rounded_up(number: &Value) -> Option<u64> {
    let text = number.as_number()?.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let is_plain = part.bytes().all(|byte| byte.is_ascii_digit());
    let whole: u64 = whole.parse().ok().filter(|_| is_plain)?;
    Some(whole.saturating_add(u64::from(part.bytes().any(|byte| byte != b'0'))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quota_08_a_runs_bound_comes_from_any_of_the_three_shapes() {
        let pack = |more: Value| {
            let mut pack = json!({"id": 7, "template_prompts": [{"id": 1}, {"id": 2}]});
            pack.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            PackFacts::read(&pack, Millicents(1_000)).unwrap()
        };
        let known =
            pack(json!({"costs": {"man": {"cost_mc": 900, "num_images": 12}, "cat": {"cost_mc": 5}}}));
        assert_eq!(known.most_of(Some("man")), Most { prompts: 2, images: 12, cost_mc: Some(900) });
        assert_eq!(known.most_of(None), Most { prompts: 2, images: 12, cost_mc: Some(900) });
        assert!(known.supports("cat") && !known.supports("dog"));
        let hashed = pack(json!({"cost_mc_hash": {"man": 700}, "prompts_per_class": {"man": 5}}));
        assert_eq!(hashed.most_of(Some("man")), Most { prompts: 5, images: 40, cost_mc: Some(700) });
        let plain = pack(json!({"costs": {"man": {"cost": 15}, "cat": {"cost": 2.5, "cost_mc": 0}}}));
        assert_eq!(plain.most_of(Some("man")).cost_mc, Some(15_000));
        assert_eq!(plain.most_of(Some("cat")).cost_mc, Some(3_000), "rounded up; nothing is published as 0");
        let both = pack(json!({"costs": {"man": {"cost": 15}}, "cost_mc_hash": {"man": 700}}));
        assert_eq!(both.most_of(Some("man")).cost_mc, Some(700));
        let unstated = json!({"id": 7, "costs": {"man": {"cost": 15}}});
        let unstated = PackFacts::read(&unstated, Millicents(0)).unwrap();
        assert_eq!(unstated.most_of(Some("man")).cost_mc, None, "nobody said what the unit is");
        let silent = pack(json!({}));
        assert_eq!(silent.most_of(Some("man")), Most { prompts: 2, images: 16, cost_mc: None });
        assert!(silent.supports("man"));
    }
}
