//! Where a browser goes after sign-in: a path of this origin, and nothing that a browser could read as anything else.
//!
//! Whoever makes a link to the sign-in chooses it, so it must not lead to another site: browsers take `//evil.example`,
//! `/\evil.example` and a tab in between for one.

use url::Url;

const MAX_BYTES: usize = 2048;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// `None`: it is no path of this origin's.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain =
            text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !is_plain || !text.starts_with('/') || text.starts_with("//") {
            return None;
        }
        // As a browser would read it from a page of ours.
        let here = Url::parse("https://here.invalid/").ok()?;
        let there = here.join(text).ok()?;
        (there.origin() == here.origin()).then(|| Self(text.to_owned()))
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnPath {
    /// The front page.
    fn default() -> Self {
        Self("/".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_origin_are_taken() {
        for good in ["/", "/app", "/app?x=1&y=%2F%2Fevil.example#part", "/a//b", "/https://evil.example"] {
            assert_eq!(ReturnPath::parse(good).map(|path| path.0).as_deref(), Some(good));
        }
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        for bad in [
            "",
            "app",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\\b",
            "/ä",
            "/a b",
            &long,
        ] {
            assert_eq!(ReturnPath::parse(bad), None, "{bad:?}");
        }
    }
}
