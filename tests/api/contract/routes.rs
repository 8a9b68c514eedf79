//! The route table and the document, both ways.

use std::collections::{BTreeMap, BTreeSet};

use astria_gateway::config::Config;
use astria_gateway::contract::WITHHELD;
use astria_gateway::routes::{Access, table};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Contract, texts};
use crate::harness::spawn_gateway;

fn spelled(path: &str) -> String {
    path.replace("{*", "{")
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let contract = Contract::usual();
    let listed: BTreeSet<(String, String)> = contract
        .operations()
        .into_iter()
        .map(|listed| (listed.method.to_owned(), listed.path.to_owned()))
        .collect();
    let routes = table();
    let has = |path: &str| routes.iter().any(|route| route.path == path);
    let mut expected: BTreeSet<(String, String)> = routes
        .iter()
        // The twin of a path that is there without its suffix.
        .filter(|route| !route.path.strip_suffix(".json").is_some_and(has))
        .map(|route| (route.method.to_string(), spelled(route.path)))
        .collect();
    for (method, path) in WITHHELD {
        assert!(expected.remove(&((*method).to_owned(), (*path).to_owned())), "{method} {path}");
    }
    assert_eq!(listed, expected);
}

#[test]
fn every_operation_has_a_name_of_its_own_that_a_generator_can_use() {
    let contract = Contract::usual();
    let tags: Vec<&str> = contract.whole()["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut seen = BTreeSet::new();
    for listed in contract.operations() {
        let id = listed.id();
        assert!(seen.insert(id.to_owned()), "{id} is there twice");
        assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        for words in ["summary", "description"] {
            assert!(listed.says[words].as_str().is_some_and(|words| words.len() > 5), "{id} has no {words}");
        }
        assert!(texts(&listed.says["tags"]).iter().all(|tag| tags.contains(tag)), "{id}");
    }
}

#[test]
fn every_name_in_a_path_is_a_parameter() {
    let contract = Contract::usual();
    for listed in contract.operations() {
        let names: Vec<&str> =
            listed.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        let parameters = listed.says["parameters"].as_array().into_iter().flatten();
        let in_path: Vec<&str> = parameters
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(in_path, names, "{}", listed.path);
    }
}

#[test]
fn who_may_use_a_route_is_how_it_is_proven() {
    let contract = Contract::usual();
    let ways: BTreeMap<(String, String), Vec<&str>> = contract
        .operations()
        .into_iter()
        .map(|listed| {
            let ways = listed.says["security"].as_array().unwrap().iter();
            let ways = ways.flat_map(|way| way.as_object().unwrap().keys().map(String::as_str)).collect();
            ((listed.method.to_owned(), listed.path.to_owned()), ways)
        })
        .collect();
    for route in table() {
        let Some(ways) = ways.get(&(route.method.to_string(), spelled(route.path))) else { continue };
        let (bearer, csrf) = (ways.contains(&"bearer"), ways.contains(&"csrf"));
        let expected: (bool, bool) = match route.access() {
            Access::Public | Access::Visitor | Access::Callback | Access::Signed | Access::Operator => {
                (false, false)
            }
            Access::Listener => (true, false),
            // A token is what it is exchanged for.
            Access::EndUser if (route.method.as_str(), route.path) == ("POST", "/gateway/session") => {
                (true, false)
            }
            Access::EndUser => (true, route.method != Method::GET),
        };
        assert_eq!((bearer, csrf), expected, "{} {}", route.method, route.path);
        assert_eq!(ways.contains(&"eventTicket"), route.access() == Access::Listener);
        assert_eq!(ways.contains(&"imageSignature"), route.access() == Access::Signed);
    }
    assert!(contract.names("securitySchemes").contains(&"serviceKey"));
}

#[test]
fn where_guests_are_let_in_a_read_needs_no_proof() {
    let mut config = Config::default();
    let way = |config: &Config, id: &str| -> bool {
        let contract = Contract::of(config);
        contract.named(id).says["security"].as_array().unwrap().contains(&json!({}))
    };
    assert!(!way(&config, "listPacks"));
    config.guest.enabled = true;
    assert!(way(&config, "listPacks"));
    assert!(!way(&config, "createPrompt"));
}

#[test]
fn bodies_may_be_as_large_as_their_routes_say() {
    let mut config = Config::default();
    config.photos.max_bytes = 3_000_000;
    config.limits.body_bytes = 200_000;
    let contract = Contract::of(&config);
    for route in table() {
        let found = contract
            .operations()
            .into_iter()
            .find(|listed| (listed.method, listed.path) == (route.method.as_str(), &spelled(route.path)));
        let Some(body) = found.and_then(|listed| listed.says.get("requestBody")) else { continue };
        assert_eq!(body["x-max-bytes"], route.body.max_bytes(&config), "{}", route.path);
    }
    assert_eq!(contract.named("inspectImage").says["requestBody"]["x-max-photo-bytes"], 3_000_000);
}

#[test]
fn statuses_that_the_operator_chooses_are_those_of_the_document() {
    let mut config = Config::default();
    config.replies.like_status = 204;
    config.replies.delete_prompt_status = 204;
    let contract = Contract::of(&config);
    for id in ["likePrompt", "deletePrompt"] {
        let success: Vec<&String> = contract.named(id).says["responses"]
            .as_object()
            .unwrap()
            .keys()
            .filter(|status| status.starts_with('2'))
            .collect();
        assert_eq!(success, ["204"], "{id}");
    }
}

#[test]
fn the_document_stands_under_the_public_address() {
    let mut config = Config::default();
    config.server.public_url = "https://images.example.com/".into();
    config.server.base_path = "/api".into();
    let contract = Contract::of(&config);
    assert_eq!(contract.whole()["servers"][0]["url"], "https://images.example.com/api");
    // Health stands at the root.
    assert_eq!(contract.whole()["paths"]["/healthz"]["servers"][0]["url"], "https://images.example.com");
    assert_eq!(contract.whole()["paths"]["/packs"].get("servers"), None);
}

#[tokio::test]
async fn what_the_document_leaves_out_is_not_there_for_anybody() {
    let gw = spawn_gateway().start().await;
    let user = gw.pro_user("first");
    for (method, path) in WITHHELD {
        let path = path.replace("{tune_id}", "1504944").replace("{id}", "1");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = user.method_with(method, &path, "application/json", "{}").await;
        reply.problem(404, "not_found");
    }
}

#[test]
fn what_the_operator_adds_to_a_form_is_in_the_document() {
    let mut config = Config::default();
    let before = Contract::of(&config);
    let prompt = |contract: &Contract| -> Vec<Value> {
        ["PromptCreateParams", "PromptDuplicateParams", "PromptParams"]
            .map(|name| contract.schema(name)["properties"]["new_thing"].clone())
            .into()
    };
    assert!(prompt(&before).iter().all(Value::is_null));
    let extra = vec!["prompt[new_thing]".to_owned(), "prompt[user_id]".to_owned()];
    config.policy.extra_params.insert(astria_gateway::operation::Operation::CreatePrompt, extra);
    let after = Contract::of(&config);
    let added = prompt(&after);
    assert!(!added[0].is_null() && !added[1].is_null());
    // What may never be added is not.
    assert_eq!(after.schema("PromptCreateParams")["properties"].get("user_id"), None);
}
