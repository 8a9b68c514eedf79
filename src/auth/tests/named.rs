//! Claims by name and by path, and settings about them that must not start.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{ClaimValue, IssuerFault, IssuerSettings, Refusal, claim_faults};
use super::{AUDIENCE, Fixture, claims_with, hs256_source, hs256_token, issuer_with};
use crate::principal::Principal;

fn with(change: impl FnOnce(&mut IssuerSettings)) -> Fixture {
    let mut issuer = issuer_with(hs256_source());
    change(&mut issuer);
    Fixture::with_issuer(issuer)
}

fn rules(claim: &str, value: ClaimValue) -> BTreeMap<String, ClaimValue> {
    BTreeMap::from([(claim.to_owned(), value)])
}

fn text(value: &str) -> ClaimValue {
    ClaimValue::Text(value.to_owned())
}

async fn refuses(gateway: &Fixture, changes: Value, reason: Refusal) {
    gateway.refuses(&hs256_token(claims_with(changes)), reason).await;
}

async fn accepts(gateway: &Fixture, changes: Value) {
    gateway.accepts(&hs256_token(claims_with(changes))).await;
}

#[tokio::test]
async fn jwt_10_other_audiences_may_stand_beside_ours_but_never_without() {
    let gateway = with(|issuer| issuer.other_audiences = vec!["account".to_owned()]);
    accepts(&gateway, json!({ "aud": [AUDIENCE, "account"] })).await;
    accepts(&gateway, json!({ "aud": AUDIENCE })).await;
    for audience in [json!("account"), json!(["account"]), json!([AUDIENCE, "account", "third"]), json!([])] {
        refuses(&gateway, json!({ "aud": audience }), Refusal::Audience).await;
    }
}

#[tokio::test]
async fn jwt_10_another_claim_can_be_the_audience_and_is_then_required() {
    let gateway = with(|issuer| {
        issuer.audience_claim = "client_id".to_owned();
        issuer.required_claims = rules("token_use", text("access"));
    });
    let access = json!({ "aud": null, "client_id": AUDIENCE, "token_use": "access" });
    accepts(&gateway, access).await;
    for odd in [json!(null), json!(""), json!("other"), json!(7), json!([]), json!({ "a": AUDIENCE })] {
        let token = json!({ "aud": null, "client_id": odd, "token_use": "access" });
        refuses(&gateway, token, Refusal::Audience).await;
    }
    for aud in [json!("other"), json!(["other"]), json!([]), json!(1)] {
        let token = json!({ "aud": aud, "client_id": AUDIENCE, "token_use": "access" });
        refuses(&gateway, token, Refusal::Audience).await;
    }
    refuses(&gateway, json!({ "aud": AUDIENCE, "token_use": "access" }), Refusal::Audience).await;
}

#[tokio::test]
async fn a_required_claim_that_is_absent_or_otherwise_refuses_the_token() {
    let gateway = with(|issuer| issuer.required_claims = rules("kind", text("user")));
    accepts(&gateway, json!({ "kind": "user" })).await;
    accepts(&gateway, json!({ "kind": ["other", "user"] })).await;
    for odd in
        [json!(null), json!(""), json!("users"), json!("USER"), json!(true), json!(["other"]), json!({})]
    {
        refuses(&gateway, json!({ "kind": odd }), Refusal::Claim).await;
    }
    let any = with(|issuer| issuer.required_claims = rules("/a/b", text("*")));
    for there in [json!("x"), json!(false), json!(0), json!({}), json!([])] {
        accepts(&any, json!({ "a": { "b": there } })).await;
    }
    for absent in [json!(null), json!({}), json!({ "b": "" }), json!({ "c": 1 })] {
        refuses(&any, json!({ "a": absent }), Refusal::Claim).await;
    }
    let flag = with(|issuer| issuer.required_claims = rules("verified", ClaimValue::Flag(true)));
    accepts(&flag, json!({ "verified": true })).await;
    for odd in [json!(null), json!(false), json!("true"), json!(1)] {
        refuses(&flag, json!({ "verified": odd }), Refusal::Claim).await;
    }
    accepts(&with(|issuer| issuer.required_claims = rules("kind", text(""))), json!({})).await;
}

#[tokio::test]
async fn a_refused_claim_may_be_absent_but_nothing_that_could_be_it() {
    let gateway = with(|issuer| issuer.refused_claims = rules("kind", text("machine")));
    for fine in [json!(null), json!(""), json!("user"), json!(["user"]), json!([])] {
        accepts(&gateway, json!({ "kind": fine })).await;
    }
    for odd in
        [json!("machine"), json!(["user", "machine"]), json!(true), json!(1), json!({}), json!([["machine"]])]
    {
        refuses(&gateway, json!({ "kind": odd }), Refusal::Claim).await;
    }
    let any = with(|issuer| issuer.refused_claims = rules("client_id", text("*")));
    accepts(&any, json!({})).await;
    for odd in [json!("x"), json!(""), json!(false)] {
        refuses(&any, json!({ "client_id": odd }), Refusal::Claim).await;
    }
}

#[tokio::test]
async fn plan_and_tenant_can_stand_inside_objects() {
    let gateway = with(|issuer| {
        issuer.plan_claim = "/app/billing/plan".to_owned();
        issuer.tenant_claim = "/app/tenant".to_owned();
    });
    let read = async |changes: Value| {
        let answer = gateway.verify(&hs256_token(claims_with(changes))).await;
        let Principal::EndUser(user) = answer.expect("accepted") else { panic!("an end user") };
        (user.claimed_plan.as_deref().map(str::to_owned), user.tenant.as_deref().map(str::to_owned))
    };
    let both = json!({ "app": { "tenant": "acme", "x": [1, { "plan": "no" }], "billing": { "plan": "pro" } }, "plan": "no" });
    assert_eq!(read(both).await, (Some("pro".to_owned()), Some("acme".to_owned())));
    assert_eq!(read(json!({ "app": { "billing": null } })).await, (None, None));
    assert_eq!(read(json!({ "/app/tenant": "acme", "plan": "gold" })).await, (None, None));
    for odd in
        [json!("pro"), json!(["pro"]), json!({ "billing": "pro" }), json!({ "billing": { "plan": 1 } })]
    {
        refuses(&gateway, json!({ "app": odd }), Refusal::Attribute).await;
    }
    let doubled = r#"{"app":{"tenant":"a","tenant":"b"}}"#;
    let claims =
        claims_with(json!({ "app": "HERE" })).to_string().replace("\"HERE\"", &doubled[7..doubled.len() - 1]);
    let header = super::header_with("HS256", json!({})).to_string();
    let token = super::signed_text(&header, &claims, "HS256", &super::Signer::hs256(super::SECRET));
    gateway.refuses(&token, Refusal::Json).await;
}

#[test]
fn jwt_10_an_issuer_without_an_audience_of_its_own_or_a_kind_of_token_does_not_start() {
    let faults = |change: &dyn Fn(&mut IssuerSettings)| {
        let mut issuer = issuer_with(hs256_source());
        change(&mut issuer);
        claim_faults(&issuer)
    };
    assert_eq!(faults(&|_| {}), []);
    for claim in ["", "iss", "sub", "scope", "AUD"] {
        let found = faults(&|issuer| issuer.audience_claim = claim.to_owned());
        assert_eq!(found, [("audience_claim", IssuerFault::AudienceClaim)], "{claim}");
    }
    let alone = [("audience_claim", IssuerFault::AudienceClaimAlone)];
    assert_eq!(faults(&|issuer| issuer.audience_claim = "azp".to_owned()), alone);
    let emptied = |issuer: &mut IssuerSettings| {
        issuer.audience_claim = "azp".to_owned();
        issuer.required_claims = rules("typ", text(""));
    };
    assert_eq!(faults(&emptied), alone);
    let empty = [("authorized_parties", IssuerFault::NameEmpty)];
    assert_eq!(faults(&|issuer| issuer.authorized_parties = vec![String::new()]), empty);
    let party = [("authorized_party_claim", IssuerFault::AuthorizedPartyClaim)];
    assert_eq!(faults(&|issuer| issuer.authorized_party_claim = "aud".to_owned()), party);
    for path in ["/user_metadata/plan", "/unsafe_metadata/plan", "user_metadata"] {
        let found = faults(&|issuer| issuer.plan_claim = path.to_owned());
        assert_eq!(found, [("plan_claim", IssuerFault::AttributeMutable)], "{path}");
    }
    let tenant = [("tenant_claim", IssuerFault::ClaimName)];
    assert_eq!(faults(&|issuer| issuer.tenant_claim = "/o//id".to_owned()), tenant);
    let wanted = [("refused_claims", IssuerFault::ClaimName)];
    assert_eq!(faults(&|issuer| issuer.refused_claims = rules("/", text("x"))), wanted);
}
