//! A strict reader of the one shape of Structured Field that rate limits use: a list of strings, each with
//! integer parameters.
//!
//! Source: RFC 9651 sections 3.1, 3.3.1, 3.3.3 and 4.2 (read 2026-11-21).

use std::collections::BTreeMap;

/// The list's items: the string, and its parameters.
pub type List = Vec<(String, BTreeMap<String, i64>)>;

/// Stops at the first character that is out of place.
pub fn parse(field: &str) -> List {
    assert!(field.is_ascii() && field.trim() == field && !field.is_empty(), "{field:?}");
    let mut rest = field;
    let mut list = Vec::new();
    loop {
        let (item, after) = item(rest);
        list.push(item);
        if after.is_empty() {
            return list;
        }
        rest = after.trim_start_matches([' ', '\t']).strip_prefix(',').expect("a comma between items");
        rest = rest.trim_start_matches([' ', '\t']);
    }
}

fn item(text: &str) -> ((String, BTreeMap<String, i64>), &str) {
    let (name, mut rest) = text.strip_prefix('"').and_then(|text| text.split_once('"')).expect("a string");
    assert!(name.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'\\'), "{name:?}");
    let mut parameters = BTreeMap::new();
    while let Some(parameter) = rest.strip_prefix(';') {
        let parameter = parameter.trim_start_matches(' ');
        let (key, value) = parameter.split_once('=').expect("a parameter with a value");
        let first = key.bytes().next().expect("a key");
        assert!(first.is_ascii_lowercase() || first == b'*', "{key:?}");
        assert!(
            key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(&b)),
            "{key:?}"
        );
        let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        assert!((1..=15).contains(&end), "an integer of 1 to 15 digits: {value:?}");
        parameters.insert(key.to_owned(), value[..end].parse().unwrap());
        rest = &value[end..];
    }
    ((name.to_owned(), parameters), rest)
}

#[test]
fn the_reader_takes_lists_of_strings_with_integers() {
    let list = parse("\"user\";q=100;w=60, \"ip\";q=5");
    assert_eq!(list.len(), 2);
    assert_eq!((list[0].0.as_str(), list[0].1["q"], list[0].1["w"]), ("user", 100, 60));
    assert_eq!((list[1].0.as_str(), list[1].1["q"]), ("ip", 5));
}

#[test]
fn the_reader_takes_nothing_else() {
    for wrong in
        ["", "user;q=1", "\"user", "\"user\";Q=1", "\"user\";q=", "\"user\";q=1x", "\"a\" \"b\"", "\"a\";q=-"]
    {
        assert!(std::panic::catch_unwind(|| parse(wrong)).is_err(), "{wrong:?}");
    }
}
