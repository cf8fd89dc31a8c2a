//! Exported files: the rows do not depend on the size of the pieces, and a truncated or damaged file is an error.

#![no_main]

use std::io::Write as _;

use arbitrary::Arbitrary;
use fdw_common::json_path::JsonPath;
use fdw_common::model::{Column, ColumnType, Entity};
use fdw_common::rest::Projection;
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::parsers::{Downloads, lines, unpack};

static ENTITY: Entity = Entity {
    name: "things",
    doc: "Things.",
    path: "things",
    key: &["id"],
    scopes: &["read:things"],
    columns: &[Column::new("id", ColumnType::Text, "The key.")],
    ..Entity::BASE
};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// The bytes are the file itself, rather than its decompressed text.
    is_packed: bool,
    /// The position at which the text is split into two separately compressed files.
    parted: Option<u16>,
    cut: Option<u16>,
    damage: Option<(u16, u8)>,
    sizes: [u16; 2],
    least: u16,
    /// The number of batches after which the first download breaks.
    broken_at: u8,
    bytes: &'a [u8],
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fuzz_target!(|input: Input<'_>| {
    let [first, second] = input.sizes.map(|size| usize::from(size).max(1));
    let least = usize::from(input.least);
    let mut file = if input.is_packed {
        input.bytes.to_vec()
    } else {
        let (one, two) = input.bytes.split_at(input.parted.map_or(0, usize::from).min(input.bytes.len()));
        [gzip(one), gzip(two)].concat()
    };
    let whole = file.len();
    if let Some(cut) = input.cut {
        file.truncate(usize::from(cut));
    }
    if let Some((at, with)) = input.damage
        && let Some(byte) = file.get_mut(usize::from(at))
    {
        *byte ^= with;
    }
    let is_whole = file.len() == whole && input.damage.is_none_or(|(_, with)| with == 0);

    let batches = unpack(&file, first, least);
    let text = batches.as_ref().ok().map(|batches| batches.concat());
    assert_eq!(text, unpack(&file, second, least).ok().map(|batches| batches.concat()), "pieces change the file");
    if !input.is_packed {
        let mut expected = input.bytes.to_vec();
        if expected.last().is_some_and(|last| *last != b'\n') {
            expected.push(b'\n');
        }
        match &text {
            Some(text) if is_whole => assert_eq!(*text, expected),
            None => assert!(!is_whole, "a complete file was refused"),
            // A file cut after one of the compressed files is valid. A checksum detects all other damage, except
            // in the header, which contains flags and a name.
            Some(text) if input.damage.is_none_or(|(_, with)| with == 0) => {
                assert!(expected.starts_with(text.strip_suffix(b"\n").unwrap_or(text)));
            }
            Some(_) => {}
        }
    }
    let Ok(batches) = batches else { return };
    let projection = Projection::new(&ENTITY, &[JsonPath::whole_row()], true);
    for batch in &batches {
        assert!(batch.ends_with(b"\n"), "half a line");
        let count = batch.iter().filter(|byte| **byte == b'\n').count();
        // The export compares the numbers of rows and lines, and refuses more than one row on a line.
        let Ok(rows) = lines(&ENTITY, &projection, batch.clone()) else { continue };
        if rows.len() != count {
            continue;
        }
        for (number, line) in batch.split(|byte| *byte == b'\n').take(count).enumerate() {
            let line = std::str::from_utf8(line).expect("rows are text");
            assert_eq!(rows.value(number, 0), Some(line.trim_matches([' ', '\t', '\r'])));
        }
    }

    // A download that breaks and starts again, in other pieces.
    let Some(text) = text else { return };
    let mut downloads = Downloads::default();
    downloads.begin();
    let mut emitted = Vec::new();
    for batch in batches.iter().take(usize::from(input.broken_at)) {
        emitted.extend(downloads.emit(batch.clone()).expect("nothing came before").unwrap_or_default());
    }
    downloads.begin();
    for batch in unpack(&file, second, least / 2).expect("it has been read") {
        emitted.extend(downloads.emit(batch).expect("it is the same file").unwrap_or_default());
    }
    assert_eq!(emitted, text, "a line is missing or was emitted twice");
});
