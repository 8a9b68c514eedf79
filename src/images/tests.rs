use std::time::Duration;

use super::*;

const PATH: &str = "/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/cat.jpg";
const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_123);

fn account(name: &str) -> AccountKey {
    AccountKey::new(name)
}

fn urls_with(key: u8, valid_s: u64) -> ImageUrls {
    ImageUrls::new(ImageUrlParts {
        key: ImageKey::new(&Secret::new(vec![key; 32])).unwrap(),
        gateway_url: "https://gw.example/api".into(),
        upstream_url: "https://api.astria.ai/".into(),
        valid_s,
        accounts: vec![account("-/ws-1"), account("acme/ws-2")],
    })
}

fn urls() -> ImageUrls {
    urls_with(1, 3600)
}

/// Path and query of a URL of ours.
fn taken_apart(url: &str) -> (String, String) {
    let (path, query) = url.strip_prefix("https://gw.example/api").unwrap().split_once('?').unwrap();
    (path.to_owned(), query.to_owned())
}

fn signed() -> (String, String) {
    taken_apart(&urls().of(&account("-/ws-1"), NOW).rewrite(PATH).unwrap())
}

#[test]
fn iso_01_a_signed_url_proves_its_path_and_account_until_it_expires() {
    let (path, query) = signed();
    let image = urls().verify(&path, &query, NOW).unwrap();
    assert_eq!((image.path.as_str(), image.account.as_str()), (PATH, "-/ws-1"));
    let left = NOW.until(image.expires_at);
    assert!(left > Duration::from_secs(1800) && left <= Duration::from_secs(3600), "{left:?}");
    let last = Timestamp::from_unix_ms(image.expires_at.unix_ms() - 1);
    assert!(urls().verify(&path, &query, last).is_some());
    assert!(urls().verify(&path, &query, image.expires_at).is_none());
}

#[test]
fn iso_01_no_byte_of_a_signed_url_can_be_changed() {
    let (path, query) = signed();
    let urls = urls();
    for at in 0..query.len() {
        for other in *b"0Aa_-&=%" {
            let mut bytes = query.clone().into_bytes();
            if bytes[at] != other {
                bytes[at] = other;
                let altered = String::from_utf8(bytes).unwrap();
                assert_eq!(urls.verify(&path, &altered, NOW), None, "{altered}");
            }
        }
    }
    for at in BLOBS.len()..path.len() {
        let mut bytes = path.clone().into_bytes();
        bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
        assert_eq!(urls.verify(&String::from_utf8(bytes).unwrap(), &query, NOW), None);
    }
    for altered in [
        String::new(),
        format!("{query}&"),
        format!("{query}="),
        format!("{query}&x=1"),
        format!("x=1&{query}"),
        query.replace("&e=", "&e=0"),
        query.replace("&e=", "&e=+"),
        query.split_once("&s=").unwrap().0.to_owned(),
    ] {
        assert_eq!(urls.verify(&path, &altered, NOW), None, "{altered}");
    }
    assert_eq!(urls_with(2, 3600).verify(&path, &query, NOW), None, "another key");
}

#[test]
fn iso_01_the_account_in_a_url_is_a_name_that_says_nothing_and_cannot_be_exchanged() {
    let urls = urls();
    let url = |name: &str| taken_apart(&urls.of(&account(name), NOW).rewrite(PATH).unwrap()).1;
    let (one, other) = (url("-/ws-1"), url("acme/ws-2"));
    assert!(!one.contains("ws-1") && !other.contains("acme"), "{one} {other}");
    let tag = |query: &str| query.split('&').next().unwrap().to_owned();
    let crossed = one.replace(&tag(&one), &tag(&other));
    assert_ne!(one, crossed);
    assert_eq!(urls.verify(PATH, &crossed, NOW), None);
    // An account that a reload took away is not believed either.
    let gone = url("gone/ws-3");
    assert_eq!(urls.verify(PATH, &gone, NOW), None);
}

#[test]
fn a_url_stays_the_same_for_half_a_lifetime() {
    let urls = urls();
    let at = |s: u64| urls.of(&account("-/ws-1"), Timestamp::from_unix_s(s)).rewrite(PATH).unwrap();
    assert_eq!(at(1_800_000_000), at(1_800_001_799));
    assert_ne!(at(1_800_000_000), at(1_800_001_800));
}

#[test]
fn l_06_only_urls_below_the_blobs_of_astrias_own_origin_are_rewritten() {
    let urls = urls();
    let signer = urls.of(&account("-/ws-1"), NOW);
    let rest = &PATH[BLOBS.len()..];
    for url in [
        PATH.to_owned(),
        format!("https://api.astria.ai{PATH}"),
        format!("HTTPS://API.astria.ai{PATH}?disposition=attachment#x"),
    ] {
        let rewritten = signer.rewrite(&url).unwrap();
        assert!(rewritten.starts_with(&format!("https://gw.example/api{PATH}?a=")), "{rewritten}");
        assert!(!rewritten.contains("disposition"));
    }
    for url in [
        String::new(),
        "https://sdbooth2-production.s3.amazonaws.com/abc".into(),
        format!("https://evil.example{PATH}"),
        format!("https://api.astria.ai.evil.example{PATH}"),
        format!("https://api.astria.ai:8443{PATH}"),
        format!("http://api.astria.ai{PATH}"),
        format!("//evil.example{PATH}"),
        format!("https://api.astria.ai/rails/active_storage/representations/{rest}"),
        format!("{BLOBS}../../../users"),
        format!("{BLOBS}a%2f..%2fb"),
    ] {
        assert_eq!(signer.rewrite(&url), None, "{url}");
    }
}

#[test]
fn l_06_members_are_rewritten_in_json_and_whatever_else_they_hold_stays() {
    let urls = urls();
    let signer = urls.of(&account("-/ws-1"), NOW);
    let image = signer.rewrite(PATH).unwrap();
    assert_eq!(signer.rewrite_json(&format!("\"{PATH}\"")), Some(format!("\"{image}\"")));
    let escaped = format!("\"{}\"", PATH.replace('/', "\\/"));
    assert_eq!(signer.rewrite_json(&escaped), Some(format!("\"{image}\"")));
    let list = format!(r#"["https://mp.astria.ai/x", "{PATH}",null,7,{{"a":"\u00e9"}}]"#);
    assert_eq!(
        signer.rewrite_json(&list),
        Some(format!(r#"["https://mp.astria.ai/x","{image}",null,7,{{"a":"\u00e9"}}]"#))
    );
    for same in [
        "null",
        "7",
        "[]",
        r#""a cat""#,
        r#"["https://mp.astria.ai/x"]"#,
        r#""active_storage""#,
        r#"["active_storage"]"#,
    ] {
        assert_eq!(signer.rewrite_json(same), None, "{same}");
    }
}

#[test]
fn a_short_key_signs_nothing() {
    assert!(ImageKey::new(&Secret::new(vec![1; 31])).is_none());
}
