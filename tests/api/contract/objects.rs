//! What replies show, and every example.

use std::collections::BTreeSet;

use astria_gateway::headers;
use astria_gateway::objects::{
    inspection_members, pack_members, prompt_members, shared_tune_members, tune_members,
};
use serde_json::Value;

use super::Contract;

fn documented<'a>(contract: &'a Contract, name: &str) -> BTreeSet<&'a str> {
    contract.schema(name)["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_member_that_an_object_shows_is_in_its_schema_and_no_other() {
    let contract = Contract::usual();
    let of = |members: &mut dyn Iterator<Item = &'static str>| members.collect::<BTreeSet<&str>>();
    assert_eq!(documented(&contract, "Prompt"), of(&mut prompt_members()));
    assert_eq!(documented(&contract, "Tune"), of(&mut tune_members()));
    assert_eq!(documented(&contract, "SharedTune"), of(&mut shared_tune_members()));
    assert_eq!(documented(&contract, "Pack"), of(&mut pack_members()));
    assert_eq!(documented(&contract, "Inspection"), of(&mut inspection_members()));
}

#[test]
fn every_example_fits_its_schema() {
    let contract = Contract::usual();
    let mut looked = 0;
    for listed in contract.operations() {
        let responses = listed.says["responses"].as_object().unwrap().values();
        let replies = responses.map(|response| contract.resolve(response));
        let bodies = listed.says.get("requestBody").into_iter().chain(replies);
        for (kind, media) in bodies.filter_map(|body| body["content"].as_object()).flatten() {
            let examples = media["examples"].as_object().into_iter().flat_map(serde_json::Map::values);
            let examples = examples.map(|example| &contract.resolve(example)["value"]);
            for example in media.get("example").into_iter().chain(examples) {
                let wrong = contract.wrong(&media["schema"], example);
                assert!(wrong.is_empty(), "{} {kind}: {wrong:?}", listed.id());
                looked += 1;
            }
        }
        for parameter in listed.says["parameters"].as_array().into_iter().flatten() {
            let parameter = contract.resolve(parameter);
            let wrong = parameter.get("example").map(|example| contract.wrong(&parameter["schema"], example));
            assert!(wrong.is_none_or(|wrong| wrong.is_empty()), "{}: {parameter}", listed.id());
        }
    }
    assert!(looked > 100, "{looked}");
}

#[test]
fn every_successful_answer_and_every_body_has_an_example() {
    let contract = Contract::usual();
    for listed in contract.operations() {
        if let Some(body) = listed.says.get("requestBody") {
            let content = body["content"].as_object().unwrap().values();
            assert!(content.clone().any(|media| media.get("example").is_some()), "{}", listed.id());
        }
        for (status, response) in listed.says["responses"].as_object().unwrap() {
            let content = contract.resolve(response)["content"].as_object();
            for (kind, media) in content.into_iter().flatten() {
                let has = media.get("example").or_else(|| media.get("examples")).is_some();
                assert!(has || kind.contains("/*"), "{} {status} {kind}", listed.id());
            }
        }
    }
}

#[test]
fn every_schema_and_parameter_is_used_and_has_words() {
    let contract = Contract::usual();
    let text = contract.whole().to_string();
    for kind in ["schemas", "responses", "headers", "parameters", "examples"] {
        for name in contract.names(kind) {
            let reference = format!("\"#/components/{kind}/{name}\"");
            assert!(text.contains(&reference), "{kind}/{name} is used by nobody");
        }
    }
    for name in ["PromptCreateParams", "TuneCreateForm", "PackRunCreateForm", "InspectionCreateFields"] {
        for (param, schema) in contract.schema(name)["properties"].as_object().unwrap() {
            let words = schema["description"].as_str().unwrap_or_default();
            assert!(words.len() > 3 && words != "Added by the operator.", "{name}: {param}");
        }
    }
}

#[test]
fn every_header_of_ours_is_described() {
    let contract = Contract::usual();
    let whole = contract.whole();
    let requests =
        contract.names("parameters").into_iter().map(|name| &whole["components"]["parameters"][name]);
    let requests = requests.filter_map(|parameter| parameter["name"].as_str());
    let described: BTreeSet<String> =
        contract.names("headers").into_iter().chain(requests).map(str::to_ascii_lowercase).collect();
    for name in [
        headers::X_REQUEST_ID,
        headers::CACHE_STATUS,
        headers::GATEWAY_DROPPED_PARAMS,
        headers::GATEWAY_CLAMPED_PARAMS,
        headers::GATEWAY_CONFIRM,
        headers::IDEMPOTENCY_KEY,
        headers::IDEMPOTENT_REPLAYED,
        headers::GATEWAY_QUOTA_LEFT,
        headers::LAST_EVENT_ID,
        headers::X_ACCEL_BUFFERING,
        headers::RATELIMIT,
        headers::RATELIMIT_POLICY,
        headers::X_RATELIMIT_LIMIT,
        headers::X_RATELIMIT_REMAINING,
        headers::X_RATELIMIT_RESET,
    ] {
        assert!(described.contains(name.as_str()), "{name}");
    }
    let schemes: &Value = &whole["components"]["securitySchemes"];
    assert_eq!(schemes["endUser"]["name"], "Gateway-End-User");
    assert_eq!(schemes["csrf"]["name"], "X-CSRF-Token");
    let key = &whole["components"]["parameters"]["Idempotency-Key"]["schema"];
    assert_eq!(key["maxLength"], astria_gateway::idempotency::MAX_KEY_CHARS);
}
