//! Keeps an event on the line that it is: nothing that it quotes can begin another one or steer a terminal.
//!
//! The formatter escapes most of it, but not a line feed in a value that is written as it displays itself, such as an
//! error's text.

use std::io::{Result, Write};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Takes one event a call, as the formatter writes them, and escapes control characters within.
pub(super) struct OneLine<W>(pub(super) W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> Result<usize> {
        self.write_all(event).map(|()| event.len())
    }

    fn write_all(&mut self, event: &[u8]) -> Result<()> {
        let body = event.strip_suffix(b"\n").unwrap_or(event);
        if is_plain(body) {
            return self.0.write_all(event);
        }
        let mut line = Vec::with_capacity(event.len() + 32);
        for byte in body {
            if is_control(*byte) {
                let digit = |n: u8| HEX.get(usize::from(n)).copied().unwrap_or(b'?');
                line.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]);
            } else {
                line.push(*byte);
            }
        }
        line.push(b'\n');
        self.0.write_all(&line)
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

const fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f
}

fn is_plain(body: &[u8]) -> bool {
    !body.iter().any(|byte| is_control(*byte))
}
