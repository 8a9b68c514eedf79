//! One range of bytes, asked for and given (RFC 9110, section 14): players of videos need no more.

use std::fmt;

/// A number of bytes has at most so many digits here: no sum of two overflows.
const MAX_DIGITS: usize = 15;

/// What `Range` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `bytes=first-last`, or `bytes=first-` to the end.
    From {
        /// The first byte's place.
        first: u64,
        /// The last one's.
        last: Option<u64>,
    },
    /// `bytes=-n`: the last n bytes.
    Last(u64),
}

impl ByteRange {
    /// Reads a header; `None` for several ranges, other units and whatever else is not exactly one range: then the
    /// whole is given, as the RFC lets a server do.
    pub fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        if first.is_empty() {
            return number(last).filter(|size| *size > 0).map(Self::Last);
        }
        let first = number(first)?;
        let last = if last.is_empty() { None } else { Some(number(last)?) };
        last.is_none_or(|last| first <= last).then_some(Self::From { first, last })
    }

    /// Whether the first `size_bytes` bytes of the whole are among what is asked for.
    pub fn shows_head(self, size_bytes: usize) -> bool {
        match self {
            Self::From { first: 0, last } => last.is_none_or(|last| last + 1 >= size_bytes as u64),
            Self::From { .. } | Self::Last(_) => false,
        }
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From { first, last: Some(last) } => write!(f, "bytes={first}-{last}"),
            Self::From { first, last: None } => write!(f, "bytes={first}-"),
            Self::Last(size) => write!(f, "bytes=-{size}"),
        }
    }
}

/// What `Content-Range` says was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte's place.
    pub first: u64,
    /// The last one's.
    pub last: u64,
    /// Bytes of the whole, if that is known.
    pub whole: Option<u64>,
}

impl ContentRange {
    /// Reads a header: `bytes 0-499/1234` or `bytes 0-499/*`.
    pub fn parse(header: &str) -> Option<Self> {
        let (range, whole) = header.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let whole = if whole == "*" { None } else { Some(number(whole)?) };
        let fits = first <= last && whole.is_none_or(|whole| last < whole);
        fits.then_some(Self { first, last, whole })
    }

    /// Bytes of the part.
    pub const fn size_bytes(self) -> u64 {
        self.last - self.first + 1
    }

    /// Whether this is (some of) what was asked for, from where it was asked for.
    pub fn answers(self, asked: ByteRange) -> bool {
        match asked {
            ByteRange::From { first, last } => {
                self.first == first && last.is_none_or(|last| self.last <= last)
            }
            ByteRange::Last(size) => self.whole == Some(self.last + 1) && self.size_bytes() <= size,
        }
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, whole } = self;
        match whole {
            Some(whole) => write!(f, "bytes {first}-{last}/{whole}"),
            None => write!(f, "bytes {first}-{last}/*"),
        }
    }
}

/// The whole's size as a refusal names it: `bytes */1234`.
pub fn whole_of_refusal(header: &str) -> Option<u64> {
    number(header.strip_prefix("bytes */")?)
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_read_and_anything_else_means_the_whole() {
        for (header, sent) in [
            ("bytes=0-499", "bytes=0-499"),
            ("bytes=00-0499", "bytes=0-499"),
            ("bytes=500-", "bytes=500-"),
            ("bytes=-500", "bytes=-500"),
            ("bytes=7-7", "bytes=7-7"),
        ] {
            assert_eq!(
                ByteRange::parse(header).map(|range| range.to_string()).as_deref(),
                Some(sent),
                "{header}"
            );
        }
        for odd in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=-0",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=0-1,3-4",
            "bytes=0-1 ",
            "bytes= 0-1",
            "items=0-1",
            "Bytes=0-1",
            "bytes=+1-2",
            "bytes=0--1",
            "bytes=0-9999999999999999",
        ] {
            assert_eq!(ByteRange::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn only_a_range_from_the_beginning_shows_the_head() {
        let shows = |header| ByteRange::parse(header).unwrap().shows_head(64);
        assert!(shows("bytes=0-") && shows("bytes=0-63") && shows("bytes=0-499"));
        assert!(!shows("bytes=0-1") && !shows("bytes=0-62") && !shows("bytes=1-") && !shows("bytes=-500"));
    }

    #[test]
    fn a_part_must_be_what_was_asked_for() {
        let answers =
            |given, asked| ContentRange::parse(given).unwrap().answers(ByteRange::parse(asked).unwrap());
        assert!(answers("bytes 0-499/1000", "bytes=0-499") && answers("bytes 0-9/10", "bytes=0-499"));
        assert!(answers("bytes 990-999/1000", "bytes=-10") && answers("bytes 5-9/*", "bytes=5-"));
        assert!(!answers("bytes 1-499/1000", "bytes=0-499") && !answers("bytes 0-500/1000", "bytes=0-499"));
        assert!(!answers("bytes 989-999/1000", "bytes=-10") && !answers("bytes 980-989/1000", "bytes=-10"));
        for odd in [
            "",
            "bytes */5",
            "bytes 5-4/9",
            "bytes 0-9/9",
            "0-1/2",
            "bytes 0-1",
            "bytes a-b/c",
            "bytes 0-1/2/3",
        ] {
            assert_eq!(ContentRange::parse(odd), None, "{odd}");
        }
        assert_eq!(whole_of_refusal("bytes */42"), Some(42));
    }
}
