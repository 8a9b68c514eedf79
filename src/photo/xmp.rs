//! Blanks positions written as XMP properties.
//!
//! XMP is RDF in XML, and the same property may be an attribute or an element, under any prefix. So the
//! names are searched for, not parsed: a local name that begins with `GPS` (any case), or is
//! `latitude` or `longitude` (drones write these), or `geo:lat` and `geo:long`; their values become
//! spaces. The same names in quotes, as JSON-LD in content credentials has them, are treated alike.
//! It does not touch names of places (`photoshop:City`, `Iptc4xmpExt:LocationName`): they are words,
//! written by the photographer. It does not look into pictures that XMP carries as base64.
//! Specified by Adobe, XMP Specification Part 1, and CIPA DC-010 (Exif for XMP). That readers take spaces
//! for no position was tried with exiftool 12.57 (2026-11-21).

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::blanking::{Blanking, Fault};
use super::region::Region;

/// What the names have in common, to be found fast: `Latitude`, `GpsLongitude` and `Longtitude` end alike.
const SPELLINGS: [&[u8]; 3] = [b"GPS", b"itude", b"geo:l"];
/// Longest prefix or local name, in characters.
const MAX_NAME: usize = 64;
/// Sections of XML whose text is not markup.
const SECTIONS: [(&[u8], &[u8]); 2] = [(b"<![CDATA[", b"]]>"), (b"<!--", b"-->")];

/// The spellings in 1, 2 and 4 bytes a character.
static FINDERS: LazyLock<[[Finder<'static>; 3]; 3]> = LazyLock::new(|| {
    [1, 2, 4].map(|width| SPELLINGS.map(|spelling| Finder::new(&widened(spelling, width)).into_owned()))
});

/// Blanks an XMP packet in UTF-8, UTF-16 or UTF-32.
pub(super) fn blank_packet(region: &Region<'_>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    for (width, finders) in [1, 2, 4].into_iter().zip(FINDERS.iter()) {
        blank_width(region, width, finders, blanking)?;
    }
    Ok(())
}

/// Blanks what is spelt in UTF-8 anywhere in a region.
pub(super) fn blank_spellings(region: &Region<'_>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    FINDERS.iter().take(1).try_for_each(|finders| blank_width(region, 1, finders, blanking))
}

/// Whether a property of this name holds a position.
pub(super) fn is_position(prefix: &[u8], local: &[u8]) -> bool {
    let is = |name: &[u8]| local.eq_ignore_ascii_case(name);
    local.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"gps"))
        || is(b"latitude")
        || is(b"longitude")
        || is(b"longtitude")
        || (prefix.eq_ignore_ascii_case(b"geo") && (is(b"lat") || is(b"long") || is(b"lat_long")))
}

fn blank_width(
    region: &Region<'_>,
    width: usize,
    finders: &[Finder<'static>; 3],
    blanking: &mut Blanking<'_>,
) -> Result<(), Fault> {
    let text = Text { region, width };
    for finder in finders {
        let mut at = 0;
        while let Some(found) = region.bytes().get(at..).and_then(|rest| finder.find(rest)) {
            at = text.property(at.saturating_add(found), blanking)?;
        }
    }
    Ok(())
}

/// `text` with the zero bytes between its characters that a wider encoding has.
fn widened(text: &[u8], width: usize) -> Vec<u8> {
    let mut wide = Vec::with_capacity(text.len().saturating_mul(width));
    for (index, character) in text.iter().enumerate() {
        if index > 0 {
            wide.resize(wide.len().saturating_add(width.saturating_sub(1)), 0);
        }
        wide.push(*character);
    }
    wide
}

fn is_name(character: u8) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, b'_' | b'-' | b'.')
}

fn is_space(character: u8) -> bool {
    matches!(character, b' ' | b'\t' | b'\r' | b'\n')
}

/// Characters of one width. A character is known by its low byte, which zero bytes follow: its own in
/// little-endian order, those of the next character in big-endian order, so that both read alike.
struct Text<'r> {
    region: &'r Region<'r>,
    width: usize,
}

impl Text<'_> {
    /// The ASCII character whose low byte is at `at`.
    fn character(&self, at: usize) -> Option<u8> {
        let bytes = self.region.bytes();
        let low = *bytes.get(at)?;
        let end = at.saturating_add(self.width).min(bytes.len());
        let rest = bytes.get(at.saturating_add(1)..end).unwrap_or_default();
        Some(if rest.iter().all(|byte| *byte == 0) { low } else { u8::MAX })
    }

    fn next(&self, at: usize) -> usize {
        at.saturating_add(self.width)
    }

    /// The character before `at`, and its place.
    fn before(&self, at: usize) -> Option<(usize, u8)> {
        let place = at.checked_sub(self.width)?;
        Some((place, self.character(place)?))
    }

    /// The first place from `at` on whose character is not `accepted`.
    fn skip(&self, mut at: usize, most: usize, accepted: fn(u8) -> bool) -> usize {
        for _ in 0..most {
            if !self.character(at).is_some_and(accepted) {
                break;
            }
            at = self.next(at);
        }
        at
    }

    /// The first place of the name that ends before `at`.
    fn name_start(&self, mut at: usize) -> usize {
        for _ in 0..MAX_NAME {
            match self.before(at) {
                Some((place, character)) if is_name(character) => at = place,
                _ => break,
            }
        }
        at
    }

    fn name(&self, range: Range<usize>) -> Vec<u8> {
        range.step_by(self.width).filter_map(|at| self.character(at)).collect()
    }

    /// Whether `wanted` stands at `at`.
    fn stands(&self, at: usize, wanted: &[u8]) -> bool {
        let mut place = at;
        wanted.iter().all(|character| {
            let same = self.character(place) == Some(*character);
            place = self.next(place);
            same
        })
    }

    /// Blanks the property whose name holds the spelling at `hit`; returns where to search on.
    fn property(&self, hit: usize, blanking: &mut Blanking<'_>) -> Result<usize, Fault> {
        let mut local_start = self.name_start(hit);
        let mut prefix_start = local_start;
        let mut local_end = self.skip(hit, MAX_NAME, is_name);
        if self.character(local_end) == Some(b':') {
            // The spelling lies in the prefix, as in `geo:lat`.
            local_start = self.next(local_end);
            local_end = self.skip(local_start, MAX_NAME, is_name);
        } else if let Some((colon, b':')) = self.before(local_start) {
            prefix_start = self.name_start(colon);
        }
        let prefix_end = local_start.saturating_sub(self.width).max(prefix_start);
        let onwards = self.next(hit).max(local_end);
        if !is_position(&self.name(prefix_start..prefix_end), &self.name(local_start..local_end)) {
            return Ok(onwards);
        }
        let follows = self.skip(local_end, usize::MAX, is_space);
        blanking.spend(follows.saturating_sub(local_end))?;
        match (self.before(prefix_start).map(|(_, character)| character), self.character(follows)) {
            (Some(b'<'), Some(_)) => {
                return self.element(prefix_start..local_end, blanking).map(|end| end.max(onwards));
            }
            (Some(b'"'), Some(b'"')) => {
                let colon = self.skip(self.next(follows), MAX_NAME, is_space);
                if self.character(colon) == Some(b':') {
                    self.quoted(self.next(colon), blanking)?;
                }
            }
            (Some(opener), Some(b'=')) if is_space(opener) || matches!(opener, b'"' | b'\'') => {
                self.quoted(self.next(follows), blanking)?;
            }
            _ => {}
        }
        Ok(onwards)
    }

    /// Blanks the quoted value that follows `at`, and returns its end.
    fn quoted(&self, at: usize, blanking: &mut Blanking<'_>) -> Result<usize, Fault> {
        let open = self.skip(at, MAX_NAME, is_space);
        let Some(quote @ (b'"' | b'\'')) = self.character(open) else { return Ok(at) };
        let start = self.next(open);
        let end = self.quote_end(start, quote, blanking)?;
        self.spaces(start..end, blanking)?;
        Ok(end)
    }

    /// Where a quoted value ends: at its quote, or where markup shows that the quote is missing.
    fn quote_end(&self, start: usize, quote: u8, blanking: &mut Blanking<'_>) -> Result<usize, Fault> {
        let mut end = start;
        while self.character(end).is_some_and(|character| character != quote && character != b'<') {
            end = self.next(end);
        }
        blanking.spend(end.saturating_sub(start))?;
        Ok(end)
    }

    /// Blanks the text of the element whose name is at `name`; returns where it ends.
    fn element(&self, name: Range<usize>, blanking: &mut Blanking<'_>) -> Result<usize, Fault> {
        let (content, closed) = self.tag(name.end, blanking)?;
        if closed {
            return Ok(content);
        }
        let mut end_tag = b"</".to_vec();
        end_tag.extend(self.name(name));
        let rest = self.region.bytes().get(content..).unwrap_or_default();
        let found = memmem::find(rest, &widened(&end_tag, self.width));
        blanking.spend(found.unwrap_or(rest.len()))?;
        let end = match found {
            Some(found) => content.saturating_add(found),
            // Not closed: what comes before the next tag is all that can be its text.
            None => self.skip(content, usize::MAX, |character| character != b'<'),
        };
        let mut at = content;
        while at < end {
            let section = SECTIONS.iter().find(|(open, _)| self.stands(at, open));
            if let Some((open, close)) = section {
                let start = at.saturating_add(open.len().saturating_mul(self.width));
                let mut stop = start;
                while stop < end && !self.stands(stop, close) {
                    stop = self.next(stop);
                }
                self.spaces(start..stop, blanking)?;
                at = stop.max(self.next(at));
            } else if self.character(at) == Some(b'<') {
                at = self.tag(self.next(at), blanking)?.0;
            } else {
                let start = at;
                while at < end && self.character(at) != Some(b'<') {
                    at = self.next(at);
                }
                self.spaces(start..at.min(end), blanking)?;
            }
        }
        Ok(end)
    }

    /// Passes over the rest of a start tag and blanks `rdf:value` and `rdf:resource` in it. Returns the
    /// place behind it, and whether the tag closes itself.
    fn tag(&self, mut at: usize, blanking: &mut Blanking<'_>) -> Result<(usize, bool), Fault> {
        let begun = at;
        let mut last = 0;
        while let Some(character) = self.character(at) {
            match character {
                b'>' => {
                    blanking.spend(at.saturating_sub(begun))?;
                    return Ok((self.next(at), last == b'/'));
                }
                b'<' => break,
                b'=' => {
                    let open = self.skip(self.next(at), MAX_NAME, is_space);
                    if let Some(quote @ (b'"' | b'\'')) = self.character(open) {
                        let name = self.name(self.name_start(at)..at);
                        let start = self.next(open);
                        let end = self.quote_end(start, quote, blanking)?;
                        if name == b"value" || name == b"resource" {
                            self.spaces(start..end, blanking)?;
                        }
                        at = if self.character(end) == Some(quote) { self.next(end) } else { end };
                    } else {
                        at = open;
                    }
                }
                _ => at = self.next(at),
            }
            last = character;
        }
        blanking.spend(at.saturating_sub(begun))?;
        Ok((at, false))
    }

    /// Overwrites characters with spaces, unless they are nothing but white space.
    fn spaces(&self, range: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
        let blank = range.clone().step_by(self.width).all(|at| self.character(at).is_some_and(is_space));
        if blank {
            return blanking.spend(range.len());
        }
        if self.width == 1 {
            return self.region.fill(blanking, range, b' ');
        }
        for at in range.step_by(self.width) {
            self.region.fill(blanking, at..self.next(at), 0)?;
            self.region.put(blanking, at, b" ")?;
        }
        Ok(())
    }
}
