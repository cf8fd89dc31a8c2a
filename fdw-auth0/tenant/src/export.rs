//! The file of an export: users as NDJSON, gzipped while it is sent.

use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::fault::FaultKind;
use crate::fields::root_members;
use crate::store::Store;

/// The members of each line if the job has no `fields`.
const PREDEFINED: [(&str, &str); 11] = [
    ("user_id", "Id"),
    ("given_name", "Given Name"),
    ("family_name", "Family Name"),
    ("nickname", "Nickname"),
    ("name", "Name"),
    ("email", "Email"),
    ("email_verified", "Email Verified"),
    ("picture", "Picture"),
    ("identities[0].connection", "Connection"),
    ("created_at", "Created At"),
    ("updated_at", "Updated At"),
];

/// The minimum number of compressed bytes of a chunk.
const CHUNK: usize = 32 * 1024;

/// The users of an export and their members.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    columns: Vec<Column>,
    connection: Option<String>,
    limit: usize,
}

/// One member of each line.
#[derive(Debug, Clone)]
struct Column {
    root: String,
    path: Vec<Step>,
    /// The member's name, as a JSON string.
    name: String,
}

#[derive(Debug, Clone)]
enum Step {
    Member(String),
    Element(usize),
}

impl Selection {
    /// A selection of fields, each `(path, name in the file)`; the predefined fields if `fields` is empty.
    pub(crate) fn new(fields: &[(String, String)], connection: Option<String>, limit: Option<usize>) -> Self {
        let columns = if fields.is_empty() {
            PREDEFINED.iter().map(|(path, name)| Column::new(path, name)).collect()
        } else {
            fields.iter().map(|(path, name)| Column::new(path, name)).collect()
        };
        Self { columns, connection, limit: limit.unwrap_or(usize::MAX) }
    }

    /// The line of a user, without the newline; `None` if the user comes from another connection.
    fn line(&self, user: &[u8]) -> Option<String> {
        let members = root_members(user).unwrap_or_default();
        let root = |name: &str| members.iter().find(|(member, _)| member == name).map(|(_, raw)| raw.get());
        if let Some(connection) = &self.connection {
            let identities: Vec<Value> = serde_json::from_str(root("identities")?).ok()?;
            if !identities.iter().any(|identity| identity["connection"] == connection.as_str()) {
                return None;
            }
        }
        let mut line = String::with_capacity(user.len());
        line.push('{');
        for column in &self.columns {
            let Some(raw) = root(&column.root) else { continue };
            let value = match column.path.as_slice() {
                [] => Some(raw.to_owned()),
                path => serde_json::from_str::<Value>(raw).ok().and_then(|value| {
                    let end = path.iter().try_fold(&value, |value, step| match step {
                        Step::Member(name) => value.get(name),
                        Step::Element(index) => value.get(index),
                    });
                    end.map(Value::to_string)
                }),
            };
            // Members that a user does not have are left out of its line.
            let Some(value) = value else { continue };
            if line.len() > 1 {
                line.push(',');
            }
            line.push_str(&column.name);
            line.push(':');
            line.push_str(&value);
        }
        line.push('}');
        Some(line)
    }
}

impl Column {
    fn new(path: &str, name: &str) -> Self {
        let mut steps = path.split('.').flat_map(|part| {
            let (member, elements) = part.split_once('[').unwrap_or((part, ""));
            let elements = elements.split('[').filter_map(|index| index.strip_suffix(']')?.parse().ok());
            std::iter::once(Step::Member(member.to_owned())).chain(elements.map(Step::Element))
        });
        let root = match steps.next() {
            Some(Step::Member(root)) => root,
            _ => String::new(),
        };
        Self { root, path: steps.collect(), name: Value::from(name).to_string() }
    }
}

/// The file while it is sent. At most one chunk is in memory.
pub(crate) struct ExportFile {
    users: Arc<Store>,
    selection: Selection,
    fault: Option<FaultKind>,
    encoder: Option<GzEncoder<Vec<u8>>>,
    position: usize,
    written: usize,
    /// Number of lines before the middle of the file.
    middle: Option<usize>,
}

/// A piece of the file.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    /// True if the file's middle is at the end of this chunk.
    pub(crate) is_middle: bool,
}

impl ExportFile {
    /// The file from its beginning, with `fault` in its lines or bytes.
    pub(crate) fn new(users: Arc<Store>, selection: Selection, fault: Option<FaultKind>) -> Self {
        let middle = Some(selection.limit.min(users.len()) / 2);
        let encoder = Some(GzEncoder::new(Vec::with_capacity(2 * CHUNK), Compression::fast()));
        Self { users, selection, fault, encoder, position: 0, written: 0, middle }
    }

    /// The next line, with the fault applied; an empty line is not written.
    fn next_line(&mut self) -> Option<String> {
        if self.written >= self.selection.limit {
            return None;
        }
        let line = loop {
            let user = self.users.get(self.position)?;
            self.position += 1;
            if let Some(line) = self.selection.line(&user) {
                break line;
            }
        };
        let number = self.written;
        self.written += 1;
        // A fault of the middle changes the line after it; in a file of one line, that line.
        let is_middle = Some(number) == self.middle;
        Some(match &self.fault {
            Some(FaultKind::BrokenJson) if is_middle => {
                String::from_utf8_lossy(&line.as_bytes()[..line.len() / 2]).into_owned()
            }
            Some(FaultKind::MissingRow) if is_middle => String::new(),
            Some(FaultKind::DuplicateRow) if is_middle => format!("{line}\n{line}"),
            Some(FaultKind::ReplaceUser { position, json }) if *position == number => json.clone(),
            _ => line,
        })
    }
}

impl Iterator for ExportFile {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let mut encoder = self.encoder.take()?;
        // Writing to memory does not fail; if it did, the file would be truncated, which clients detect.
        let is_middle = loop {
            if encoder.get_ref().len() >= CHUNK {
                break false;
            }
            match self.next_line() {
                Some(line) => {
                    if !line.is_empty() {
                        encoder.write_all(line.as_bytes()).and_then(|()| encoder.write_all(b"\n")).ok()?;
                    }
                    if self.middle.is_some_and(|middle| self.written > middle) {
                        encoder.flush().ok()?;
                        self.middle = None;
                        break true;
                    }
                }
                None => {
                    let bytes = encoder.finish().ok()?;
                    return Some(self.chunk(bytes, self.middle.is_some()));
                }
            }
        };
        let bytes = std::mem::replace(encoder.get_mut(), Vec::with_capacity(2 * CHUNK));
        self.encoder = Some(encoder);
        Some(self.chunk(bytes, is_middle))
    }
}

impl ExportFile {
    fn chunk(&self, mut bytes: Vec<u8>, is_middle: bool) -> Chunk {
        if is_middle && self.fault == Some(FaultKind::CorruptBody) {
            corrupt(&mut bytes);
        }
        Chunk { bytes: bytes.into(), is_middle }
    }
}

/// Flips the bits of the byte in the middle.
pub(crate) fn corrupt(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte = !*byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn file(users: usize, selection: &Selection, fault: Option<FaultKind>) -> Vec<Chunk> {
        let user = |n| {
            let connection = if n % 3 == 0 { "sms" } else { "github" };
            format!(
                r#"{{"user_id":"{n}","identities":[{{"connection":"{connection}","user_id":{n}}}],"m":{{"a":[1,null]}}}}"#
            )
        };
        let users: Vec<String> = (0..users).map(user).collect();
        ExportFile::new(Arc::new(Store::from_json(&users)), selection.clone(), fault).collect()
    }

    fn text(chunks: &[Chunk]) -> std::io::Result<String> {
        let bytes: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
        Ok(text)
    }

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(path, name)| ((*path).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn a_line_has_the_selected_members() {
        let paths = fields(&[
            ("user_id", "user_id"),
            ("identities[0].user_id", "n\"o"),
            ("m.a[1]", "null"),
            ("m.b", "absent"),
            ("nothing", "absent too"),
            ("identities[1].user_id", "nobody"),
            ("m", "m"),
        ]);
        let selection = Selection::new(&paths, None, None);
        let line = r#"{"user_id":"0","n\"o":0,"null":null,"m":{"a":[1,null]}}"#;
        assert_eq!(text(&file(1, &selection, None)).unwrap(), format!("{line}\n"));
        let predefined = Selection::new(&[], None, None);
        assert_eq!(text(&file(1, &predefined, None)).unwrap(), "{\"Id\":\"0\",\"Connection\":\"sms\"}\n");
        assert_eq!(text(&file(0, &predefined, None)).unwrap(), "");
    }

    #[test]
    fn a_file_has_the_users_of_the_connection_up_to_the_limit() {
        let ids = |connection: Option<&str>, limit| {
            let id = fields(&[("user_id", "i")]);
            let text = text(&file(8, &Selection::new(&id, connection.map(str::to_owned), limit), None)).unwrap();
            text.lines().map(|line| line.replace(r#"{"i":""#, "").replace(r#""}"#, "")).collect::<String>()
        };
        assert_eq!(ids(None, None), "01234567");
        assert_eq!(ids(None, Some(3)), "012");
        assert_eq!(ids(None, Some(99)), "01234567");
        assert_eq!(ids(Some("sms"), None), "036");
        assert_eq!(ids(Some("github"), Some(2)), "12");
        assert_eq!(ids(Some("none"), None), "");
    }

    #[test]
    fn faults_change_lines_or_bytes() {
        let id = Selection::new(&fields(&[("user_id", "i")]), None, None);
        let with = |fault| text(&file(3, &id, Some(fault)));
        let lines = |ids: &[&str]| ids.iter().map(|id| format!("{{\"i\":\"{id}\"}}\n")).collect::<String>();
        assert_eq!(with(FaultKind::MissingRow).unwrap(), lines(&["0", "2"]));
        assert_eq!(with(FaultKind::DuplicateRow).unwrap(), lines(&["0", "1", "1", "2"]));
        assert_eq!(with(FaultKind::BrokenJson).unwrap(), "{\"i\":\"0\"}\n{\"i\"\n{\"i\":\"2\"}\n");
        let replace = FaultKind::ReplaceUser { position: 2, json: "x".to_owned() };
        assert_eq!(with(replace).unwrap(), format!("{}x\n", lines(&["0", "1"])));
        for users in [0, 1, 2, 3, 5_000] {
            let corrupted = file(users, &id, Some(FaultKind::CorruptBody));
            let as_it_was = file(users, &id, None);
            assert!(
                text(&corrupted).is_err() || text(&corrupted).unwrap() != text(&as_it_was).unwrap(),
                "{users} users"
            );
        }
    }

    #[test]
    fn the_same_users_give_the_same_bytes_in_chunks() {
        let selection = Selection::new(&[], None, None);
        let bytes = |chunks: &[Chunk]| chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect::<Vec<u8>>();
        let chunks = file(60_000, &selection, None);
        assert_eq!(bytes(&chunks), bytes(&file(60_000, &selection, None)));
        assert!(chunks.len() > 3, "{} chunks", chunks.len());
        assert!(chunks.iter().all(|chunk| chunk.bytes.len() < 2 * CHUNK));
        assert_eq!(chunks.iter().filter(|chunk| chunk.is_middle).count(), 1);
        assert_eq!(text(&chunks).unwrap().lines().count(), 60_000);
    }
}
