//! Refuses paths that two parsers could read differently.
//!
//! Rails collapses `//`, drops a trailing slash and decodes `%2F` inside an id. Every path of ours is made
//! of letters, digits and `-._~@`, so whatever else comes is refused before it is routed.
//!
//! - Answers: `bad_path`.

use crate::problem::{Code, Problem};

/// See the module.
///
/// # Errors
/// The path is not canonical.
pub fn canonical_path(path: &str) -> Result<(), Problem> {
    if is_canonical(path) {
        return Ok(());
    }
    let detail = "Send the path without escapes, empty or dot segments, and without a slash at its end.";
    Err(Problem::new(Code::BadPath, detail))
}

fn is_canonical(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    rest.is_empty()
        || rest.split('/').all(|segment| {
            let plain = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~@".contains(&b));
            plain && !matches!(segment, "" | "." | "..")
        })
}

#[cfg(test)]
mod tests {
    use super::is_canonical;

    #[test]
    fn path_03_only_one_spelling_of_a_path_is_canonical() {
        for good in ["/", "/packs", "/tunes/1/prompts/2.json", "/tunes/@gemini/prompts", "/p/a-b_c~d"] {
            assert!(is_canonical(good), "{good}");
        }
        let odd = [
            "",
            "*",
            "//",
            "/packs/",
            "//packs",
            "/a//b",
            "/a/./b",
            "/a/../b",
            "/%2e%2e/a",
            "/a%2fb",
            "/a%5cb",
            "/a;x=1",
            "/a%00",
            "/a b",
            "/a\\b",
            "/é",
            "/%74unes/1",
            "/a:b",
            "/a,b",
            "/a+b",
        ];
        for odd in odd {
            assert!(!is_canonical(odd), "{odd}");
        }
    }
}
