//! The SQL blocks of a page, with their comments and outputs.

use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, OffsetIter, Parser, Tag, TagEnd};

/// Languages allowed for a page's blocks: SQL is only called `sql`.
const LANGUAGES: &[&str] = &["sql", "text", "sh", "hcl", "diff", "toml", "yaml", "json", "rust", "dockerfile", "html"];

/// A page of the docs.
#[derive(Debug)]
pub(crate) struct Page {
    /// The file, relative to the repository: `docs/errors.md`.
    pub(crate) name: String,
    /// Its path.
    pub(crate) path: PathBuf,
    /// Its Markdown.
    pub(crate) text: String,
    /// Its SQL blocks, in the order they are run.
    pub(crate) blocks: Vec<Block>,
}

/// A block of SQL.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Number of its first line in the page, from 1.
    pub(crate) line: usize,
    /// Its SQL.
    pub(crate) sql: String,
    /// `<!-- error: HV00J -->`: the SQLSTATE that it fails with.
    pub(crate) error: Option<String>,
    /// `<!-- tenant: PUT settings {…} -->`: settings sent to the tenant before it runs.
    pub(crate) tenant: Vec<String>,
    /// `<!-- last -->`: it runs after all other blocks.
    pub(crate) last: bool,
    /// The bytes of the page between the fences of the `text` block that follows.
    pub(crate) output: Option<Range<usize>>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Panics
    /// If it has a block in an unknown language, or a comment without a block after it.
    pub(crate) fn read(root: &Path, name: &str) -> Self {
        let path = root.join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut blocks = blocks(&text).unwrap_or_else(|(at, what)| panic!("{name}:{}: {what}", line(&text, at)));
        // The sort is stable: other blocks keep their order.
        blocks.sort_by_key(|block| block.last);
        Self { name: name.to_owned(), path, text, blocks }
    }

    /// All SQL of the page.
    pub(crate) fn sql(&self) -> String {
        self.blocks.iter().map(|block| block.sql.to_lowercase()).collect::<Vec<_>>().join("\n")
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The SQL blocks of a page, or the position and text of the first error.
fn blocks(text: &str) -> Result<Vec<Block>, (usize, String)> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut next = Block::default();
    // True if nothing has followed the last SQL block yet.
    let mut follows = false;
    let mut events = Parser::new(text).into_offset_iter();
    while let Some((event, at)) = events.next() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let CodeBlockKind::Fenced(language) = kind else {
                    return Err((at.start, "a block without fences".to_owned()));
                };
                if !LANGUAGES.contains(&language.as_ref()) {
                    return Err((at.start, format!("a block in \"{language}\"; expected one of {LANGUAGES:?}")));
                }
                let (code, inside) = code(&mut events, at.clone());
                if language.as_ref() == "sql" {
                    let line = line(text, at.start) + 1;
                    blocks.push(Block { line, sql: code, ..std::mem::take(&mut next) });
                    follows = true;
                    continue;
                }
                if let (true, "text", Some(block)) = (follows, language.as_ref(), blocks.last_mut()) {
                    block.output = Some(inside);
                }
                follows = false;
            }
            Event::Html(html) => match html.trim().strip_prefix("<!--").and_then(|html| html.strip_suffix("-->")) {
                Some(comment) => directive(comment.trim(), &mut next).map_err(|what| (at.start, what))?,
                None => follows = false,
            },
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
            _ => {
                follows = false;
                if next.error.is_some() || next.last {
                    return Err((at.start, "a comment without an SQL block after it".to_owned()));
                }
            }
        }
    }
    Ok(blocks)
}

/// The code of the block that has just started, and its bytes in the page.
fn code(events: &mut OffsetIter<'_>, block: Range<usize>) -> (String, Range<usize>) {
    let mut code = String::new();
    let mut inside: Option<Range<usize>> = None;
    for (event, at) in events {
        match event {
            Event::Text(text) => {
                code.push_str(&text);
                inside = Some(inside.map_or(at.clone(), |inside| inside.start..at.end));
            }
            Event::End(TagEnd::CodeBlock) => break,
            _ => {}
        }
    }
    (code, inside.unwrap_or(block))
}

fn directive(comment: &str, block: &mut Block) -> Result<(), String> {
    match comment.split_once(':').map(|(name, value)| (name, value.trim())) {
        None if comment == "last" => block.last = true,
        Some(("error", code)) if code.len() == 5 => block.error = Some(code.to_owned()),
        Some(("tenant", request)) => block.tenant.push(request.to_owned()),
        _ => return Err(format!("unknown comment \"{comment}\"")),
    }
    Ok(())
}

/// Every page of the docs, including generated ones.
pub(crate) fn all(root: &Path) -> Vec<Page> {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).expect("a folder of docs") {
            let entry = entry.expect("an entry of a folder");
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name.ends_with(".md") {
                names.push(name);
            }
        }
    }
    names.sort();
    names.iter().map(|name| Page::read(root, name)).collect()
}
