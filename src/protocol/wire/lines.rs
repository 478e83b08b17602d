//! Framing: a stream of bytes as lines.

use memchr::{memchr, memchr_iter, memrchr};

use super::{MAX_LINE, Malformed};

/// Cuts a stream of bytes into lines of at most [`MAX_LINE`] bytes. Holds no memory between whole lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end has not arrived, or, with its end, the line last given out.
    partial: Vec<u8>,
}

impl Lines {
    /// The next whole line, without its ending, from what is kept and `input`, which moves on past what was used.
    /// `None` keeps the rest of `input` for later.
    pub fn next<'s, 'i: 's>(
        &'s mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'s [u8]>, Malformed> {
        if self.is_whole() {
            *self = Lines::default();
        }
        let end = memchr(b'\n', input);
        let taken = end.map_or(input.len(), |end| end + 1);
        // Without its end in sight a line needs one byte more at least.
        let length = self.partial.len() + taken + usize::from(end.is_none());
        if length > MAX_LINE {
            return Err(Malformed::TooLong);
        }
        let (head, rest) = input.split_at(taken);
        *input = rest;
        if self.partial.is_empty() && end.is_some() {
            return Ok(Some(without_ending(head)));
        }
        self.partial.extend_from_slice(head);
        Ok(end.map(|_| without_ending(&self.partial)))
    }

    #[cfg(test)]
    pub(super) fn holds_memory(&self) -> bool {
        self.partial.capacity() > 0
    }

    /// What has come of a line that is not whole yet.
    pub fn partial(&self) -> &[u8] {
        if self.is_whole() { &[] } else { &self.partial }
    }

    fn is_whole(&self) -> bool {
        self.partial.ends_with(b"\n")
    }
}

/// The whole lines that these bytes begin with, as far as they are text: read at once, which is quicker than each by
/// itself.
pub fn leading_text(bytes: &[u8]) -> &str {
    let whole = &bytes[..memrchr(b'\n', bytes).map_or(0, |last| last + 1)];
    let text = simdutf8::compat::from_utf8(whole);
    // What is no text is left to whoever looks at its line.
    text.or_else(|error| simdutf8::compat::from_utf8(&whole[..error.valid_up_to()]))
        .unwrap_or_default()
}

/// The lines that a text begins with, without their endings, as far as these are LF alone, and the lines not too long.
pub fn lines_with_lf(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let lines = memchr_iter(b'\n', text.as_bytes()).map(move |end| {
        let line = &text[start..end];
        start = end + 1;
        line
    });
    lines.take_while(|line| line.len() < MAX_LINE && !line.ends_with('\r'))
}

fn without_ending(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
