//! The errors of the document are those of the gateway.

use std::collections::{BTreeMap, BTreeSet};

use astria_gateway::problem::Code;

use super::{Contract, texts};

#[test]
fn every_code_is_in_the_document_under_its_status_and_no_other_is() {
    let contract = Contract::usual();
    let listed: BTreeSet<&str> = texts(&contract.schema("ProblemCode")["enum"]).into_iter().collect();
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(listed, known);
    let mut statuses: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    for listed in contract.operations() {
        for (status, response) in listed.says["responses"].as_object().unwrap() {
            for code in texts(&contract.resolve(response)["x-problem-codes"]) {
                statuses.entry(code).or_default().insert(status.parse().unwrap());
            }
        }
    }
    for code in Code::ALL {
        let mut expected = BTreeSet::from([code.status().as_u16()]);
        match code {
            // It is answered where the document has no operation.
            Code::MethodNotAllowed => expected.clear(),
            // In total it never resets.
            Code::QuotaExhausted => drop(expected.insert(402)),
            _ => {}
        }
        assert_eq!(statuses.get(code.name()).cloned().unwrap_or_default(), expected, "{}", code.name());
    }
}

#[test]
fn every_operation_that_costs_money_can_say_that_the_quota_is_used_up_and_that_nobody_knows() {
    let contract = Contract::usual();
    for listed in contract.operations() {
        let takes_key = listed.says["parameters"].to_string().contains("parameters/Idempotency-Key");
        let of = |status: u16| {
            contract.response(listed, status).map_or(Vec::new(), |r| texts(&r["x-problem-codes"]))
        };
        assert_eq!(of(429).contains(&"quota_exhausted"), takes_key, "{}", listed.id());
        assert_eq!(of(504).contains(&"outcome_unknown"), takes_key, "{}", listed.id());
        assert_eq!(of(409).contains(&"idempotency_key_in_use"), takes_key, "{}", listed.id());
    }
}
