//! `IMPORT FOREIGN SCHEMA`: the tables as SQL. No network access.

use std::fmt::Write as _;

use crate::model::{At, ColumnType, Entity, WHOLE_ROW_COLUMN};
use crate::options::ImportTypes;

/// The statement that creates an entity's table. Columns of the key are NOT NULL: a response without their values is
/// an error.
pub fn create_foreign_table(entity: &Entity, server: &str, types: ImportTypes) -> String {
    let sql = |ty: ColumnType| if types == ImportTypes::Text { "text" } else { ty.sql() };
    let mut statement = format!("CREATE FOREIGN TABLE {} (", identifier(entity.name));
    for column in entity.columns {
        let required = entity.key.contains(&column.name) || column.at == At::Request;
        let not_null = if required { " NOT NULL" } else { "" };
        let _ = write!(statement, "{} {}{not_null}, ", identifier(column.name), sql(column.ty));
    }
    let _ = write!(
        statement,
        "{} {}) SERVER {} OPTIONS (object {})",
        identifier(WHOLE_ROW_COLUMN),
        sql(ColumnType::Jsonb),
        identifier(server),
        literal(entity.name)
    );
    statement
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PARTS;

    #[test]
    fn create_foreign_table_quotes_names_and_options() {
        assert_eq!(
            create_foreign_table(&PARTS, "a \"b\"", ImportTypes::Native),
            "CREATE FOREIGN TABLE \"parts\" (\"thing_id\" text NOT NULL, \"id\" text NOT NULL, \"attrs\" jsonb) \
             SERVER \"a \"\"b\"\"\" OPTIONS (object 'parts')"
        );
        assert!(create_foreign_table(&PARTS, "s", ImportTypes::Text).contains("\"attrs\" text)"));
        assert_eq!(literal("it's"), "'it''s'");
    }
}
