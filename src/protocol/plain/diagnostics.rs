//! How lines were understood, for whoever looks for the mistake in a client.

/// Something about how a line was understood, for whoever looks for the mistake in a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnostic {
    /// Nothing ended the line but silence.
    Silence,
    /// Nothing ended the line but the end of the stream.
    EndOfStream,
    /// Nothing ended the line but the next, which came by itself or begins with the client's own name.
    Pasted,
    /// The client's own name stood before the text.
    OwnPrefix,
    /// The first line said who has come.
    Announced,
    Windows1252,
    ByteOrderMark,
    /// The line is longer than a message.
    Split,
    /// Telnet commands stood among the text.
    Telnet,
    /// Characters were taken back.
    Erased,
}

/// A set of [`Diagnostic`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(u16);

impl Diagnostics {
    /// What is in the set.
    pub fn iter(self) -> impl Iterator<Item = Diagnostic> {
        let all = [
            Diagnostic::Telnet,
            Diagnostic::ByteOrderMark,
            Diagnostic::Windows1252,
            Diagnostic::Erased,
            Diagnostic::Silence,
            Diagnostic::EndOfStream,
            Diagnostic::Pasted,
            Diagnostic::Split,
            Diagnostic::Announced,
            Diagnostic::OwnPrefix,
        ];
        all.into_iter()
            .filter(move |diagnostic| self.0 & diagnostic.bit() != 0)
    }

    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.0 |= diagnostic.bit();
    }
}

impl Diagnostic {
    fn bit(self) -> u16 {
        1 << self as u8
    }
}
