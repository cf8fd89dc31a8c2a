//! Read-only access to expressions of a query.

use std::marker::PhantomData;
use std::ptr::NonNull;

use pgrx::PgList;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};

use super::super::backend;

/// An expression of the query being planned.
#[derive(Debug, Clone, Copy)]
pub(in crate::pg) struct Expr<'p> {
    node: NonNull<Node>,
    planning: PhantomData<&'p Node>,
}

/// A struct of Postgres that begins with the node tag `TAG`.
///
/// # Safety
/// `TAG` is the tag of nodes of this struct and of no other (nodes/nodetags.h).
pub(in crate::pg) unsafe trait Tagged {
    const TAG: NodeTag;
}

macro_rules! tagged {
    ($($node:ident: $tag:ident),+ $(,)?) => {$(
        // SAFETY: Postgres names tags after their structs.
        unsafe impl Tagged for pg_sys::$node {
            const TAG: NodeTag = NodeTag::$tag;
        }
    )+};
}

tagged! {
    Aggref: T_Aggref, ArrayExpr: T_ArrayExpr, BoolExpr: T_BoolExpr, BooleanTest: T_BooleanTest, Const: T_Const,
    FuncExpr: T_FuncExpr, NullTest: T_NullTest, OpExpr: T_OpExpr, RelabelType: T_RelabelType,
    ScalarArrayOpExpr: T_ScalarArrayOpExpr, Var: T_Var,
}

impl<'p> Expr<'p> {
    /// The expression of a node; `None` for null.
    ///
    /// # Safety
    /// `node` is null or an expression that does not change during `'p`, the time of one planner call.
    pub(in crate::pg) unsafe fn new(node: *mut Node) -> Option<Self> {
        NonNull::new(node).map(|node| Expr { node, planning: PhantomData })
    }

    /// The expressions of a list.
    ///
    /// # Safety
    /// `list` is null or a list of expressions, each as for [`Expr::new`].
    pub(in crate::pg) unsafe fn all(list: *mut pg_sys::List) -> Vec<Self> {
        // SAFETY: the list holds expressions, as required by this function.
        unsafe { PgList::<Node>::from_pg(list).iter_ptr().filter_map(|node| Expr::new(node)).collect() }
    }

    /// The node itself, for the lists of a plan.
    pub(in crate::pg) fn node(self) -> *mut Node {
        self.node.as_ptr()
    }

    /// The node as this struct, if its tag matches.
    pub(in crate::pg) fn get<T: Tagged>(self) -> Option<&'p T> {
        // SAFETY: an expression is valid for `'p`, and its tag determines its struct.
        unsafe { (self.node.as_ref().type_ == T::TAG).then(|| self.node.cast().as_ref()) }
    }

    /// The arguments or elements of an operator, a function, an AND, OR or NOT, or an array; empty for other
    /// expressions.
    pub(in crate::pg) fn arguments(self) -> Vec<Expr<'p>> {
        let list = self
            .get::<pg_sys::OpExpr>()
            .map(|node| node.args)
            .or_else(|| self.get::<pg_sys::ScalarArrayOpExpr>().map(|node| node.args))
            .or_else(|| self.get::<pg_sys::BoolExpr>().map(|node| node.args))
            .or_else(|| self.get::<pg_sys::FuncExpr>().map(|node| node.args))
            .or_else(|| self.get::<pg_sys::ArrayExpr>().map(|node| node.elements));
        // SAFETY: these lists hold expressions that belong to this one.
        list.map(|list| unsafe { Expr::all(list) }).unwrap_or_default()
    }

    /// The two arguments of an operator.
    pub(in crate::pg) fn two_arguments(self) -> Option<(Expr<'p>, Expr<'p>)> {
        match self.arguments().as_slice() {
            [left, right] => Some((*left, *right)),
            _ => None,
        }
    }

    /// The argument of a test or of a type relabelling.
    pub(in crate::pg) fn argument(self) -> Option<Expr<'p>> {
        let node = self
            .get::<pg_sys::RelabelType>()
            .map(|node| node.arg)
            .or_else(|| self.get::<pg_sys::BooleanTest>().map(|node| node.arg))
            .or_else(|| self.get::<pg_sys::NullTest>().map(|node| node.arg))?;
        // SAFETY: the argument is an expression that belongs to this one.
        unsafe { Expr::new(node.cast()) }
    }

    /// The expression's type.
    pub(in crate::pg) fn ty(self) -> Oid {
        // SAFETY: an expression, which is only read.
        unsafe { pg_sys::exprType(self.node()) }
    }

    /// True for the column itself, also if it is a varchar relabelled as text.
    pub(in crate::pg) fn is_column(self, relation: pg_sys::Index, attno: i16) -> bool {
        let mut expression = self;
        while let (true, Some(argument)) = (expression.get::<pg_sys::RelabelType>().is_some(), expression.argument()) {
            expression = argument;
        }
        expression.get::<pg_sys::Var>().is_some_and(|var| {
            i64::from(var.varno) == i64::from(relation) && var.varattno == attno && var.varlevelsup == 0
        })
    }

    /// True if the value is the same for all rows of an execution: no volatile function, no subplan.
    pub(in crate::pg) fn is_stable(self) -> bool {
        // SAFETY: an expression, which is only read.
        unsafe { !pg_sys::contain_volatile_functions(self.node()) && !pg_sys::contain_subplans(self.node()) }
    }

    /// True if the expression has a column of a relation of this query.
    pub(in crate::pg) fn has_columns(self) -> bool {
        // SAFETY: an expression, which is only read.
        unsafe { pg_sys::contain_var_clause(self.node()) }
    }
}

/// True if texts are equal under this collation only if their bytes are. Without a collation bytes are compared.
pub(in crate::pg) fn is_deterministic(collation: Oid) -> bool {
    collation == Oid::INVALID || backend::collation_is_deterministic(collation)
}

/// A new list of these expressions, in the current memory context.
pub(in crate::pg) fn list_of<'p>(expressions: impl IntoIterator<Item = Expr<'p>>) -> *mut pg_sys::List {
    // SAFETY: a list of nodes may hold nodes of any type.
    expressions
        .into_iter()
        .fold(std::ptr::null_mut(), |list, expression| unsafe { pg_sys::lappend(list, expression.node().cast()) })
}
