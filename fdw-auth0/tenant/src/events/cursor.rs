//! Cursors: opaque positions in the log of events.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest cursor that a request may have.
const LONGEST: usize = 1_024;

/// A position in the log of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(super) generation: u32,
    /// The number of the next event.
    pub(super) position: u64,
}

/// The reason why a cursor is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Invalid,
    Expired,
}

impl Cursor {
    pub(crate) fn render(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("events/{}/{}", self.generation, self.position))
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (generation, position) = text.strip_prefix("events/")?.split_once('/')?;
        let cursor = Self { generation: generation.parse().ok()?, position: position.parse().ok()? };
        (text == format!("events/{}/{}", cursor.generation, cursor.position)).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let good = Cursor { generation: 1, position: 5 };
        let text = good.render();
        assert_eq!(Cursor::read(&text), Some(good));
        for text in ["", "x", "5", &text[1..], &format!("{text}="), &"x".repeat(1_025)] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
