//! Filters of a query in the terms of [`crate::filter`] (postgres_fdw's `foreign_expr_walker` is the
//! model: what is not known to be safe is not translated).
//!
//! Every filter stays with Postgres as well. A value is taken if it is known before the first row: no
//! column, no volatile function, no subplan. Texts are compared only under deterministic collations.

use pgrx::PgList;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};

use super::value;
use crate::filter::{Comparison, Filter, Test, Value};
use crate::json_path::{JsonPath, Step};
use crate::plan::PlannedColumn;

/// Translates the filters of one relation, and collects the expressions whose values they need.
pub(super) struct Translator<'a> {
    relation: pg_sys::Index,
    columns: &'a [PlannedColumn],
    /// The expressions that stand as parameters, in their order.
    pub(super) parameters: Vec<*mut Node>,
    /// How many ANDs, ORs and NOTs stand around the expression.
    depth: usize,
}

/// Deeper conditions are Postgres's alone: a plan is written out, and is read only to some depth.
const DEEPEST: usize = 20;

/// A value of the row that a filter looks at.
struct Column {
    path: JsonPath,
    ty: Oid,
    /// The column itself, no member of a document in it.
    is_whole: bool,
}

impl<'a> Translator<'a> {
    /// For the relation with this index in the range table and these columns.
    pub(super) fn new(relation: pg_sys::Index, columns: &'a [PlannedColumn]) -> Self {
        Translator { relation, columns, parameters: Vec::new(), depth: 0 }
    }

    /// What an expression says of a row, as far as it can be told.
    ///
    /// # Safety
    /// `node` is a boolean expression of the planner's.
    pub(super) unsafe fn filter(&mut self, node: *mut Node) -> Filter {
        // SAFETY: a node's tag says its type.
        unsafe {
            match (*node).type_ {
                NodeTag::T_BoolExpr => self.logic(node.cast()),
                NodeTag::T_BooleanTest => self.boolean_test(node.cast()),
                NodeTag::T_NullTest => self.null_test(node.cast()),
                NodeTag::T_OpExpr => self.operation(node.cast()),
                NodeTag::T_ScalarArrayOpExpr => self.any_of(node.cast()),
                _ => match self.column(node) {
                    Some(column) if column.ty == pg_sys::BOOLOID => {
                        test(column, Test::Compare(Comparison::Equal, Value::Bool(true)))
                    }
                    _ => Filter::Unknown,
                },
            }
        }
    }

    unsafe fn logic(&mut self, expression: *mut pg_sys::BoolExpr) -> Filter {
        if self.depth == DEEPEST {
            return Filter::Unknown;
        }
        // SAFETY: the arguments of a BoolExpr are boolean expressions; a NOT has one.
        unsafe {
            let arguments = PgList::<Node>::from_pg((*expression).args);
            self.depth += 1;
            let mut filters: Vec<Filter> = arguments.iter_ptr().map(|argument| self.filter(argument)).collect();
            self.depth -= 1;
            match (*expression).boolop {
                pg_sys::BoolExprType::AND_EXPR => Filter::And(filters),
                pg_sys::BoolExprType::OR_EXPR => Filter::Or(filters),
                _ => filters.pop().map_or(Filter::Unknown, not),
            }
        }
    }

    unsafe fn boolean_test(&mut self, expression: *mut pg_sys::BooleanTest) -> Filter {
        use pg_sys::BoolTestType::{IS_FALSE, IS_NOT_FALSE, IS_NOT_TRUE, IS_NOT_UNKNOWN, IS_TRUE, IS_UNKNOWN};
        // SAFETY: the argument is a boolean expression.
        let column = unsafe { self.column((*expression).arg.cast()) };
        let Some(column) = column.filter(|column| column.ty == pg_sys::BOOLOID) else { return Filter::Unknown };
        // SAFETY: a plain field.
        match unsafe { (*expression).booltesttype } {
            IS_TRUE => test(column, Test::Is(true)),
            IS_FALSE => test(column, Test::Is(false)),
            IS_NOT_TRUE => not(test(column, Test::Is(true))),
            IS_NOT_FALSE => not(test(column, Test::Is(false))),
            IS_UNKNOWN => test(column, Test::IsNull),
            IS_NOT_UNKNOWN => not(test(column, Test::IsNull)),
            _ => Filter::Unknown,
        }
    }

    unsafe fn null_test(&mut self, expression: *mut pg_sys::NullTest) -> Filter {
        // SAFETY: the argument is an expression.
        let column = unsafe { self.column((*expression).arg.cast()) };
        // JSON's null is no SQL NULL in a document.
        let is_json = |column: &Column| matches!(column.ty, pg_sys::JSONBOID | pg_sys::JSONOID);
        let Some(column) = column.filter(|column| column.is_whole && !is_json(column)) else { return Filter::Unknown };
        // SAFETY: plain fields.
        let (is_null, is_row) =
            unsafe { ((*expression).nulltesttype == pg_sys::NullTestType::IS_NULL, (*expression).argisrow) };
        match (is_null, is_row) {
            (_, true) => Filter::Unknown,
            (true, _) => test(column, Test::IsNull),
            (false, _) => not(test(column, Test::IsNull)),
        }
    }

    unsafe fn operation(&mut self, expression: *mut pg_sys::OpExpr) -> Filter {
        // SAFETY: the nodes are the planner's.
        unsafe {
            let arguments = PgList::<Node>::from_pg((*expression).args);
            let (Some(left), Some(right)) = (arguments.get_ptr(0), arguments.get_ptr(1)) else {
                return Filter::Unknown;
            };
            let collation = (*expression).inputcollid;
            let operator = (*expression).opno;
            if let Some(filter) = self.compared(operator, collation, left, right) {
                return filter;
            }
            // `value = column` is `column = value`.
            match pg_sys::get_commutator(operator) {
                Oid::INVALID => Filter::Unknown,
                operator => self.compared(operator, collation, right, left).unwrap_or(Filter::Unknown),
            }
        }
    }

    /// `left operator right`, where `left` is of the row and `right` is not.
    unsafe fn compared(&mut self, operator: Oid, collation: Oid, left: *mut Node, right: *mut Node) -> Option<Filter> {
        // SAFETY: the nodes are the planner's; the functions look up the catalog.
        unsafe {
            let is_text = |ty| matches!(ty, pg_sys::TEXTOID | pg_sys::VARCHAROID);
            let function = pg_sys::get_opcode(operator).to_u32();
            if let Some(column) = self.lower(left) {
                let right = (comparison(operator, pg_sys::TEXTOID)? == (Comparison::Equal, false)
                    && is_deterministic(collation))
                .then_some(right)?;
                return Some(test(column, Test::LowerIs(self.value(right, pg_sys::TEXTOID)?)));
            }
            let column = self.column(left)?;
            if function == pg_sys::F_JSONB_CONTAINS && column.ty == pg_sys::JSONBOID {
                return Some(test(column, Test::Contains(self.value(right, pg_sys::JSONBOID)?)));
            }
            if is_text(column.ty) && !is_deterministic(collation) {
                return None;
            }
            let (ignore_case, negated) = match function {
                pg_sys::F_TEXTLIKE => (Some(false), false),
                pg_sys::F_TEXTNLIKE => (Some(false), true),
                pg_sys::F_TEXTICLIKE => (Some(true), false),
                pg_sys::F_TEXTICNLIKE => (Some(true), true),
                _ => (None, false),
            };
            if let Some(ignore_case) = ignore_case.filter(|_| is_text(column.ty)) {
                let pattern = self.value(right, pg_sys::TEXTOID)?;
                let like = test(column, Test::Like { pattern, ignore_case });
                return Some(if negated { not(like) } else { like });
            }
            let (comparison, negated) = comparison(operator, column.ty)?;
            let value = self.value(right, column.ty)?;
            let compared = test(column, Test::Compare(comparison, value));
            Some(if negated { not(compared) } else { compared })
        }
    }

    unsafe fn any_of(&mut self, expression: *mut pg_sys::ScalarArrayOpExpr) -> Filter {
        // SAFETY: the nodes are the planner's.
        unsafe {
            let arguments = PgList::<Node>::from_pg((*expression).args);
            let (Some(left), Some(right)) = (arguments.get_ptr(0), arguments.get_ptr(1)) else {
                return Filter::Unknown;
            };
            let Some(column) = self.column(left) else { return Filter::Unknown };
            let equality = (*expression).useOr
                && comparison((*expression).opno, column.ty) == Some((Comparison::Equal, false))
                && (!is_text_type(column.ty) || is_deterministic((*expression).inputcollid));
            match self.list(right, column.ty).filter(|_| equality) {
                Some(values) => test(column, Test::AnyOf(values)),
                None => Filter::Unknown,
            }
        }
    }

    /// The column in `lower(column)`.
    unsafe fn lower(&self, node: *mut Node) -> Option<Column> {
        // SAFETY: a node's tag says its type.
        unsafe {
            let function = node.cast::<pg_sys::FuncExpr>();
            if (*node).type_ != NodeTag::T_FuncExpr || (*function).funcid.to_u32() != pg_sys::F_LOWER_TEXT {
                return None;
            }
            self.column(PgList::<Node>::from_pg((*function).args).get_ptr(0)?)
        }
    }

    /// The value of the row that an expression is: a column, or a member of a jsonb column.
    unsafe fn column(&self, node: *mut Node) -> Option<Column> {
        // SAFETY: a node's tag says its type; the nodes are the planner's.
        unsafe {
            match (*node).type_ {
                NodeTag::T_RelabelType => {
                    let relabel = node.cast::<pg_sys::RelabelType>();
                    self.column((*relabel).arg.cast()).filter(|column| is_text_type(column.ty))
                }
                NodeTag::T_Var => {
                    let var = node.cast::<pg_sys::Var>();
                    let own = i64::from((*var).varno) == i64::from(self.relation) && (*var).varlevelsup == 0;
                    // A type modifier may change the value on its way into the row.
                    let unchanged = (*var).vartypmod == -1;
                    let is_own = |column: &&PlannedColumn| column.attno == (*var).varattno;
                    let column = self.columns.iter().find(is_own).filter(|column| column.time_format.is_none())?;
                    (own && unchanged).then(|| Column { path: column.path.clone(), ty: (*var).vartype, is_whole: true })
                }
                NodeTag::T_OpExpr => {
                    let expression = node.cast::<pg_sys::OpExpr>();
                    let arguments = PgList::<Node>::from_pg((*expression).args);
                    let document = self.column(arguments.get_ptr(0)?)?;
                    if document.ty != pg_sys::JSONBOID {
                        return None;
                    }
                    let key = arguments.get_ptr(1).filter(|key| (**key).type_ == NodeTag::T_Const)?;
                    let key = value::constant(key.cast())?;
                    let (keys, ty) = match (pg_sys::get_opcode((*expression).opno).to_u32(), key) {
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
                _ => None,
            }
        }
    }

    /// The value of an expression, for a comparison with values of the type `ty`.
    unsafe fn value(&mut self, node: *mut Node, ty: Oid) -> Option<Value> {
        // SAFETY: the node is an expression of the planner's.
        unsafe {
            let own = pg_sys::exprType(node);
            let fits = match ty {
                pg_sys::TEXTOID | pg_sys::VARCHAROID => is_text_type(own),
                pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => is_int(own),
                // Compared as the point in time it is in the session's time zone (timestamp.c,
                // timestamptz_cmp_date).
                pg_sys::TIMESTAMPTZOID if matches!(own, pg_sys::DATEOID | pg_sys::TIMESTAMPOID) => {
                    let cast = pg_sys::coerce_to_target_type(
                        std::ptr::null_mut(),
                        node,
                        own,
                        ty,
                        -1,
                        pg_sys::CoercionContext::COERCION_EXPLICIT,
                        pg_sys::CoercionForm::COERCE_IMPLICIT_CAST,
                        -1,
                    );
                    return if cast.is_null() { None } else { self.known(cast) };
                }
                _ => own == ty,
            };
            if fits { self.known(node) } else { None }
        }
    }

    /// The value of an array expression whose elements are compared with values of the type `ty`.
    unsafe fn list(&mut self, node: *mut Node, ty: Oid) -> Option<Value> {
        // SAFETY: the node is an expression of the planner's.
        unsafe {
            let element = pg_sys::get_element_type(pg_sys::exprType(node));
            let fits = (is_text_type(ty) && is_text_type(element)) || (is_int(ty) && is_int(element)) || element == ty;
            if fits { self.known(node) } else { None }
        }
    }

    /// A constant's value, or a parameter for an expression that is known when the scan runs.
    unsafe fn known(&mut self, node: *mut Node) -> Option<Value> {
        // SAFETY: the node is an expression of the planner's.
        unsafe {
            if (*node).type_ == NodeTag::T_Const {
                return value::constant(node.cast());
            }
            let later = value::is_readable(pg_sys::exprType(node))
                && !pg_sys::contain_var_clause(node)
                && !pg_sys::contain_volatile_functions(node)
                && !pg_sys::contain_subplans(node);
            later.then(|| {
                self.parameters.push(node);
                Value::Parameter(self.parameters.len() - 1)
            })
        }
    }
}

/// The comparison an operator makes on values of a type, and whether its result is negated (btree's
/// strategies; `<>` is none of them but the negator of `=`).
pub(super) unsafe fn comparison(operator: Oid, ty: Oid) -> Option<(Comparison, bool)> {
    // SAFETY: look-ups in the catalog's caches.
    let strategy = |operator: Oid| unsafe {
        let entry = pg_sys::lookup_type_cache(ty, pg_sys::TYPECACHE_BTREE_OPFAMILY as i32);
        pg_sys::get_op_opfamily_strategy(operator, (*entry).btree_opf) as u32
    };
    // SAFETY: as above.
    let negator = || unsafe { pg_sys::get_negator(operator) };
    Some(match strategy(operator) {
        pg_sys::BTLessStrategyNumber => (Comparison::Less, false),
        pg_sys::BTLessEqualStrategyNumber => (Comparison::LessOrEqual, false),
        pg_sys::BTEqualStrategyNumber => (Comparison::Equal, false),
        pg_sys::BTGreaterEqualStrategyNumber => (Comparison::GreaterOrEqual, false),
        pg_sys::BTGreaterStrategyNumber => (Comparison::Greater, false),
        _ if strategy(negator()) == pg_sys::BTEqualStrategyNumber => (Comparison::Equal, true),
        _ => return None,
    })
}

/// The keys of a path. One of digits may be an element's number as well, and is not translated.
fn keys_of(keys: Vec<Value>) -> Option<Vec<String>> {
    let is_key = |key: &String| !key.trim_start_matches(['-', '+', ' ']).starts_with(|c: char| c.is_ascii_digit());
    keys.into_iter()
        .map(|key| match key {
            Value::Text(key) => Some(key).filter(is_key),
            _ => None,
        })
        .collect()
}

fn is_deterministic(collation: Oid) -> bool {
    // SAFETY: a look-up in the catalog's cache; no collation is deterministic.
    unsafe { collation == Oid::INVALID || pg_sys::get_collation_isdeterministic(collation) }
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
