//! Functions and variables of Postgres that are safe with any argument, on the backend's own thread, while a
//! statement runs: lookups in the catalog caches by OID, which raise an error or return an invalid OID, and settings
//! of the backend.

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
    /// The function of an operator.
    fn function_of(operator: Oid) -> Oid = get_opcode;
    /// The commutator of an operator, or an invalid OID.
    fn commutator(operator: Oid) -> Oid = get_commutator;
    /// The negator of an operator, or an invalid OID.
    fn negator(operator: Oid) -> Oid = get_negator;
    /// True if texts are equal under a collation only if their bytes are.
    fn collation_is_deterministic(collation: Oid) -> bool = get_collation_isdeterministic;
    /// The type of an array's elements, or an invalid OID for other types.
    fn element_or_none(ty: Oid) -> Oid = get_element_type;
    /// The base type of a domain; any other type itself.
    fn base_type(ty: Oid) -> Oid = getBaseType;
    /// The current user.
    fn current_user() -> Oid = GetUserId;
    /// True if the current user is a superuser.
    fn is_superuser() -> bool = superuser;
    /// The database's encoding.
    fn database_encoding() -> c_int = GetDatabaseEncoding;
    /// The options of a foreign table's column, or null. Raises an error for a column that does not exist.
    fn column_options(table: Oid, attno: i16) -> *mut pg_sys::List = GetForeignColumnOptions;
    /// True if a table is a partition.
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
    // SAFETY: this variable is set when the backend connects to its database.
    unsafe { pg_sys::MyDatabaseId }
}

/// The setting `cpu_tuple_cost`: the cost of processing one row.
pub(super) fn cpu_tuple_cost() -> f64 {
    // SAFETY: a setting; only this thread changes it.
    unsafe { pg_sys::cpu_tuple_cost }
}
