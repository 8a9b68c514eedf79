//! Settings that must not start.

use serde_json::json;

use super::super::{
    AuthSettings, AuthSetupError, Authenticator, IssuerFault, IssuerSettings, JwksSettings, KeySource,
    Refusal,
};
use super::signers::{Signer, filler, pem, pkcs1_of};
use super::{Fixture, NOW_S, SECRET, good_claims, header_with, hs256_source, issuer_with, signed};
use crate::clock::{Clock, Timestamp};
use crate::secret::Secret;

fn start(settings: AuthSettings) -> Result<Authenticator, AuthSetupError> {
    let clock = Clock::manual(Timestamp::from_unix_s(NOW_S));
    Authenticator::new(settings, clock, tokio_util::task::TaskTracker::new(), None)
}

/// What is wrong with this issuer when it stands second.
fn fault(issuer: IssuerSettings) -> Option<IssuerFault> {
    let mut first = issuer_with(hs256_source());
    first.issuer = "https://first.example".into();
    match start(AuthSettings { issuers: vec![first, issuer], ..AuthSettings::default() }) {
        Err(AuthSetupError::Issuer { index: 1, fault }) => Some(fault),
        // A machine without certificates: the settings were fit.
        Err(AuthSetupError::JwksClient { .. }) | Ok(_) => None,
        Err(other) => panic!("{other}"),
    }
}

fn fault_after(change: impl FnOnce(&mut IssuerSettings)) -> Option<IssuerFault> {
    let mut issuer = issuer_with(hs256_source());
    change(&mut issuer);
    fault(issuer)
}

fn secret_fault(current: &[u8], previous: Option<&[u8]>) -> Option<IssuerFault> {
    let secret = |bytes: &[u8]| Secret::new(bytes.to_vec());
    fault(issuer_with(KeySource::Hs256 { current: secret(current), previous: previous.map(secret) }))
}

fn pem_fault(file: &str) -> Option<IssuerFault> {
    fault(issuer_with(KeySource::PublicKeys { pem: file.as_bytes().to_vec() }))
}

fn url_fault(url: &str) -> Option<IssuerFault> {
    fault(issuer_with(KeySource::Jwks { url: url.parse().expect("a url") }))
}

#[test]
fn an_issuer_needs_a_name_of_its_own_audiences_types_and_a_lasting_subject() {
    assert_eq!(fault_after(|_| {}), None);
    assert_eq!(fault_after(|issuer| issuer.issuer = "".into()), Some(IssuerFault::IssuerEmpty));
    assert_eq!(
        fault_after(|issuer| issuer.issuer = "https://first.example".into()),
        Some(IssuerFault::IssuerDuplicate)
    );
    assert_eq!(fault_after(|issuer| issuer.audiences.clear()), Some(IssuerFault::AudienceEmpty));
    assert_eq!(fault_after(|issuer| issuer.audiences.push(String::new())), Some(IssuerFault::AudienceEmpty));
    assert_eq!(fault_after(|issuer| issuer.token_types.clear()), Some(IssuerFault::TokenTypeEmpty));
    assert_eq!(fault_after(|issuer| issuer.leeway_s = 61), Some(IssuerFault::LeewayTooLong));
    assert_eq!(fault_after(|issuer| issuer.subject_claim.clear()), Some(IssuerFault::SubjectClaimEmpty));
}

#[test]
fn jwt_12_a_subject_claim_that_people_can_change_does_not_start() {
    for claim in ["email", "Email", "preferred_username", "upn", "name"] {
        let fault = fault_after(|issuer| issuer.subject_claim = claim.to_owned());
        assert_eq!(fault, Some(IssuerFault::SubjectClaimMutable), "{claim}");
    }
}

#[test]
fn jwt_04_a_short_secret_does_not_start() {
    assert_eq!(secret_fault(SECRET, Some(SECRET)), None);
    for short in [&b""[..], &SECRET[..31]] {
        assert_eq!(secret_fault(short, None), Some(IssuerFault::SecretTooShort));
        assert_eq!(secret_fault(SECRET, Some(short)), Some(IssuerFault::SecretTooShort));
    }
}

#[test]
fn jwt_03_a_pem_file_as_secret_does_not_start() {
    let file = Signer::p256().pem();
    assert_eq!(secret_fault(file.as_bytes(), None), Some(IssuerFault::SecretIsPem));
    assert_eq!(secret_fault(format!("\n {file}").as_bytes(), None), Some(IssuerFault::SecretIsPem));
}

#[test]
fn jwt_13_a_small_rsa_key_does_not_start() {
    let file = |bytes: usize| {
        let mut modulus = filler(bytes);
        modulus[0] |= 0x80;
        modulus[bytes - 1] |= 1;
        pem("RSA PUBLIC KEY", &pkcs1_of(&modulus, &[1, 0, 1]))
    };
    assert_eq!(pem_fault(&file(256)), None);
    assert_eq!(pem_fault(&file(255)), Some(IssuerFault::RsaTooSmall));
    assert_eq!(pem_fault(&file(128)), Some(IssuerFault::RsaTooSmall));
}

#[test]
fn a_file_that_is_not_public_keys_does_not_start() {
    let good = Signer::p256().pem();
    for odd in [
        String::new(),
        "ssh-ed25519 AAAA".to_owned(),
        good.replace("END PUBLIC", "END OTHER"),
        good.replace("PUBLIC KEY", "CERTIFICATE"),
        pem("PUBLIC KEY", b"junk"),
        format!("{good}{}", pem("PUBLIC KEY", b"junk")),
        good.lines().filter(|line| !line.starts_with("-----END")).collect::<Vec<_>>().join("\n"),
    ] {
        assert_eq!(pem_fault(&odd), Some(IssuerFault::PemUnreadable), "{odd}");
    }
    let Signer::P256(pair) = Signer::p256() else { panic!("P-256") };
    let private = pem("PRIVATE KEY", pair.to_pkcs8v1().expect("a document").as_ref());
    assert_eq!(pem_fault(&private), Some(IssuerFault::PemPrivateKey));
    assert_eq!(pem_fault(&format!("{good}{private}")), Some(IssuerFault::PemPrivateKey));
    assert_eq!(pem_fault(&good.repeat(8)), None);
    assert_eq!(pem_fault(&good.repeat(9)), Some(IssuerFault::PemTooManyKeys));
}

#[test]
fn a_point_that_is_not_on_its_curve_does_not_start() {
    let key = Signer::p256();
    let mut der = key.spki();
    let last = der.len() - 1;
    der[last] ^= 1;
    assert_eq!(pem_fault(&pem("PUBLIC KEY", &der)), Some(IssuerFault::KeyUnusable));
}

#[tokio::test]
async fn a_file_may_hold_the_keys_of_a_rotation_in_any_form() {
    let (first, second) = (Signer::p256(), Signer::ed25519());
    let rsa = pem("RSA PUBLIC KEY", &Signer::rsa().pkcs1());
    let file = format!("# rotated\n{}\n{}{rsa}", first.pem(), second.pem().replace('\n', "\r\n"));
    let gateway = Fixture::with_issuer(issuer_with(KeySource::PublicKeys { pem: file.into_bytes() }));
    for key in [&first, &second, Signer::rsa()] {
        gateway
            .accepts(&signed(header_with(key.algorithm(), json!({ "kid": "any" })), good_claims(), key))
            .await;
    }
    let stranger = Signer::p256();
    let token = signed(header_with("ES256", json!({})), good_claims(), &stranger);
    gateway.refuses(&token, Refusal::Signature).await;
}

#[test]
fn jwks_04_a_key_set_comes_over_https_or_from_this_machine() {
    for good in [
        "https://login.example/keys",
        "http://127.0.0.1:1/keys",
        "http://[::1]/keys",
        "http://localhost/keys",
    ] {
        assert_eq!(url_fault(good), None, "{good}");
    }
    for bad in [
        "http://login.example/keys",
        "http://10.0.0.1/keys",
        "http://localhost.example/keys",
        "http://127.0.0.1.example/keys",
        "ftp://localhost/keys",
        "file:///etc/passwd",
    ] {
        assert_eq!(url_fault(bad), Some(IssuerFault::UrlNotHttps), "{bad}");
    }
    assert_eq!(url_fault("https://a:b@login.example/keys"), Some(IssuerFault::UrlHasCredentials));
}

#[test]
fn limits_that_mean_nothing_do_not_start() {
    let long = AuthSettings { token_cache_s: 61, ..AuthSettings::default() };
    assert!(matches!(start(long), Err(AuthSetupError::TokenCacheTooLong)));
    let key_of = |jwks: JwksSettings| match start(AuthSettings { jwks, ..AuthSettings::default() }) {
        Err(AuthSetupError::JwksLimit { key }) => key,
        _ => "",
    };
    let usual = JwksSettings::default;
    assert_eq!(key_of(usual()), "");
    assert_eq!(key_of(JwksSettings { cooldown_s: 0, ..usual() }), "cooldown_s");
    assert_eq!(key_of(JwksSettings { max_stale_s: 299, ..usual() }), "max_stale_s");
    assert_eq!(key_of(JwksSettings { max_bytes: 0, ..usual() }), "max_bytes");
}

#[test]
fn a_fault_is_told_with_the_issuers_place_and_without_its_secret() {
    let mut issuer = issuer_with(hs256_source());
    issuer.keys = KeySource::Hs256 { current: Secret::new(b"canary-secret".to_vec()), previous: None };
    let error =
        start(AuthSettings { issuers: vec![issuer], ..AuthSettings::default() }).err().expect("refused");
    assert_eq!(error.to_string(), "issuer 0: the secret is shorter than 32 bytes");
    assert!(!format!("{error:?}").contains("canary"));
}
