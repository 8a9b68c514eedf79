//! JWT-02, JWT-07, JWT-14, JWT-16, JWT-17: how a token is written.

use serde_json::json;

use super::super::{AuthError, MAX_TOKEN_BYTES, Refusal};
use super::signers::Signer;
use super::{Fixture, claims_with, encode, good_claims, header_with, hs256_token, signed, signed_text};

#[tokio::test]
async fn jwt_02_no_spelling_of_the_algorithm_none_is_accepted() {
    let gateway = Fixture::hs256();
    for name in ["none", "None", "nOnE", "NONE", "", "none ", "HS256\0", "hs256", "HS384", "HS512", "A128KW"]
    {
        let header = header_with(name, json!({}));
        gateway
            .refuses(
                &signed(header.clone(), good_claims(), &Signer::hs256(super::SECRET)),
                Refusal::Algorithm,
            )
            .await;
        let unsigned = format!("{}.{}.", encode(header.to_string()), encode(good_claims().to_string()));
        gateway.refuses(&unsigned, Refusal::Form).await;
    }
    for odd in [json!(null), json!(["HS256"]), json!(256), json!({"HS256": true})] {
        let header = json!({ "alg": odd }).to_string();
        let token = signed_text(&header, &good_claims().to_string(), "HS256", &Signer::hs256(super::SECRET));
        gateway.refuses(&token, Refusal::Algorithm).await;
    }
}

#[tokio::test]
async fn jwt_07_extensions_that_must_be_understood_are_refused() {
    let gateway = Fixture::hs256();
    for extension in [
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "b64": false }),
        json!({ "b64": true }),
        json!({ "crit": "x" }),
    ] {
        let token = signed(header_with("HS256", extension), good_claims(), &Signer::hs256(super::SECRET));
        gateway.refuses(&token, Refusal::Extension).await;
    }
}

#[tokio::test]
async fn jwt_14_a_token_has_exactly_one_spelling() {
    let gateway = Fixture::hs256();
    let token = hs256_token(good_claims());
    gateway.accepts(&token).await;
    let (input, signature) = token.rsplit_once('.').expect("three segments");
    let (header, payload) = input.split_once('.').expect("three segments");

    let spellings = [
        format!("{token}="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}==.{signature}"),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{header}.\r\n{payload}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}.{signature}.{header}.{payload}"),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        header.to_owned(),
        String::new(),
        "..".to_owned(),
        ".".to_owned(),
        token.replace('.', "%2e"),
        json!({ "protected": header, "payload": payload, "signature": signature }).to_string(),
        json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] })
            .to_string(),
    ];
    for spelling in spellings {
        let answer = gateway.verify(&spelling).await.err();
        assert!(
            matches!(answer, Some(AuthError::Invalid { reason: Refusal::Form | Refusal::Json })),
            "{spelling:?}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn jwt_14_unused_bits_and_the_other_base64_alphabet_are_refused() {
    let gateway = Fixture::hs256();
    // 32 bytes of signature leave four unused bits in the last character.
    let token = hs256_token(good_claims());
    let last = token.chars().last().expect("a signature");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).expect("base64url");
    for bits in 1..4 {
        let other = alphabet.as_bytes()[at + bits] as char;
        gateway.refuses(&format!("{}{other}", &token[..token.len() - 1]), Refusal::Form).await;
    }
    let standard = (0..)
        .map(|n| hs256_token(claims_with(json!({ "n": n }))))
        .find(|token| token.contains('-') || token.contains('_'))
        .expect("a token with a character that differs")
        .replace('-', "+")
        .replace('_', "/");
    gateway.refuses(&standard, Refusal::Form).await;
}

#[tokio::test]
async fn jwt_14_no_single_changed_character_survives() {
    let gateway = Fixture::hs256();
    let token = hs256_token(good_claims());
    for at in 0..token.len() {
        for other in ["A", "z", "-", ".", "=", "\0"] {
            if &token[at..=at] != other {
                let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
                assert!(gateway.verify(&changed).await.is_err(), "{at} {other:?}");
            }
        }
    }
}

#[tokio::test]
async fn jwt_14_an_encrypted_token_is_refused() {
    let gateway = Fixture::hs256();
    let header = encode(json!({ "alg": "dir", "enc": "A256GCM" }).to_string());
    gateway.refuses(&format!("{header}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"), Refusal::Form).await;
}

#[tokio::test]
async fn jwt_16_a_doubled_member_refuses_the_token_wherever_it_stands() {
    let gateway = Fixture::hs256();
    let secret = Signer::hs256(super::SECRET);
    let header = header_with("HS256", json!({})).to_string();
    let claims = good_claims().to_string();
    let doubled_claims = [
        claims.replacen('{', r#"{"sub":"admin","#, 1),
        claims.replacen('{', r#"{"s\u0075b":"admin","#, 1),
        claims.replacen('{', r#"{"exp":1,"#, 1),
        claims.replacen('{', r#"{"roles":{"a":1,"a":2},"#, 1),
    ];
    for payload in doubled_claims {
        gateway.refuses(&signed_text(&header, &payload, "HS256", &secret), Refusal::Json).await;
    }
    let doubled_header = header.replacen('{', r#"{"alg":"none","#, 1);
    gateway.refuses(&signed_text(&doubled_header, &claims, "HS256", &secret), Refusal::Json).await;
    gateway.accepts(&signed_text(&header, &claims, "HS256", &secret)).await;
}

#[tokio::test]
async fn jwt_17_a_token_over_8_kib_is_refused_unread() {
    let gateway = Fixture::hs256();
    let padded = |size: usize| hs256_token(claims_with(json!({ "pad": "x".repeat(size) })));
    let overhead = padded(0).len();
    let longest = (0..).map(|n| padded((MAX_TOKEN_BYTES - overhead) * 3 / 4 - 8 + n));
    let sizes: Vec<String> = longest.take_while(|token| token.len() <= MAX_TOKEN_BYTES).collect();
    gateway.accepts(sizes.last().expect("a token that just fits")).await;
    let too_long = padded(MAX_TOKEN_BYTES);
    assert_eq!(gateway.verify(&too_long).await.err(), Some(AuthError::TooLong));
    let garbage = "\0".repeat(MAX_TOKEN_BYTES + 1);
    assert_eq!(gateway.verify(&garbage).await.err(), Some(AuthError::TooLong));
}

#[tokio::test]
async fn jwt_18_every_refusal_reads_the_same() {
    let gateway = Fixture::hs256();
    let bad_signature = signed(header_with("HS256", json!({})), good_claims(), &Signer::hs256(&[9; 32]));
    let expired = hs256_token(claims_with(json!({ "exp": 1 })));
    let words = [bad_signature, expired, "x".to_owned()]
        .map(async |token| gateway.verify(&token).await.err().map(|error| error.to_string()));
    for word in words {
        assert_eq!(word.await.as_deref(), Some("the token is not valid"));
    }
}
