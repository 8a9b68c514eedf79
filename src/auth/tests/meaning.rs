//! JWT-08 to JWT-12: what a token says.

use serde_json::{Value, json};

use super::super::{IssuerSettings, KeySource, Refusal};
use super::signers::Signer;
use super::{
    AUDIENCE, Fixture, ISSUER, NOW_S, SECRET, claims_with, good_claims, header_with, hs256_source,
    hs256_token, issuer_with, signed,
};
use crate::principal::Principal;

fn with(change: impl FnOnce(&mut IssuerSettings)) -> Fixture {
    let mut issuer = issuer_with(hs256_source());
    change(&mut issuer);
    Fixture::with_issuer(issuer)
}

#[tokio::test]
async fn jwt_08_expiry_is_required_and_a_number() {
    let gateway = Fixture::hs256();
    for odd in
        [json!(null), json!("1900000000"), json!(-1), json!([1_900_000_000]), json!(true), json!(1e300)]
    {
        let claims = claims_with(json!({ "exp": odd }));
        gateway.refuses(&hs256_token(claims), Refusal::Expired).await;
    }
    let null = good_claims().to_string().replace(&(NOW_S + 3600).to_string(), "null");
    let header = header_with("HS256", json!({})).to_string();
    gateway
        .refuses(&super::signed_text(&header, &null, "HS256", &Signer::hs256(SECRET)), Refusal::Expired)
        .await;
    gateway.accepts(&hs256_token(claims_with(json!({ "exp": 1_900_000_000.5 })))).await;
}

#[tokio::test]
async fn jwt_08_leeway_is_the_configured_one_to_the_second() {
    for leeway_s in [0, 30, 60] {
        let gateway = with(|issuer| issuer.leeway_s = leeway_s);
        let expired_s = NOW_S - leeway_s;
        gateway.accepts(&hs256_token(claims_with(json!({ "exp": expired_s + 1 })))).await;
        gateway.refuses(&hs256_token(claims_with(json!({ "exp": expired_s }))), Refusal::Expired).await;
        for claim in ["nbf", "iat"] {
            gateway.accepts(&hs256_token(claims_with(json!({ claim: NOW_S + leeway_s })))).await;
            let early = hs256_token(claims_with(json!({ claim: NOW_S + leeway_s + 1 })));
            gateway.refuses(&early, Refusal::NotYetValid).await;
        }
    }
}

#[tokio::test]
async fn jwt_08_other_times_may_be_absent_but_not_malformed() {
    let gateway = Fixture::hs256();
    gateway.accepts(&hs256_token(claims_with(json!({ "iat": null })))).await;
    for claim in ["nbf", "iat"] {
        for odd in [json!("1"), json!(-5), json!({}), json!(false)] {
            gateway.refuses(&hs256_token(claims_with(json!({ claim: odd }))), Refusal::NotYetValid).await;
        }
    }
}

#[tokio::test]
async fn jwt_09_the_issuer_matches_exactly() {
    let gateway = Fixture::hs256();
    let similar = [
        "https://login.example/",
        "https://LOGIN.example",
        "http://login.example",
        "https://login.example ",
        "",
    ];
    for issuer in similar.map(Value::from).into_iter().chain([json!([ISSUER]), json!(null), json!(1)]) {
        gateway.refuses(&hs256_token(claims_with(json!({ "iss": issuer }))), Refusal::Issuer).await;
    }
}

#[tokio::test]
async fn jwt_10_the_audience_is_required_and_exact() {
    let gateway = Fixture::hs256();
    for audience in [
        json!(null),
        json!(""),
        json!("astria-gateway2"),
        json!("ASTRIA-GATEWAY"),
        json!([]),
        json!([1]),
        json!([AUDIENCE, 1]),
        json!([[AUDIENCE]]),
        json!({ "aud": AUDIENCE }),
        json!("astria-gateway other"),
        json!(["other", "third"]),
    ] {
        gateway.refuses(&hs256_token(claims_with(json!({ "aud": audience }))), Refusal::Audience).await;
    }
    gateway.accepts(&hs256_token(claims_with(json!({ "aud": [AUDIENCE] })))).await;
}

#[tokio::test]
async fn jwt_10_other_audiences_beside_ours_only_if_configured() {
    let both = hs256_token(claims_with(json!({ "aud": [AUDIENCE, "other"] })));
    let other = hs256_token(claims_with(json!({ "aud": ["other"] })));
    Fixture::hs256().refuses(&both, Refusal::Audience).await;
    let open = with(|issuer| issuer.allow_other_audiences = true);
    open.accepts(&both).await;
    open.refuses(&other, Refusal::Audience).await;
    let two_of_ours = with(|issuer| issuer.audiences.push("other".to_owned()));
    two_of_ours.accepts(&both).await;
}

#[tokio::test]
async fn jwt_11_the_type_is_one_of_the_configured() {
    let typed = |name: Value| {
        let header = header_with("HS256", json!({ "typ": name }));
        signed(header, good_claims(), &Signer::hs256(SECRET))
    };
    let gateway = Fixture::hs256();
    for accepted in [json!("at+jwt"), json!("JWT"), json!("jwt"), json!("application/at+JWT"), json!(null)] {
        gateway.accepts(&typed(accepted)).await;
    }
    for refused in [
        "logout+jwt",
        "dpop+jwt",
        "secevent+jwt",
        "id_token",
        "",
        "JWE",
        "at+jwt;x",
        "application/",
        "text/at+jwt",
    ] {
        gateway.refuses(&typed(json!(refused)), Refusal::TokenType).await;
    }
    gateway.refuses(&typed(json!(["JWT"])), Refusal::TokenType).await;

    let strict = with(|issuer| issuer.token_types = vec!["application/at+jwt".to_owned()]);
    strict.accepts(&typed(json!("at+jwt"))).await;
    strict.refuses(&typed(json!("JWT")), Refusal::TokenType).await;
}

#[tokio::test]
async fn jwt_11_id_tokens_and_logout_tokens_are_not_access_tokens() {
    let gateway = Fixture::hs256();
    let of_the_app = claims_with(json!({ "aud": "the-app", "nonce": "n", "at_hash": "h" }));
    gateway.refuses(&hs256_token(of_the_app), Refusal::Audience).await;
    let logout = json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
    for other in [json!({ "token_use": "id" }), json!({ "typ": "ID" }), logout] {
        gateway.refuses(&hs256_token(claims_with(other)), Refusal::TokenType).await;
    }
    gateway.accepts(&hs256_token(claims_with(json!({ "token_use": "access", "typ": "Bearer" })))).await;
}

#[tokio::test]
async fn jwt_12_identity_is_issuer_and_subject_whatever_the_email() {
    let gateway = Fixture::hs256();
    let token = |subject: &str, email: &str| {
        hs256_token(claims_with(json!({ "sub": subject, "email": email, "preferred_username": email })))
    };
    let first = gateway.verify(&token("user-1", "a@example.com")).await.expect("accepted");
    let renamed = gateway.verify(&token("user-1", "b@example.com")).await.expect("accepted");
    let other = gateway.verify(&token("user-2", "a@example.com")).await.expect("accepted");
    assert!(first.id() == renamed.id());
    assert!(first.id() != other.id());
    assert_eq!((&*first.id().issuer, &*first.id().subject), (ISSUER, "user-1"));
}

#[tokio::test]
async fn jwt_12_a_subject_is_text_of_bounded_length() {
    let gateway = Fixture::hs256();
    for odd in [
        json!(null),
        json!(""),
        json!(7),
        json!(["user-1"]),
        json!("a\u{0}b"),
        json!("a\nb"),
        json!("\u{9b}"),
    ] {
        gateway.refuses(&hs256_token(claims_with(json!({ "sub": odd }))), Refusal::Subject).await;
    }
    gateway.accepts(&hs256_token(claims_with(json!({ "sub": "x".repeat(255) })))).await;
    gateway.refuses(&hs256_token(claims_with(json!({ "sub": "x".repeat(256) }))), Refusal::Subject).await;
}

#[tokio::test]
async fn plan_and_tenant_come_from_the_configured_claims() {
    let gateway = with(|issuer| {
        issuer.subject_claim = "uid".to_owned();
        issuer.plan_claim = "https://app.example/plan".to_owned();
        issuer.tenant_claim = "org".to_owned();
    });
    let claims = json!({ "sub": "ignored", "uid": "u", "https://app.example/plan": "team", "org": "acme" });
    let Principal::EndUser(user) = gateway.verify(&hs256_token(claims_with(claims))).await.expect("accepted")
    else {
        panic!("an end user")
    };
    assert_eq!(&*user.id.subject, "u");
    assert_eq!(user.claimed_plan.as_deref(), Some("team"));
    assert_eq!(user.tenant.as_deref(), Some("acme"));
    assert_eq!(user.expires_at.unix_s(), NOW_S + 3600);

    let unread = with(|issuer| issuer.plan_claim = String::new());
    let Principal::EndUser(user) = unread.verify(&hs256_token(good_claims())).await.expect("accepted") else {
        panic!("an end user")
    };
    assert_eq!(user.claimed_plan, None);
}

#[tokio::test]
async fn a_malformed_plan_or_tenant_refuses_the_token_instead_of_meaning_the_default() {
    let gateway = Fixture::hs256();
    for claim in ["plan", "tenant"] {
        for odd in [json!(""), json!(1), json!(["pro"]), json!("x".repeat(129)), json!("a\r\nb")] {
            gateway.refuses(&hs256_token(claims_with(json!({ claim: odd }))), Refusal::Attribute).await;
        }
        gateway.accepts(&hs256_token(claims_with(json!({ claim: "x".repeat(128) })))).await;
        gateway.accepts(&hs256_token(claims_with(json!({ claim: null })))).await;
    }
}

#[tokio::test]
async fn the_previous_secret_is_accepted_and_no_other() {
    let gateway = Fixture::with_issuer(issuer_with(KeySource::Hs256 {
        current: crate::secret::Secret::new(vec![1; 32]),
        previous: Some(crate::secret::Secret::new(SECRET.to_vec())),
    }));
    let by = |secret: &[u8]| signed(header_with("HS256", json!({})), good_claims(), &Signer::hs256(secret));
    gateway.accepts(&by(&[1; 32])).await;
    gateway.accepts(&by(SECRET)).await;
    gateway.refuses(&by(&[2; 32]), Refusal::Signature).await;
}
