//! Translates a query's filters to [`crate::filter`]. postgres_fdw's `foreign_expr_walker` is the model: an
//! expression that is not known to be safe is not translated.
//!
//! Postgres tests every filter as well. A value can be sent if it is known before the first row: no column, no
//! volatile function, no subplan. Texts are compared only under deterministic collations.

use pgrx::pg_sys::{self, Oid};

use super::super::backend::{commutator, element_type, function_of, negator};
use super::super::convert::value;
use super::expr::{Expr, is_deterministic};
use crate::filter::{Comparison, Filter, Test, Value};
use crate::json_path::{JsonPath, Step};
use crate::plan::{ConstantColumn, PlannedColumn};

/// Translates the filters of one relation, and collects the expressions of their values.
pub(super) struct Translator<'p> {
    relation: pg_sys::Index,
    columns: &'p [PlannedColumn],
    /// Expressions that are parameters of the filters, in order.
    pub(super) parameters: Vec<Expr<'p>>,
    /// Nesting depth of ANDs, ORs and NOTs.
    depth: usize,
}

/// Only Postgres tests conditions nested deeper: a plan is serialised, and deserialising has a depth limit.
const DEEPEST: usize = 20;

/// A value of the row that a filter tests.
struct Column {
    path: JsonPath,
    ty: Oid,
    /// True for the column itself, false for a member of a document in it.
    is_whole: bool,
}

impl<'p> Translator<'p> {
    /// A translator for the relation with this index in the range table and these columns.
    pub(super) fn new(relation: pg_sys::Index, columns: &'p [PlannedColumn]) -> Self {
        Translator { relation, columns, parameters: Vec::new(), depth: 0 }
    }

    /// The filter of a boolean expression; `Unknown` for parts that cannot be translated.
    pub(super) fn filter(&mut self, expression: Expr<'p>) -> Filter {
        if let Some(logic) = expression.get::<pg_sys::BoolExpr>() {
            return self.logic(expression, logic.boolop);
        }
        let filter = if let Some(node) = expression.get::<pg_sys::BooleanTest>() {
            self.boolean_test(expression, node.booltesttype)
        } else if let Some(node) = expression.get::<pg_sys::NullTest>() {
            self.null_test(expression, node)
        } else if let Some(node) = expression.get::<pg_sys::ScalarArrayOpExpr>() {
            self.any_of(expression, node)
        } else if let Some(filter) = self.operation(expression) {
            Some(filter)
        } else {
            let column = self.column(expression).filter(|column| column.ty == pg_sys::BOOLOID);
            column.map(|column| test(column, Test::Compare(Comparison::Equal, Value::Bool(true))))
        };
        filter.unwrap_or(Filter::Unknown)
    }

    fn logic(&mut self, expression: Expr<'p>, operator: pg_sys::BoolExprType::Type) -> Filter {
        if self.depth == DEEPEST {
            return Filter::Unknown;
        }
        self.depth += 1;
        let mut filters: Vec<Filter> =
            expression.arguments().into_iter().map(|argument| self.filter(argument)).collect();
        self.depth -= 1;
        match operator {
            pg_sys::BoolExprType::AND_EXPR => Filter::And(filters),
            pg_sys::BoolExprType::OR_EXPR => Filter::Or(filters),
            _ => filters.pop().map_or(Filter::Unknown, not),
        }
    }

    fn boolean_test(&self, expression: Expr<'p>, kind: pg_sys::BoolTestType::Type) -> Option<Filter> {
        use pg_sys::BoolTestType::{IS_FALSE, IS_NOT_FALSE, IS_NOT_TRUE, IS_NOT_UNKNOWN, IS_TRUE, IS_UNKNOWN};
        let column = self.column(expression.argument()?).filter(|column| column.ty == pg_sys::BOOLOID)?;
        Some(match kind {
            IS_TRUE => test(column, Test::Is(true)),
            IS_FALSE => test(column, Test::Is(false)),
            IS_NOT_TRUE => not(test(column, Test::Is(true))),
            IS_NOT_FALSE => not(test(column, Test::Is(false))),
            IS_UNKNOWN => test(column, Test::IsNull),
            IS_NOT_UNKNOWN => not(test(column, Test::IsNull)),
            _ => return None,
        })
    }

    fn null_test(&self, expression: Expr<'p>, node: &pg_sys::NullTest) -> Option<Filter> {
        // JSON's null in a document is not SQL's NULL.
        let is_json = |column: &Column| matches!(column.ty, pg_sys::JSONBOID | pg_sys::JSONOID);
        let column = self.column(expression.argument()?).filter(|column| column.is_whole && !is_json(column))?;
        match (node.argisrow, node.nulltesttype == pg_sys::NullTestType::IS_NULL) {
            (true, _) => None,
            (false, true) => Some(test(column, Test::IsNull)),
            (false, false) => Some(not(test(column, Test::IsNull))),
        }
    }

    fn operation(&mut self, expression: Expr<'p>) -> Option<Filter> {
        let node = expression.get::<pg_sys::OpExpr>()?;
        let (left, right) = expression.two_arguments()?;
        self.compared(node.opno, node.inputcollid, left, right).or_else(|| {
            // `value = column` is `column = value`.
            let commuted = Some(commutator(node.opno)).filter(|operator| *operator != Oid::INVALID)?;
            self.compared(commuted, node.inputcollid, right, left)
        })
    }

    /// `left operator right`, with `left` from the row and `right` independent of it.
    fn compared(&mut self, operator: Oid, collation: Oid, left: Expr<'p>, right: Expr<'p>) -> Option<Filter> {
        let function = function_of(operator).to_u32();
        if let Some(column) = self.lower(left) {
            let is_equal = comparison(operator, pg_sys::TEXTOID)? == (Comparison::Equal, false);
            let right = (is_equal && is_deterministic(collation)).then_some(right)?;
            return Some(test(column, Test::LowerIs(self.value(right, pg_sys::TEXTOID)?)));
        }
        let column = self.column(left)?;
        if function == pg_sys::F_JSONB_CONTAINS && column.ty == pg_sys::JSONBOID {
            return Some(test(column, Test::Contains(self.value(right, pg_sys::JSONBOID)?)));
        }
        if is_text_type(column.ty) && !is_deterministic(collation) {
            return None;
        }
        let (ignore_case, negated) = match function {
            pg_sys::F_TEXTLIKE => (Some(false), false),
            pg_sys::F_TEXTNLIKE => (Some(false), true),
            pg_sys::F_TEXTICLIKE => (Some(true), false),
            pg_sys::F_TEXTICNLIKE => (Some(true), true),
            _ => (None, false),
        };
        if let Some(ignore_case) = ignore_case.filter(|_| is_text_type(column.ty)) {
            let pattern = self.value(right, pg_sys::TEXTOID)?;
            let like = test(column, Test::Like { pattern, ignore_case });
            return Some(if negated { not(like) } else { like });
        }
        let (comparison, negated) = comparison(operator, column.ty)?;
        let value = self.value(right, column.ty)?;
        let compared = test(column, Test::Compare(comparison, value));
        Some(if negated { not(compared) } else { compared })
    }

    fn any_of(&mut self, expression: Expr<'p>, node: &pg_sys::ScalarArrayOpExpr) -> Option<Filter> {
        let (left, right) = expression.two_arguments()?;
        let column = self.column(left)?;
        let is_equality = node.useOr
            && comparison(node.opno, column.ty) == Some((Comparison::Equal, false))
            && (!is_text_type(column.ty) || is_deterministic(node.inputcollid));
        let values = if is_equality { self.list(right, column.ty)? } else { return None };
        Some(test(column, Test::AnyOf(values)))
    }

    /// The column in `lower(column)`.
    fn lower(&self, expression: Expr<'p>) -> Option<Column> {
        let function = expression.get::<pg_sys::FuncExpr>()?;
        let argument = expression.arguments().first().copied()?;
        if function.funcid.to_u32() == pg_sys::F_LOWER_TEXT { self.column(argument) } else { None }
    }

    /// The value of the row that an expression reads: a column, or a member of a jsonb column.
    fn column(&self, expression: Expr<'p>) -> Option<Column> {
        if expression.get::<pg_sys::RelabelType>().is_some() {
            return self.column(expression.argument()?).filter(|column| is_text_type(column.ty));
        }
        if let Some(var) = expression.get::<pg_sys::Var>() {
            let own = i64::from(var.varno) == i64::from(self.relation) && var.varlevelsup == 0;
            // A type modifier may change the value during conversion.
            let is_unchanged = var.vartypmod == -1;
            let is_own = |column: &&PlannedColumn| column.attno == var.varattno;
            let column = self.columns.iter().find(is_own).filter(|column| column.time_format.is_none())?;
            return (own && is_unchanged).then(|| Column {
                path: column.path.clone(),
                ty: var.vartype,
                is_whole: true,
            });
        }
        let operator = expression.get::<pg_sys::OpExpr>()?.opno;
        let (document, key) = expression.two_arguments()?;
        let document = self.column(document).filter(|document| document.ty == pg_sys::JSONBOID)?;
        let (keys, ty) = match (function_of(operator).to_u32(), value::constant(key.get()?)?) {
            (pg_sys::F_JSONB_OBJECT_FIELD, Value::Text(key)) => (vec![key], pg_sys::JSONBOID),
            (pg_sys::F_JSONB_OBJECT_FIELD_TEXT, Value::Text(key)) => (vec![key], pg_sys::TEXTOID),
            (pg_sys::F_JSONB_EXTRACT_PATH, Value::List(keys)) => (keys_of(keys)?, pg_sys::JSONBOID),
            (pg_sys::F_JSONB_EXTRACT_PATH_TEXT, Value::List(keys)) => (keys_of(keys)?, pg_sys::TEXTOID),
            _ => return None,
        };
        let mut path = document.path;
        path.0.extend(keys.into_iter().map(Step::Key));
        Some(Column { path, ty, is_whole: false })
    }

    /// The value of an expression, for a comparison with values of type `ty`.
    fn value(&mut self, expression: Expr<'p>, ty: Oid) -> Option<Value> {
        let own = expression.ty();
        let fits = match ty {
            pg_sys::TEXTOID | pg_sys::VARCHAROID => is_text_type(own),
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => is_int(own),
            // Compared as the point in time in the session's time zone (timestamp.c, timestamptz_cmp_date).
            pg_sys::TIMESTAMPTZOID => {
                matches!(own, pg_sys::TIMESTAMPTZOID | pg_sys::TIMESTAMPOID | pg_sys::DATEOID)
            }
            _ => own == ty,
        };
        if fits { self.known(expression) } else { None }
    }

    /// The value of an array expression with elements that are compared with values of type `ty`.
    fn list(&mut self, expression: Expr<'p>, ty: Oid) -> Option<Value> {
        let element = element_type(expression.ty())?;
        let fits = (is_text_type(ty) && is_text_type(element)) || (is_int(ty) && is_int(element)) || element == ty;
        if fits { self.known(expression) } else { None }
    }

    /// A constant's value, or a parameter for an expression whose value is known during the scan.
    fn known(&mut self, expression: Expr<'p>) -> Option<Value> {
        if let Some(constant) = expression.get::<pg_sys::Const>() {
            // A timestamp without time zone is another point in time after the session's zone changes.
            if !matches!(constant.consttype, pg_sys::TIMESTAMPOID | pg_sys::DATEOID) {
                return value::constant(constant);
            }
        }
        let is_known_later = value::is_readable(expression.ty()) && !expression.has_columns() && expression.is_stable();
        is_known_later.then(|| {
            self.parameters.push(expression);
            Value::Parameter(self.parameters.len() - 1)
        })
    }
}

/// True for a condition that constant columns always fulfil: such a column equals its value, or is not NULL. All
/// other conditions are tested on every row.
pub(super) fn is_implied(relation: pg_sys::Index, clause: Expr<'_>, constants: &[ConstantColumn]) -> bool {
    let columns: Vec<PlannedColumn> = constants
        .iter()
        .map(|column| PlannedColumn::new(column.attno, &column.name, JsonPath::root_member(&column.name)))
        .collect();
    let is_own_value = |path: &JsonPath, value: &Value| {
        constants.iter().filter(|column| path.root() == Some(&column.name)).any(|column| match value {
            Value::Text(text) => *text == column.value,
            Value::Int(number) => column.value.trim().parse() == Ok(*number),
            _ => false,
        })
    };
    let of_constant = |filter: Filter| match filter {
        Filter::Test { path, test: Test::Compare(Comparison::Equal, value) } => is_own_value(&path, &value),
        Filter::Test { path, test: Test::AnyOf(Value::List(values)) } => {
            values.iter().any(|value| is_own_value(&path, value))
        }
        Filter::Not(filter) => matches!(*filter, Filter::Test { test: Test::IsNull, .. }),
        _ => false,
    };
    !columns.is_empty() && of_constant(Translator::new(relation, &columns).filter(clause))
}

/// The comparison that an operator makes on values of a type, and whether its result is negated (btree strategies;
/// `<>` has none, it is the negator of `=`).
pub(super) fn comparison(operator: Oid, ty: Oid) -> Option<(Comparison, bool)> {
    // SAFETY: lookups in the catalog caches.
    let strategy = |operator: Oid| unsafe {
        let entry = pg_sys::lookup_type_cache(ty, pg_sys::TYPECACHE_BTREE_OPFAMILY as i32);
        pg_sys::get_op_opfamily_strategy(operator, (*entry).btree_opf) as u32
    };
    Some(match strategy(operator) {
        pg_sys::BTLessStrategyNumber => (Comparison::Less, false),
        pg_sys::BTLessEqualStrategyNumber => (Comparison::LessOrEqual, false),
        pg_sys::BTEqualStrategyNumber => (Comparison::Equal, false),
        pg_sys::BTGreaterEqualStrategyNumber => (Comparison::GreaterOrEqual, false),
        pg_sys::BTGreaterStrategyNumber => (Comparison::Greater, false),
        _ if strategy(negator(operator)) == pg_sys::BTEqualStrategyNumber => (Comparison::Equal, true),
        _ => return None,
    })
}

/// The keys of a path. A key of digits may also be an array index and is not translated.
fn keys_of(keys: Vec<Value>) -> Option<Vec<String>> {
    let is_key = |key: &String| !key.trim_start_matches(['-', '+', ' ']).starts_with(|c: char| c.is_ascii_digit());
    keys.into_iter()
        .map(|key| match key {
            Value::Text(key) => Some(key).filter(is_key),
            _ => None,
        })
        .collect()
}

pub(super) fn is_text_type(ty: Oid) -> bool {
    matches!(ty, pg_sys::TEXTOID | pg_sys::VARCHAROID)
}

pub(super) fn is_int(ty: Oid) -> bool {
    matches!(ty, pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID)
}

fn test(column: Column, test: Test) -> Filter {
    Filter::Test { path: column.path, test }
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}
