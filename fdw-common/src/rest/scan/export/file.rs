//! Reading of an exported file: decompressed, split into lines, and compared with earlier downloads.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::Write as _;

use flate2::write::MultiGzDecoder;

/// The position in the file up to which rows have been emitted, and the position of this download, in bytes of
/// complete lines. A hash of the emitted part detects a different file in a later download.
#[derive(Default)]
pub struct FilePosition {
    pub(crate) done: u64,
    pub(crate) hash: DefaultHasher,
    pub(crate) at: u64,
    pub(crate) hash_at: DefaultHasher,
    pub(crate) lines_at: u64,
}

impl FilePosition {
    /// Starts a download.
    pub fn begin(&mut self) {
        (self.at, self.lines_at) = (0, 0);
        self.hash_at = DefaultHasher::default();
    }

    /// Processes the next lines, and returns those that have not been emitted.
    ///
    /// # Errors
    /// `AnotherFile` if the lines that have been emitted differ now.
    pub fn pass(&mut self, mut lines: Vec<u8>) -> Result<Option<Vec<u8>>, AnotherFile> {
        let known = usize::try_from(self.done.saturating_sub(self.at)).unwrap_or(usize::MAX).min(lines.len());
        let new = lines.split_off(known);
        self.hash_at.write(&lines);
        self.at += known as u64;
        self.lines_at += lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        if self.at == self.done && self.hash_at.finish() != self.hash.finish() {
            return Err(AnotherFile);
        }
        self.hash_at.write(&new);
        self.at += new.len() as u64;
        Ok(Some(new).filter(|new| !new.is_empty()))
    }

    /// Records that all lines so far have been emitted.
    pub fn take(&mut self) {
        self.done = self.at;
        self.hash = self.hash_at.clone();
    }
}

/// A download has another file than the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnotherFile;

/// A file that arrives in pieces, gzipped or not.
#[derive(Default)]
pub enum File {
    /// No piece has arrived yet.
    #[default]
    Unknown,
    /// Plain text: the host has decompressed it.
    Plain(Vec<u8>),
    /// The gzipped file, as it was exported.
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl File {
    /// Adds a piece.
    ///
    /// # Errors
    /// A description of the damage.
    pub fn add(&mut self, piece: &[u8]) -> Result<(), String> {
        if let File::Unknown = self {
            // Every line of JSON begins with a brace, and a gzip file with this byte.
            *self = match piece.first() {
                None => return Ok(()),
                Some(0x1f) => File::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
                Some(_) => File::Plain(Vec::new()),
            };
        }
        match self {
            File::Gzip(decoder) => decoder.write_all(piece).map_err(|error| format!("it cannot be unpacked: {error}")),
            File::Plain(text) => {
                text.extend_from_slice(piece);
                Ok(())
            }
            File::Unknown => Ok(()),
        }
    }

    /// The decompressed text that has not been taken; `None` before the first piece.
    fn text(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            File::Gzip(decoder) => Some(decoder.get_mut()),
            File::Plain(text) => Some(text),
            File::Unknown => None,
        }
    }

    /// The length of the text that has not been taken, in bytes.
    pub(crate) fn len(&mut self) -> usize {
        self.text().map_or(0, |text| text.len())
    }

    /// Takes the complete lines, if they have at least `least` bytes.
    pub fn lines(&mut self, least: usize) -> Option<Vec<u8>> {
        let text = self.text()?;
        let end = text.iter().rposition(|byte| *byte == b'\n')? + 1;
        if end < least {
            return None;
        }
        let rest = text.split_off(end);
        Some(std::mem::replace(text, rest))
    }

    /// Ends the file: checks that it is complete, and terminates the last line.
    pub fn end(&mut self) -> Result<(), String> {
        if let File::Gzip(decoder) = self {
            decoder.try_finish().map_err(|error| format!("it is cut off or damaged: {error}"))?;
        }
        if let Some(text) = self.text()
            && text.last().is_some_and(|last| *last != b'\n')
        {
            text.push(b'\n');
        }
        Ok(())
    }
}

/// Converts lines of one JSON value each into an array. JSON has newlines nowhere else.
pub fn as_array(mut lines: Vec<u8>) -> Vec<u8> {
    for byte in &mut lines {
        if *byte == b'\n' {
            *byte = b',';
        }
    }
    match lines.last_mut() {
        Some(last) => *last = b']',
        None => lines.push(b']'),
    }
    lines.insert(0, b'[');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// All lines of a file that arrives in pieces of this size, or the reason why it is not complete.
    fn read(bytes: &[u8], size: usize) -> Result<String, String> {
        let mut file = File::default();
        let mut text = Vec::new();
        for piece in bytes.chunks(size) {
            file.add(piece)?;
            text.extend(file.lines(1).unwrap_or_default());
        }
        file.end()?;
        text.extend(file.lines(0).unwrap_or_default());
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn files_are_read_completely_in_pieces_of_any_size() {
        let text = "{\"a\":1}\n{\"a\":\"\\n\"}\n{}\n";
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(read(&gzip(text.as_bytes()), size).unwrap(), text);
            assert_eq!(read(text.as_bytes(), size).unwrap(), text);
            assert_eq!(
                read(&gzip(text.trim_end().as_bytes()), size).unwrap(),
                text,
                "the last line need not be terminated"
            );
            let two = [gzip(b"{}\n"), gzip(b"{\"b\":2}\n")].concat();
            assert_eq!(read(&two, size).unwrap(), "{}\n{\"b\":2}\n");
        }
        assert_eq!(read(&gzip(b""), 1).unwrap(), "");
        assert_eq!(read(b"", 1).unwrap(), "");
    }

    #[test]
    fn a_truncated_or_damaged_gzip_file_is_an_error() {
        let text: Vec<u8> = (0..2000).flat_map(|n| format!("{{\"a\":{n}}}\n").into_bytes()).collect();
        let whole = gzip(&text);
        for cut in [1, 5, 8, 9, 100, whole.len() - 2] {
            assert!(read(&whole[..whole.len() - cut], 512).is_err(), "{cut} bytes less");
        }
        for at in [12, whole.len() / 2, whole.len() - 6, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            assert!(read(&damaged, 512).is_err(), "byte {at} of {}", whole.len());
        }
    }

    #[test]
    fn emitted_lines_are_skipped_if_they_are_the_same() {
        let mut progress = FilePosition::default();
        let pass = |progress: &mut FilePosition, lines: &str| {
            let new = progress.pass(lines.as_bytes().to_vec());
            new.map(|new| new.map(|new| String::from_utf8(new).unwrap()))
        };
        assert_eq!(pass(&mut progress, "a\nb\n"), Ok(Some("a\nb\n".into())));
        progress.take();
        assert_eq!(pass(&mut progress, "c\n"), Ok(Some("c\n".into())));
        // The third line was not emitted. The second download has other pieces.
        progress.begin();
        assert_eq!(pass(&mut progress, "a\n"), Ok(None));
        assert_eq!(pass(&mut progress, "b\nc\n"), Ok(Some("c\n".into())));
        assert_eq!(progress.lines_at, 2);
        progress.take();
        progress.begin();
        assert_eq!(pass(&mut progress, "a\nB\nc\nd\n"), Err(AnotherFile));
    }

    proptest! {
        /// For any text, truncation, damage and size of pieces.
        #[test]
        fn a_file_is_read_correctly_or_is_an_error(
            text in prop::collection::vec("[ -~]{0,9}\n", 0..40),
            cut in 1usize..64,
            (at, flip) in (12usize..400, 1u8..),
            size in 1usize..64,
        ) {
            let text = text.concat();
            let whole = gzip(text.as_bytes());
            prop_assert_eq!(read(&whole, size), Ok(text.clone()));
            prop_assert!(read(&whole[..whole.len() - cut.min(whole.len() - 1)], size).is_err());
            let mut damaged = whole;
            // After the header, which no checksum covers.
            let at = at.min(damaged.len() - 1);
            damaged[at] ^= flip;
            // Padding bits have no effect.
            prop_assert!(read(&damaged, size).map_or(true, |found| found == text));
        }
    }

    #[test]
    fn lines_become_an_array() {
        assert_eq!(as_array(b"{}\n".to_vec()), b"[{}]");
        assert_eq!(as_array(b"{}\n{\"a\":1}\n".to_vec()), b"[{},{\"a\":1}]");
        assert_eq!(as_array(Vec::new()), b"[]");
    }
}
