//! W3C trace context: which trace a request belongs to, and its own place in it.
//!
//! A proxy that is trusted may say it in `traceparent`; anyone else's is ignored, or a stranger could join or
//! flood an operator's traces. Whether the sender is trusted is the caller's to decide.
//!
//! What it does *not* do: `tracestate` is not kept (a participant may drop it), and only version 00 is read.
//!
//! Source: <https://www.w3.org/TR/trace-context/> (read 2026-11-21).

use std::fmt;

const HEADER_BYTES: usize = 55;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A place in a trace: ids are never zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    is_sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent` of version 00, strictly: 55 bytes, lower-case hexadecimal, no id of zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("00-")?;
        let lower_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = rest.split('-');
        let mut part = |digits| parts.next().filter(|part| part.len() == digits && lower_hex(part));
        let (trace, span, flags) = (part(32)?, part(16)?, part(2)?);
        if parts.next().is_some() {
            return None;
        }
        let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span_id = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        // Other flags are to be ignored and not passed on.
        let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self { trace_id, span_id, is_sampled })
    }

    /// The beginning of a trace.
    pub fn generate(is_sampled: bool) -> Self {
        Self { trace_id: random(), span_id: random_span_id(), is_sampled }
    }

    /// The same place, not to be recorded.
    #[must_use]
    pub const fn unsampled(self) -> Self {
        Self { is_sampled: false, ..self }
    }

    /// A new place in the same trace: what a call made for this request names as its own.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span_id: random_span_id(), ..*self }
    }

    /// The `traceparent` that names this place.
    pub fn to_header(&self) -> [u8; HEADER_BYTES] {
        let mut out = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write_hex(out.iter_mut().skip(3), &self.trace_id_hex());
        write_hex(out.iter_mut().skip(36), &hex::<16>(self.span_id.into()));
        if self.is_sampled {
            write_hex(out.iter_mut().skip(54), b"1");
        }
        out
    }

    /// The trace's id, for log lines: 32 lower-case hexadecimal digits.
    pub fn trace_id_hex(&self) -> [u8; 32] {
        hex(self.trace_id)
    }

    /// The trace's id.
    pub const fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// The id of this place.
    pub const fn span_id(&self) -> u64 {
        self.span_id
    }

    /// Whether its spans are to be recorded.
    pub const fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_id, span_id, is_sampled } = self;
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{:02x}", u8::from(*is_sampled))
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Never zero: a UUID has bits that are always set, in both halves.
fn random() -> u128 {
    uuid::Uuid::new_v4().as_u128()
}

fn random_span_id() -> u64 {
    // The upper half, whose random bits are 60; the version's four are set.
    (random() >> 64) as u64
}

fn hex<const N: usize>(value: u128) -> [u8; N] {
    let mut out = [b'0'; N];
    let mut rest = value;
    for digit in out.iter_mut().rev() {
        *digit = HEX.get((rest & 0xf) as usize).copied().unwrap_or(b'0');
        rest >>= 4;
    }
    out
}

fn write_hex<'a>(out: impl Iterator<Item = &'a mut u8>, digits: &[u8]) {
    for (to, from) in out.zip(digits) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_canonical_context_is_read_and_written_back() {
        let context = TraceContext::parse(GOOD).unwrap();
        assert_eq!(context.to_header(), GOOD.as_bytes());
        assert_eq!(context.to_string(), GOOD);
        assert!(context.is_sampled());
        let other_flags = TraceContext::parse(&GOOD.replace("-01", "-fe")).unwrap();
        assert_eq!(other_flags.to_header(), GOOD.replace("-01", "-00").as_bytes());
    }

    #[test]
    fn anything_else_is_no_context() {
        let odd = [
            String::new(),
            GOOD.to_uppercase(),
            GOOD.replacen("00", "01", 1),
            GOOD.replacen("00", "ff", 1),
            format!("{GOOD}-00"),
            format!(" {GOOD}"),
            format!("{GOOD}\n"),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("4bf9", "+bf9"),
            GOOD.replace("4bf9", "4Bf9"),
            GOOD.replace("4bf9", "öf9"),
            GOOD.replace('-', "_"),
        ];
        for text in odd {
            assert_eq!(TraceContext::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn a_child_is_another_place_in_the_same_trace() {
        let parent = TraceContext::generate(true);
        let child = parent.child();
        assert_eq!(child.trace_id(), parent.trace_id());
        assert_ne!(child.span_id(), parent.span_id());
        assert!(child.is_sampled());
    }

    proptest! {
        #[test]
        fn what_is_read_is_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let text = String::from_utf8_lossy(&bytes);
            if let Some(context) = TraceContext::parse(&text) {
                let written = context.to_string();
                prop_assert_eq!(written.get(..53), text.get(..53));
            }
        }

        #[test]
        fn a_context_with_one_byte_changed_is_canonical_or_refused(at in 0usize..55, byte in any::<u8>()) {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            let text = String::from_utf8_lossy(&bytes);
            if let Some(context) = TraceContext::parse(&text) {
                let written = context.to_string();
                prop_assert_eq!(written.get(..53), text.get(..53));
                prop_assert!(context.trace_id() != 0 && context.span_id() != 0);
            }
        }

        #[test]
        fn every_new_context_is_valid(sampled: bool) {
            let context = TraceContext::generate(sampled);
            let header = String::from_utf8(context.to_header().to_vec()).unwrap();
            prop_assert_eq!(TraceContext::parse(&header), Some(context));
        }
    }
}
