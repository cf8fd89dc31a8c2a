//! The remote plan as nodes that copyObject supports, so that a cached plan stays complete.

use std::ffi::{CStr, CString};
use std::ptr;

use pgrx::PgList;
use pgrx::pg_sys::{self, List};

use super::catalog::unreadable_plan;
use super::report::{OrRaise, raise};
use crate::error::{Error, ErrorKind};
use crate::model::Entity;
use crate::plan::RemotePlan;
use crate::source::Source;

/// The plan as a list with one String node.
pub(super) fn write_plan(plan: &RemotePlan) -> *mut List {
    let text = serde_json::to_string(plan).ok().and_then(|text| CString::new(text).ok());
    let Some(text) = text else {
        raise(Error::new(ErrorKind::Internal, "the plan of a foreign scan cannot be written"))
    };
    // SAFETY: copies the text into the current memory context, which outlives the plan.
    unsafe { pg_sys::lappend(ptr::null_mut(), pg_sys::makeString(pg_sys::pstrdup(text.as_ptr())).cast()) }
}

/// The plan written by [`write_plan`].
///
/// # Safety
/// `list` is null or a list of nodes.
pub(super) unsafe fn read_plan(list: *mut List) -> RemotePlan {
    // SAFETY: the node's type is checked before its text is read; the text is a C string.
    let text = unsafe {
        match PgList::<pg_sys::Node>::from_pg(list).get_ptr(0) {
            Some(node) if (*node).type_ == pg_sys::NodeTag::T_String => {
                CStr::from_ptr((*node.cast::<pg_sys::String>()).sval).to_str()
            }
            _ => raise(unreadable_plan("it is not a string")),
        }
    };
    let text = text.unwrap_or_else(|error| raise(unreadable_plan(&error.to_string())));
    serde_json::from_str(text).unwrap_or_else(|error| raise(unreadable_plan(&error.to_string())))
}

/// The entity that a plan is for.
pub(super) fn entity_of<S: Source>(plan: &RemotePlan) -> &'static Entity {
    S::planned_entity(&plan.entity, plan.definition.as_deref()).or_raise()
}
