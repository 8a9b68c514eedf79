//! The one spelling of an image's path: what is signed, compared byte for byte, and sent to Astria.
//!
//! Names of files stand in these paths, so unlike every other path of ours they may hold escapes; but none that two
//! parsers could take for a separator, a dot segment or an end.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What every image's path begins with. Source: Rails 7.2, `activestorage/config/routes.rb` (read 2026-11-21).
pub const BLOBS: &str = "/rails/active_storage/blobs/";

/// A signed id has some 150 characters and a file's name at most 255 bytes, each of which may be an escape.
const MAX_PATH_BYTES: usize = 2048;

/// Whether a path is an image's, in its one spelling.
pub fn is_image_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix(BLOBS) else { return false };
    path.len() <= MAX_PATH_BYTES && rest.split('/').all(is_segment)
}

fn is_segment(segment: &str) -> bool {
    if matches!(segment, "" | "." | "..") {
        return false;
    }
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => bytes.next().zip(bytes.next()).and_then(decoded).is_some_and(is_harmless),
            _ => is_plain(byte),
        };
        if !fits {
            return false;
        }
    }
    true
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'=' | b'-')
}

/// What an escape may stand for.
const fn is_harmless(byte: u8) -> bool {
    !byte.is_ascii_control() && !matches!(byte, b'/' | b'\\' | b'.' | b'%')
}

fn decoded((high, low): (u8, u8)) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A path in its one spelling: what Rails leaves as it is in a file's name is escaped. `None`: it is no image's.
pub(super) fn canonical(path: &str) -> Option<Cow<'_, str>> {
    if is_image_path(path) {
        return Some(Cow::Borrowed(path));
    }
    let mut spelled = String::with_capacity(path.len() + 16);
    for byte in path.bytes() {
        match byte {
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b':' | b'@' | 0x80.. => {
                // Writing to a String cannot fail.
                let _ = write!(spelled, "%{byte:02X}");
            }
            _ => spelled.push(char::from(byte)),
        }
    }
    is_image_path(&spelled).then_some(Cow::Owned(spelled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_04_an_images_path_has_one_spelling_without_second_meanings() {
        for good in
            ["redirect/eyJfcmFpbHMi--0a1b/cat.jpg", "proxy/a=b~c_d/my%20cat%28%29.png", "a/%C3%A9.webp"]
        {
            assert!(is_image_path(&format!("{BLOBS}{good}")), "{good}");
        }
        let odd = [
            "", "/", "a//b", "a/", ".", "..", "a/../b", "a/./b", "a%2fb", "a%2Fb", "a%5Cb", "%2e%2e/b",
            "a%00", "a%0a", "a%7f", "a%", "a%2", "a%zz", "a%252fb", "a b", "a?b", "a#b", "a;b", "a\\b", "é",
            "a\u{0}", "a\nb", "a&b",
        ];
        for odd in odd {
            assert!(!is_image_path(&format!("{BLOBS}{odd}")), "{odd:?}");
        }
        assert!(!is_image_path("/rails/active_storage/representations/redirect/a"));
        assert!(!is_image_path("/rails/active_storage/blobs"));
        assert!(!is_image_path(&format!("{BLOBS}{}", "a".repeat(MAX_PATH_BYTES))));
    }

    #[test]
    fn what_rails_leaves_bare_in_a_files_name_is_escaped() {
        let canonical =
            |rest: &str| canonical(&format!("{BLOBS}{rest}")).map(|path| path[BLOBS.len()..].to_owned());
        assert_eq!(canonical("a/cat.jpg").as_deref(), Some("a/cat.jpg"));
        assert_eq!(canonical("a/me%20(1),b.jpg").as_deref(), Some("a/me%20%281%29%2Cb.jpg"));
        assert_eq!(canonical("a/é.jpg").as_deref(), Some("a/%C3%A9.jpg"));
        assert_eq!(canonical("a/../b"), None);
        assert_eq!(canonical("a b"), None);
    }
}
