//! The measured requests of `tests/fixtures/rails-params/`.

const RAILS_7_2: &str = include_str!("../../fixtures/rails-params/rails-7.2-rack-3.1.txt");

pub struct Case {
    pub name: &'static str,
    pub query: Option<&'static str>,
    pub content_type: Option<Vec<u8>>,
    pub body: Vec<u8>,
}

/// Every `POST`, whatever its path was.
pub fn posts() -> Vec<Case> {
    RAILS_7_2
        .lines()
        .step_by(2)
        .filter_map(|line| {
            let (name, request) = line.split_at(35);
            let (target, rest) = request.strip_prefix("POST ")?.split_once(" | ct=")?;
            let (content_type, body) = rest.split_once(" | ")?;
            Some(Case {
                name: name.trim(),
                query: target.split_once('?').map(|(_, query)| query),
                content_type: (content_type != "nil").then(|| ruby_literal(content_type)),
                body: ruby_literal(body),
            })
        })
        .collect()
}

impl Case {
    /// The same with a text in it, so that what is odd about it is all that is odd.
    pub fn body_with_text(&self) -> Option<Vec<u8>> {
        let part = b"--X\r\nContent-Disposition: form-data; name=\"prompt[text]\"\r\n\r\na cat\r\n";
        let json = br#"{"prompt":{"#;
        if self.body.starts_with(b"--X\r\n") {
            Some([part.as_slice(), &self.body].concat())
        } else if let Some(rest) = self.body.strip_prefix(json.as_slice()) {
            Some([json.as_slice(), br#""text":"a cat","#, rest].concat())
        } else if self.content_type.as_deref().is_some_and(|kind| kind.starts_with(b"application/x-www")) {
            Some([b"prompt[text]=a+cat&".as_slice(), &self.body].concat())
        } else {
            None
        }
    }
}

/// Undoes `String#inspect`, then the writing of CRLF as `\r\n`. A cut literal simply ends.
pub fn ruby_literal(literal: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = literal.strip_prefix('"').unwrap().bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(b'x') => {
                    let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                    out.push(u8::from_str_radix(&hex, 16).unwrap());
                }
                Some(other) => out.push(other),
                None => break,
            },
            other => out.push(other),
        }
    }
    let mut rest = out.as_slice();
    let mut unfolded = Vec::new();
    while let Some(at) = rest.windows(4).position(|window| window == br"\r\n") {
        unfolded.extend_from_slice(&rest[..at]);
        unfolded.extend_from_slice(b"\r\n");
        rest = &rest[at + 4..];
    }
    unfolded.extend_from_slice(rest);
    unfolded
}
