//! Keys with which servers act for end users.

use super::super::{
    AuthSettings, EndUserName, Refusal, ServiceKey, ServiceKeyFault, ServiceKeySettings, ServiceKeys,
    hash_service_key, is_service_key, new_service_key,
};
use super::Fixture;
use crate::principal::Principal;

fn key(name: &str, sha256: &[&str]) -> ServiceKeySettings {
    ServiceKeySettings {
        name: name.to_owned(),
        sha256: sha256.iter().map(|&hash| hash.to_owned()).collect(),
        issuer: "https://login.example".to_owned(),
        plan: Some("pro".to_owned()),
        tenant: None,
    }
}

#[test]
fn a_new_key_is_found_by_its_hash_and_nothing_else_is() {
    let (text, hash) = new_service_key().unwrap();
    let (other, other_hash) = new_service_key().unwrap();
    assert!(text != other && hash != other_hash);
    assert_eq!(hash_service_key(&text).as_ref(), Some(&hash));
    let keys = ServiceKeys::new(&[key("backend", &[&hash.to_uppercase()])]).unwrap();

    assert_eq!(keys.find(&text).map(ServiceKey::name), Some("backend"));
    for wrong in [&other, &hash, &text[..text.len() - 1], &format!("{text}A"), &text[4..], "agk_", ""] {
        assert!(keys.find(wrong).is_none(), "{wrong}");
    }
    assert!(ServiceKeys::default().find(&text).is_none());
}

#[test]
fn both_keys_of_a_rotation_are_the_same_service() {
    let ((old, old_hash), (new, new_hash)) = (new_service_key().unwrap(), new_service_key().unwrap());
    let keys = ServiceKeys::new(&[key("backend", &[&old_hash, &new_hash])]).unwrap();
    for text in [old, new] {
        assert_eq!(keys.find(&text).map(ServiceKey::name), Some("backend"));
    }
}

#[test]
fn a_service_is_its_end_user_with_the_issuer_and_plan_of_config() {
    let (text, hash) = new_service_key().unwrap();
    let keys = ServiceKeys::new(&[key("backend", &[&hash])]).unwrap();
    let principal = keys.find(&text).unwrap().act_for(&EndUserName::parse(b"user-7").unwrap());
    assert_eq!((&*principal.id().issuer, &*principal.id().subject), ("https://login.example", "user-7"));
    assert_eq!((principal.claimed_plan(), principal.tenant()), (Some("pro"), None));
    assert!(matches!(principal, Principal::Service(service) if &*service.key_name == "backend"));
}

#[test]
fn an_end_users_name_is_visible_ascii_of_bounded_length() {
    for good in ["a", "user-7", "auth0|5f7c8ec7c33c6c004bbafe82", "a@example.com", &"x".repeat(255)] {
        assert!(EndUserName::parse(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [&b""[..], b"a b", b" a", b"a\tb", b"a\x7f", "ä".as_bytes(), b"\xff", &[b'x'; 256]] {
        assert!(EndUserName::parse(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn unfit_keys_do_not_start() {
    let (hash, other) = ("0".repeat(64), "1".repeat(64));
    let fault = |settings: &[ServiceKeySettings]| ServiceKeys::new(settings).err();
    assert_eq!(fault(&[key("a", &[&hash]), key("b", &[&other])]), None);
    for name in ["", "a b", "ä", &"x".repeat(65)] {
        assert_eq!(fault(&[key(name, &[&hash])]), Some((0, ServiceKeyFault::Name)), "{name}");
    }
    for bad in [&[][..], &[""], &["agk_key"], &[&hash[1..]], &[&hash, "é"], &[&format!("+{}", &hash[1..])]] {
        assert_eq!(fault(&[key("a", bad)]), Some((0, ServiceKeyFault::Hash)), "{bad:?}");
    }
    assert_eq!(
        fault(&[key("a", &[&hash]), key("b", &[&other, &hash])]),
        Some((1, ServiceKeyFault::HashDouble))
    );
    for issuer in ["", "gateway"] {
        let odd = ServiceKeySettings { issuer: issuer.into(), ..key("a", &[&hash]) };
        assert_eq!(fault(&[odd]), Some((0, ServiceKeyFault::Issuer)));
    }
    let many: Vec<_> = (0..65).map(|n| key("a", &[&format!("{n:064x}")])).collect();
    assert_eq!(fault(&many), Some((64, ServiceKeyFault::TooManyHashes)));
    assert_eq!(fault(&many[..64]), None);
}

#[test]
fn only_a_key_that_is_long_and_of_our_form_is_hashed_for_config() {
    for weak in ["", "agk_", "agk_password", "password", &format!("agk_{}", "A".repeat(42))] {
        assert_eq!(hash_service_key(weak), None, "{weak}");
    }
    assert!(hash_service_key(&format!("agk_{}", "A".repeat(43))).is_some());
}

#[tokio::test]
async fn a_wrong_service_key_is_refused_as_any_bad_token_is() {
    let gateway = Fixture::new(AuthSettings::default());
    let (text, _) = new_service_key().unwrap();
    assert!(is_service_key(&text));
    gateway.refuses(&text, Refusal::ServiceKey).await;
}
