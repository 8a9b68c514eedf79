//! Words the `Gateway-Dropped-Params` header, so that a developer sees which parameters did not go upstream.

/// Names in one header, and bytes of one name.
const MAX_NAMES: usize = 16;
const MAX_NAME_BYTES: usize = 64;

/// The header's value: at most 16 names of `[a-z0-9_\[\]]`, 64 bytes each; other characters show as `_`.
/// `None` if nothing was dropped.
pub fn dropped_header(names: &[String]) -> Option<String> {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '_' | '[' | ']') => c,
        _ => '_',
    };
    let shown: Vec<String> = names
        .iter()
        .filter(|name| !name.is_empty())
        .take(MAX_NAMES)
        .map(|name| name.chars().take(MAX_NAME_BYTES).map(plain).collect())
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_holds_sixteen_plain_names_at_most() {
        let names: Vec<String> = (0..40).map(|n| format!("prompt[x{n}]")).collect();
        assert_eq!(dropped_header(&names).map(|header| header.split(", ").count()), Some(16));
        assert_eq!(dropped_header(&[]), None);
        assert_eq!(dropped_header(&[String::new()]), None);
    }

    #[test]
    fn a_name_cannot_break_the_header() {
        let names = ["A\r\nSet-Cookie: x=é, y".to_owned(), "b".repeat(200)];
        let header = dropped_header(&names).unwrap_or_default();
        assert_eq!(header, format!("a__set_cookie__x____y, {}", "b".repeat(64)));
    }
}
