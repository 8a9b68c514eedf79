use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);
const LATER: Timestamp = Timestamp::from_unix_s(1_800_003_600);

fn key(id: &str, byte: u8) -> CallbackKey {
    CallbackKey::new(id, &Secret::new(vec![byte; 32])).unwrap()
}

fn keys() -> CallbackKeys {
    CallbackKeys::new(key("k1", 1), None).unwrap()
}

#[test]
fn a_signed_token_says_what_was_signed() {
    let keys = keys();
    for slot in [Slot::Prompt(0), Slot::Prompt(u16::MAX), Slot::Tune, Slot::All] {
        let reservation = ReservationId::generate();
        let token = keys.sign(reservation, slot, LATER);
        let says = CallbackToken { reservation, slot, expires_at: LATER };
        assert_eq!(keys.verify(&token, NOW), Some(says));
    }
}

#[test]
fn cb_01_a_token_carries_at_least_128_bits_of_mac_in_characters_that_are_safe_in_a_path() {
    let longest = CallbackKeys::new(key("a-key-id_of-16_b", 1), None).unwrap();
    let token =
        longest.sign(ReservationId::generate(), Slot::Prompt(u16::MAX), Timestamp::from_unix_ms(u64::MAX));
    assert!(token.len() <= 200, "{}", token.len());
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b)), "{token}");
    let mac = token.rsplit('.').next().unwrap();
    assert!(URL_SAFE_NO_PAD.decode(mac).unwrap().len() * 8 >= 128);
    assert!(longest.verify(&token, NOW).is_some());
}

#[test]
fn cb_01_the_mac_is_hmac_sha256_of_all_that_stands_before_it() {
    let token = keys().sign(ReservationId::parse(&"ab".repeat(16)).unwrap(), Slot::Tune, LATER);
    let (signed, mac) = token.rsplit_once('.').unwrap();
    assert_eq!(signed, "1.k1.abababababababababababababababab.t.1800003600");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]), signed.as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.decode(mac).unwrap(), tag.as_ref()[..24]);
}

#[test]
fn cb_01_changing_any_one_character_of_a_token_makes_it_worthless() {
    let keys = keys();
    let token = keys.sign(ReservationId::generate(), Slot::Prompt(3), LATER);
    for at in 0..token.len() {
        for other in "0aAzZ9._-~ %".chars() {
            let mut changed: Vec<char> = token.chars().collect();
            if changed[at] == other {
                continue;
            }
            changed[at] = other;
            let changed: String = changed.into_iter().collect();
            assert_eq!(keys.verify(&changed, NOW), None, "{changed}");
        }
    }
}

#[test]
fn cb_01_a_correctly_signed_text_that_is_not_in_canonical_form_is_refused() {
    let keys = keys();
    let id = "0123456789abcdef0123456789abcdef";
    let sign = |text: String| format!("{text}.{}", mac(&key("k1", 1).key, &text));
    assert!(keys.verify(&sign(format!("1.k1.{id}.p0.1800003600")), NOW).is_some());
    for odd in [
        format!("2.k1.{id}.p0.1800003600"),
        format!("01.k1.{id}.p0.1800003600"),
        format!("1.k1.{}.p0.1800003600", id.to_uppercase()),
        format!("1.k1.{}.p0.1800003600", &id[1..]),
        format!("1.k1.{id}.p00.1800003600"),
        format!("1.k1.{id}.p+1.1800003600"),
        format!("1.k1.{id}.p65536.1800003600"),
        format!("1.k1.{id}.p.1800003600"),
        format!("1.k1.{id}.T.1800003600"),
        format!("1.k1.{id}.p0.01800003600"),
        format!("1.k1.{id}.p0.+1800003600"),
        format!("1.k1.{id}.p0.99999999999999999999999"),
        format!("1.k1.{id}.p0."),
        format!("1.k1.{id}.p0.1800003600.x"),
        format!("1.k1.{id}.p0"),
        format!("1..{id}.p0.1800003600"),
    ] {
        assert_eq!(keys.verify(&sign(odd.clone()), NOW), None, "{odd}");
    }
}

#[test]
fn cb_01_a_mac_that_is_cut_padded_or_empty_is_refused() {
    let keys = keys();
    let token = keys.sign(ReservationId::generate(), Slot::All, LATER);
    let (signed, mac) = token.rsplit_once('.').unwrap();
    for wrong in ["", &mac[..22], &mac[..31], &format!("{mac}="), &format!("{mac}A"), &format!("{mac}\n")] {
        assert_eq!(keys.verify(&format!("{signed}.{wrong}"), NOW), None, "{wrong:?}");
    }
}

#[test]
fn cb_01_a_key_id_that_nobody_has_is_refused_even_with_a_mac_of_our_key() {
    let text = format!("1.k9.{}.p0.1800003600", "ab".repeat(16));
    assert_eq!(keys().verify(&format!("{text}.{}", mac(&key("k1", 1).key, &text)), NOW), None);
}

#[test]
fn a_token_ends_at_its_expiry() {
    let keys = keys();
    let token = keys.sign(ReservationId::generate(), Slot::Tune, LATER);
    assert!(keys.verify(&token, Timestamp::from_unix_ms(LATER.unix_ms() - 1)).is_some());
    assert_eq!(keys.verify(&token, LATER), None);
}

#[test]
fn the_previous_key_is_believed_and_no_longer_signs() {
    let old_token = keys().sign(ReservationId::generate(), Slot::Tune, LATER);
    let rotated = CallbackKeys::new(key("k2", 2), Some(key("k1", 1))).unwrap();
    assert!(rotated.verify(&old_token, NOW).is_some());
    assert!(rotated.sign(ReservationId::generate(), Slot::Tune, LATER).starts_with("1.k2."));
    let forgotten = CallbackKeys::new(key("k3", 3), Some(key("k2", 2))).unwrap();
    assert_eq!(forgotten.verify(&old_token, NOW), None);
    let other_secret = CallbackKeys::new(key("k1", 9), None).unwrap();
    assert_eq!(other_secret.verify(&old_token, NOW), None);
}

#[test]
fn an_echoed_token_leads_to_its_reservation_whatever_its_key_or_age() {
    let reservation = ReservationId::generate();
    let token = CallbackKeys::new(key("gone", 7), None).unwrap().sign(reservation, Slot::Tune, NOW);
    assert_eq!(keys().verify(&token, LATER), None);
    assert_eq!(CallbackToken::read_unverified(&token).map(|says| says.reservation), Some(reservation));
    assert_eq!(CallbackToken::read_unverified("1.gone.x.t.1.mac"), None);
}

#[test]
fn a_weak_secret_an_odd_key_id_or_two_equal_ids_are_refused() {
    let with = |id, size| CallbackKey::new(id, &Secret::new(vec![1; size])).err();
    assert_eq!(with("k1", 31), Some(KeyError::ShortSecret));
    for id in ["", "a.b", "a b", "ключ", "seventeen-chars-x"] {
        assert_eq!(with(id, 32), Some(KeyError::KeyId), "{id:?}");
    }
    assert_eq!(CallbackKeys::new(key("k1", 1), Some(key("k1", 2))).err(), Some(KeyError::SameKeyId));
}

proptest! {
    #[test]
    fn no_text_makes_verification_panic_or_succeed(text in "\\PC{0,220}") {
        prop_assert_eq!(keys().verify(&text, NOW), None);
    }

    #[test]
    fn no_text_of_a_tokens_shape_succeeds(text in "1\\.k1\\.[0-9a-f]{32}\\.(p0|t|all)\\.19[0-9]{8}\\.[A-Za-z0-9_-]{32}") {
        prop_assert_eq!(keys().verify(&text, NOW), None);
    }
}
