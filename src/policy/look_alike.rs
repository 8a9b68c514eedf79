//! Shows a text as a lenient reader might read it: what looks alike becomes equal.
//!
//! References and flags inside a text load faces and cost money (L-02, L-03). Whether the upstream folds
//! full-width letters, drops zero-width characters or ignores case is not known, so each text is searched in this
//! folded form; only what is spelled exactly is admitted.
//!
//! What it does *not* do: it changes no text that is sent.

/// A text, folded.
pub(super) struct Folded {
    /// Each visible character, folded, with the byte offset of its original.
    chars: Vec<(char, usize)>,
}

/// What every dash that counts as one `-` becomes.
pub(super) const DASH: char = '-';
/// What every dash that stands for `--` becomes (keyboards turn two hyphens into one of these).
pub(super) const EM_DASH: char = '\u{2014}';

impl Folded {
    /// Folds a text.
    pub(super) fn new(text: &str) -> Self {
        let mut chars = Vec::with_capacity(text.len());
        for (offset, original) in text.char_indices() {
            if is_invisible(original) {
                continue;
            }
            for lower in fold(original).to_lowercase() {
                chars.push((lower, offset));
            }
        }
        Self { chars }
    }

    /// The folded character at a place, if there is one.
    pub(super) fn at(&self, place: usize) -> Option<char> {
        self.chars.get(place).map(|(c, _)| *c)
    }

    /// Where the character at a place stands in the original, in bytes.
    pub(super) fn offset(&self, place: usize) -> usize {
        self.chars.get(place).map_or(usize::MAX, |(_, offset)| *offset)
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The first place from `place` on that is no space.
    pub(super) fn skip_spaces(&self, mut place: usize) -> usize {
        while self.at(place) == Some(' ') {
            place += 1;
        }
        place
    }

    /// The place after `word`, if it stands at `place`, spaces inside it ignored.
    pub(super) fn after_word(&self, mut place: usize, word: &str) -> Option<usize> {
        for expected in word.chars() {
            place = self.skip_spaces(place);
            if self.at(place) != Some(expected) {
                return None;
            }
            place += 1;
        }
        Some(place)
    }
}

/// Format, joining, combining and control characters: nothing that one sees on its own.
fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn fold(c: char) -> char {
    if c.is_whitespace() {
        return ' ';
    }
    match c {
        '\u{2010}'..='\u{2013}'
        | '\u{2043}'
        | '\u{207b}'
        | '\u{208b}'
        | '\u{2212}'
        | '\u{2d7}'
        | '\u{58a}'
        | '\u{5be}'
        | '\u{1400}'
        | '\u{1806}'
        | '\u{2cba}'
        | '\u{2e17}'
        | '\u{2e1a}'
        | '\u{fe63}'
        | '\u{ff0d}'
        | '\u{10ead}' => DASH,
        '\u{2014}' | '\u{2015}' | '\u{2e3a}' | '\u{2e3b}' | '\u{2e40}' | '\u{fe31}' | '\u{fe32}'
        | '\u{fe58}' | '\u{2500}' | '\u{2501}' => EM_DASH,
        '\u{2039}' | '\u{3008}' | '\u{27e8}' | '\u{2329}' | '\u{276e}' | '\u{2770}' | '\u{2c2}'
        | '\u{fe64}' | '\u{fe3f}' | '\u{300a}' | '\u{ab}' => '<',
        '\u{203a}' | '\u{3009}' | '\u{27e9}' | '\u{232a}' | '\u{276f}' | '\u{2771}' | '\u{2c3}'
        | '\u{fe65}' | '\u{fe40}' | '\u{300b}' | '\u{bb}' => '>',
        '\u{2d0}' | '\u{2f8}' | '\u{589}' | '\u{5c3}' | '\u{2236}' | '\u{a789}' | '\u{fe13}' | '\u{fe30}'
        | '\u{fe55}' => ':',
        '\u{fe5b}' => '{',
        '\u{fe5c}' => '}',
        '\u{fe33}' | '\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' => '_',
        '\u{ff01}'..='\u{ff5e}' => shift(c, 0xff01, '!'),
        '\u{1d400}'..='\u{1d6a3}' => nth_letter((u32::from(c) - 0x1d400) % 52),
        '\u{1d7ce}'..='\u{1d7ff}' => nth_from('0', (u32::from(c) - 0x1d7ce) % 10),
        '\u{24b6}'..='\u{24cf}' => shift(c, 0x24b6, 'a'),
        '\u{24d0}'..='\u{24e9}' => shift(c, 0x24d0, 'a'),
        '\u{1f130}'..='\u{1f149}' => shift(c, 0x1f130, 'a'),
        _ => fold_letter(c),
    }
}

/// Letters of other scripts, and letter-like signs, that look or case-fold like a Latin letter.
fn fold_letter(c: char) -> char {
    match c {
        'а' | 'А' | 'α' | 'Α' | 'ª' | 'ᵃ' | 'ɑ' => 'a',
        'с' | 'С' | 'ϲ' | 'ⅽ' => 'c',
        'ԁ' | 'ⅾ' | 'ᵈ' => 'd',
        'е' | 'Е' | 'Ε' | 'ℯ' | 'ᵉ' => 'e',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'İ' | 'ⅰ' | 'ⁱ' | 'ℹ' | 'ӏ' => 'i',
        'К' | 'κ' | 'Κ' | '\u{212a}' => 'k',
        'ⅼ' | 'ℓ' | 'Ⅼ' | 'ˡ' => 'l',
        'м' | 'М' | 'Μ' | 'ⅿ' | 'ᵐ' => 'm',
        'ո' | 'ⁿ' | 'Ν' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' | 'º' | 'ℴ' | 'ᵒ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' | 'ᵖ' => 'p',
        'г' | 'ʳ' => 'r',
        'ѕ' | 'Ѕ' | 'ſ' | 'ˢ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' | 'ᵗ' => 't',
        'υ' | 'ս' | 'ᵘ' => 'u',
        'ν' | 'ⅴ' | 'ѵ' | 'ᵛ' => 'v',
        'х' | 'Х' | 'χ' | 'Χ' | 'ⅹ' => 'x',
        'у' | 'У' | 'Υ' => 'y',
        _ => c,
    }
}

fn shift(c: char, from: u32, to: char) -> char {
    nth_from(to, u32::from(c) - from)
}

fn nth_from(first: char, n: u32) -> char {
    char::from_u32(u32::from(first) + n).unwrap_or(first)
}

/// Mathematical alphabets: 26 capitals, then 26 small letters.
fn nth_letter(n: u32) -> char {
    nth_from('a', n % 26)
}
