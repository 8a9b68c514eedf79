//! Writes text that somebody else may have chosen into a log line, so that it cannot leave its field.
//!
//! A line feed would begin a line that nobody wrote, an escape sequence would repaint a terminal. So only
//! printable ASCII passes; `"` and `\` are escaped, everything else becomes `\u00XX` as in JSON. Both formats use
//! this one form: what is safe between JSON's quotes is safe between logfmt's.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` without the quotes around it.
pub(super) fn escape(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(is_plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut units = [0; 2];
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if is_plain(byte) => out.push(byte),
            Ok(byte @ (b'"' | b'\\')) => out.extend_from_slice(&[b'\\', byte]),
            _ => c.encode_utf16(&mut units).iter().for_each(|unit| escape_unit(out, *unit)),
        }
    }
}

/// Appends at most `max_bytes` of `text`, cut at a character.
pub(super) fn escape_at_most(out: &mut Vec<u8>, text: &str, max_bytes: usize) {
    let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    escape(out, text.get(..end.unwrap_or(0)).unwrap_or_default());
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn escape_unit(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(HEX.get(usize::from((unit >> shift) & 0xf)).copied().unwrap_or(b'?'));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        escape(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn log_02_control_characters_become_text() {
        assert_eq!(escaped("a\r\nb\u{1b}[31m\0\u{7f}"), "a\\u000d\\u000ab\\u001b[31m\\u0000\\u007f");
        assert_eq!(escaped("\u{9b}31m\u{202e}"), "\\u009b31m\\u202e", "C1 and bidi controls, too");
        assert_eq!(escaped("\"\\"), "\\\"\\\\");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut out = Vec::new();
        escape_at_most(&mut out, "aöb", 2);
        assert_eq!(out, b"a");
    }

    proptest! {
        #[test]
        fn log_02_any_text_is_printable_ascii_and_json_reads_it_back(text in any::<String>()) {
            let out = escaped(&text);
            prop_assert!(out.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            let back: String = serde_json::from_str(&format!("\"{out}\"")).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
