//! The docs of tables, generated from the definitions that queries are planned with.

use std::fmt::Write as _;

use crate::model::{Entity, Family, NextPage, Paging, Parameter, ParameterType, Parents, Stage};
use crate::options::OptionSpec;

/// The page of a family, in Markdown.
pub fn page(family: &Family) -> String {
    let mut page = format!("# {}\n\n{}\n\n", family.title, family.doc);
    page.push_str("This page is written by `scripts/docs` from the definitions of the tables.\n\n");
    page.push_str("| table | a row is |\n|---|---|\n");
    for entity in family.entities {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} |", entity.name, entity.doc);
    }
    for example in family.examples {
        let _ = write!(page, "\n**{}**\n\n```sql\n{}\n```\n", example.question, example.sql);
    }
    for entity in family.entities {
        page.push_str(&section(entity));
    }
    page
}

/// An option as a row of a Markdown table: its name, the objects it is allowed on, its default, and its description.
pub fn option_row(spec: &OptionSpec) -> String {
    let on: Vec<String> = spec.on.iter().map(ToString::to_string).collect();
    let default = spec.default.map(|value| format!("`{value}`")).unwrap_or_default();
    let superuser = if spec.superuser { " Superusers only." } else { "" };
    format!("| `{}` | {} | {default} | {}{superuser} |", spec.name, on.join(", "), spec.doc)
}

fn section(entity: &Entity) -> String {
    let mut section = format!("\n## `{}`\n\n{}", entity.name, entity.doc);
    section.push_str(match entity.stage {
        Stage::Stable => "",
        Stage::Early => " Given early: the API may still change it.",
        Stage::Deprecated => " Deprecated: the API will end it.",
    });
    section.push_str("\n\n");
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(section, "- {name}: {text}");
    };
    line("asked", &format!("`GET {}`", entity.path));
    for lookup in entity.lookups {
        line("asked by key", &format!("`GET {}`", lookup.path));
    }
    if !entity.key.is_empty() {
        line("key", &names(entity.key));
    }
    line("paging", paging(entity));
    line("scope", &any_of(entity.scopes));
    if let Some(needs) = needs(entity) {
        line("has to be asked with", &needs);
    }
    let pushed = pushed_filters(entity);
    if !pushed.is_empty() {
        line("filters sent", &pushed.join(", "));
    }
    if !entity.secrets.is_empty() {
        let secrets: Vec<String> = entity.secrets.iter().map(|secret| format!("`{secret}`")).collect();
        line("redacted unless `expose_secrets`", &secrets.join(", "));
    }
    section.push_str("\n| column | type | |\n|---|---|---|\n");
    for column in entity.columns {
        let from = match column.member() {
            Some(member) if member != column.name => format!(" Member `{member}`."),
            _ => String::new(),
        };
        let _ = writeln!(section, "| `{}` | {} | {}{from} |", column.name, column.ty.sql(), column.doc);
    }
    section.push_str("| `attrs` | jsonb | The whole row as the API sent it. |\n");
    section
}

/// The list's paging, in a word or two.
pub fn paging(entity: &Entity) -> &'static str {
    match entity.paging {
        Paging::Whole if entity.is_document() => "one row",
        Paging::Whole => "one answer",
        Paging::Page(_) => "numbered pages",
        Paging::Uncounted(_) => "numbered pages without a total: a row that another one's removal moves may be missed",
        Paging::Checkpoint(pages) => match pages.next {
            NextPage::Cursor { .. } => "cursor",
            NextPage::LastKey { .. } => "from the key of the last row on",
            NextPage::Header | NextPage::Address(_) => "links",
        },
        Paging::Log(_) => "from the oldest entry on; a search by numbered pages",
    }
}

/// The values that the list needs, and their source when the query does not name them.
pub fn needs(entity: &Entity) -> Option<String> {
    let required: Vec<&str> = entity.required().collect();
    if required.is_empty() {
        return None;
    }
    let from_parents: Vec<&str> = match entity.parents {
        Parents::None => Vec::new(),
        Parents::Of { keys, .. } => keys.iter().map(|(own, _)| *own).collect(),
        Parents::Values { column, .. } => vec![column],
    };
    let (given, needed): (Vec<&str>, Vec<&str>) = required.iter().partition(|column| from_parents.contains(column));
    let mut text = Vec::new();
    if !needed.is_empty() {
        text.push(format!("{}, which the query has to name", names(&needed)));
    }
    match entity.parents {
        Parents::Of { entity: parent, .. } if !given.is_empty() => {
            text.push(format!("{}, else read for each row of `{}`", names(&given), parent.name));
        }
        Parents::Values { values, .. } => {
            text.push(format!("{}, else read for each of {} documented values", names(&given), values.len()));
        }
        _ => {}
    }
    Some(text.join("; "))
}

/// The conditions that are sent to the API, each as the column and its operators.
pub fn pushed_filters(entity: &Entity) -> Vec<String> {
    let mut pushed: Vec<String> = entity.parameters.iter().map(by_parameter).collect();
    if let Some(search) = entity.search {
        pushed.extend(search.fields.iter().map(|field| format!("`{}`", field.path)));
    }
    pushed
}

fn by_parameter(parameter: &Parameter) -> String {
    let operators = match parameter.takes {
        ParameterType::Text | ParameterType::Value | ParameterType::Word(_) => "=",
        ParameterType::Texts(_) | ParameterType::Words(_) => "=, in",
        ParameterType::Bool => "is true, is false",
        ParameterType::True => "is true",
        ParameterType::FirstDay | ParameterType::Earliest => "=, >, >=",
        ParameterType::LastDay | ParameterType::Latest => "=, <, <=",
    };
    format!("`{}` ({operators})", parameter.column)
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn any_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}
