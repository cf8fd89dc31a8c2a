//! Functions and variables of Postgres that are safe to use with any argument, on the backend's own thread, while a
//! statement runs: look-ups in the catalog's caches by OID, which raise an error or say that there is nothing, and
//! settings of the backend.

use std::ffi::c_int;

use pgrx::pg_sys::{self, Oid};

macro_rules! safe {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $ty:ty),*) -> $result:ty = $function:ident;)+) => {$(
        $(#[$doc])*
        pub(super) fn $name($($argument: $ty),*) -> $result {
            // SAFETY: the function takes no pointers, and is defined for every argument.
            unsafe { pg_sys::$function($($argument),*) }
        }
    )+};
}

safe! {
    /// The function behind an operator.
    fn function_of(operator: Oid) -> Oid = get_opcode;
    /// The operator for exchanged arguments, or none.
    fn commutator(operator: Oid) -> Oid = get_commutator;
    /// The operator whose result is the opposite, or none.
    fn negator(operator: Oid) -> Oid = get_negator;
    /// Whether texts are equal under a collation only if their bytes are.
    fn collation_is_deterministic(collation: Oid) -> bool = get_collation_isdeterministic;
    /// The type of an array's elements, or none for other types.
    fn element_or_none(ty: Oid) -> Oid = get_element_type;
    /// The type that a domain is of; any other is its own.
    fn base_type(ty: Oid) -> Oid = getBaseType;
    /// The current user.
    fn current_user() -> Oid = GetUserId;
    /// Whether the current user is a superuser.
    fn is_superuser() -> bool = superuser;
    /// The database's encoding.
    fn database_encoding() -> c_int = GetDatabaseEncoding;
    /// The options of a foreign table's column, or null. Raises an error for a column that does not exist.
    fn column_options(table: Oid, attno: i16) -> *mut pg_sys::List = GetForeignColumnOptions;
    /// Whether a table is a partition.
    fn is_partition(table: Oid) -> bool = get_rel_relispartition;
    /// The client's encoding.
    fn client_encoding() -> c_int = pg_get_client_encoding;
}

/// The type of an array's elements, if it is an array type.
pub(super) fn element_type(ty: Oid) -> Option<Oid> {
    Some(element_or_none(ty)).filter(|element| *element != Oid::INVALID)
}

/// The database of this backend.
pub(super) fn database() -> Oid {
    // SAFETY: a variable that is set when the backend has its database.
    unsafe { pg_sys::MyDatabaseId }
}

/// The cost of processing one row: a setting.
pub(super) fn cpu_tuple_cost() -> f64 {
    // SAFETY: a setting, which only this thread changes.
    unsafe { pg_sys::cpu_tuple_cost }
}
