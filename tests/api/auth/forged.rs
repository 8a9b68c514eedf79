//! Tokens that somebody made up: each is 401, and the upstream and the named key servers hear nothing.

use astria_gateway::config::Issuer;
use serde_json::{Value, json};

use super::{accepts, other_claims, refuses, with_jwks, with_public_key};
use crate::harness::{KeyServer, Signer, TestGateway, spawn_gateway, tokens};

/// The harness's own claims with one of them replaced, or removed by `null`.
fn claims_with(gw: &TestGateway, name: &str, value: Value) -> Value {
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    match value {
        Value::Null => {
            claims.as_object_mut().unwrap().remove(name);
        }
        value => claims[name] = value,
    }
    claims
}

fn own(gw: &TestGateway, claims: &Value) -> String {
    tokens::hs256(gw.signing.as_bytes(), claims)
}

#[tokio::test]
async fn jwt_02_no_spelling_of_alg_none_gets_in() {
    let gw = spawn_gateway().start().await;
    let claims = tokens::claims(gw.clock.now(), "first", "free");
    for name in [json!("none"), json!("None"), json!("nOnE"), json!("NONE"), json!(""), json!(null)] {
        let header = json!({ "alg": name, "typ": "at+jwt" });
        let signed = tokens::hs256_with_header(gw.signing.as_bytes(), &header, &claims);
        let (input, _) = signed.rsplit_once('.').unwrap();

        refuses(&gw, &signed).await;
        refuses(&gw, &format!("{input}.")).await;
        refuses(&gw, input).await;
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn jwt_03_a_public_key_is_no_hmac_secret() {
    let key = Signer::rs256();
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let gateways = [with_public_key(&key), with_jwks(server.url())];
    for (issuer, keys) in gateways {
        let gw = spawn_gateway().issuer(issuer, keys).start().await;
        let claims = other_claims(&gw);
        accepts(&gw, &key.token("k", &claims)).await;
        let pem = key.pem();
        let secrets = [pem.clone(), pem.trim_end().to_owned(), key.jwk("k").to_string()];
        for (secret, header) in secrets.iter().flat_map(|secret| {
            [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "kid": "k" })].map(|header| (secret, header))
        }) {
            refuses(&gw, &tokens::hs256_with_header(secret.as_bytes(), &header, &claims)).await;
        }
    }
}

#[tokio::test]
async fn jwt_05_addresses_and_keys_inside_a_token_are_neither_used_nor_asked() {
    let (key, attacker) = (Signer::es256(), Signer::es256());
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let server = KeyServer::start(&[key.jwk("k")]).await;
    for (issuer, keys) in [with_public_key(&key), with_jwks(server.url())] {
        let gw = spawn_gateway().issuer(issuer, keys).start().await;
        for named in [
            json!({ "jku": url }),
            json!({ "x5u": url }),
            json!({ "jku": url, "x5u": url, "kid": "k" }),
            json!({ "jwk": attacker.jwk("k"), "kid": "k" }),
            json!({ "kid": url }),
        ] {
            let mut header = json!({ "alg": "ES256", "typ": "at+jwt" });
            header.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
            refuses(&gw, &attacker.token_with_header(&header, &other_claims(&gw))).await;
        }
    }

    let asked = listener.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(asked, Err(std::io::ErrorKind::WouldBlock));
}

#[tokio::test]
async fn jwt_08_a_token_counts_between_its_times_give_or_take_the_leeway() {
    let gw = spawn_gateway().manual_clock().start().await;
    let now_s = gw.clock.now().unix_s();
    for (name, value) in [
        ("exp", json!(null)),
        ("exp", json!("tomorrow")),
        ("exp", json!(now_s - 30)),
        ("nbf", json!(now_s + 31)),
        ("iat", json!(now_s + 31)),
    ] {
        refuses(&gw, &own(&gw, &claims_with(&gw, name, value))).await;
    }
    for (name, value) in [
        ("exp", json!(now_s - 29)),
        ("nbf", json!(now_s + 30)),
        ("iat", json!(now_s + 30)),
        ("iat", json!(null)),
    ] {
        accepts(&gw, &own(&gw, &claims_with(&gw, name, value))).await;
    }
}

#[tokio::test]
async fn jwt_08_a_verified_token_is_not_remembered_past_its_expiry() {
    let gw = spawn_gateway().manual_clock().start().await;
    let now_s = gw.clock.now().unix_s();
    let token = own(&gw, &claims_with(&gw, "exp", json!(now_s + 5)));
    accepts(&gw, &token).await;

    gw.clock.advance(std::time::Duration::from_secs(34));
    accepts(&gw, &token).await;
    gw.clock.advance(std::time::Duration::from_secs(1));
    refuses(&gw, &token).await;
}

#[tokio::test]
async fn jwt_10_the_audience_must_be_ours_and_alone() {
    let gw = spawn_gateway().start().await;
    for audience in [
        json!(null),
        json!(""),
        json!("other"),
        json!("GATEWAY"),
        json!("gateway2"),
        json!([]),
        json!(["other"]),
        json!(["gateway", "other"]),
        json!({ "aud": "gateway" }),
    ] {
        refuses(&gw, &own(&gw, &claims_with(&gw, "aud", audience))).await;
    }
    accepts(&gw, &own(&gw, &claims_with(&gw, "aud", json!(["gateway"])))).await;
}

#[tokio::test]
async fn jwt_10_other_audiences_beside_ours_count_only_where_config_says_so() {
    let key = Signer::es256();
    let (issuer, keys) = with_public_key(&key);
    let issuer = Issuer { allow_other_audiences: true, ..issuer };
    let gw = spawn_gateway().issuer(issuer, keys).start().await;
    let token = |audience: Value| {
        let mut claims = other_claims(&gw);
        claims["aud"] = audience;
        key.token("k", &claims)
    };

    accepts(&gw, &token(json!(["gateway", "other"]))).await;
    refuses(&gw, &token(json!(["other"]))).await;
}

#[tokio::test]
async fn jwt_17_a_token_of_8_kib_is_read_and_a_longer_one_is_not() {
    let gw = spawn_gateway().start().await;
    let padded = |size: usize| own(&gw, &claims_with(&gw, "pad", json!("p".repeat(size))));
    let longest = (5_500..).map(padded).take_while(|token| token.len() <= 8 * 1024).last().unwrap();
    let too_long = (5_500..).map(padded).find(|token| token.len() > 8 * 1024).unwrap();
    assert!(too_long.len() - longest.len() <= 2);

    accepts(&gw, &longest).await;
    refuses(&gw, &too_long).await;
    refuses(&gw, &padded(20 * 1024)).await;
}
