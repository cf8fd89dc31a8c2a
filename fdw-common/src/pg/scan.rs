//! Executor callbacks: pages pulled from the transport thread become tuples, one at a time.

mod ahead;
mod append;
mod batches;
mod cache;
mod inputs;
mod node;
mod prefetch;
mod request;
mod row;
mod run;
mod session;
mod session_reads;
mod slot;

pub(super) use append::{foreign_async_configure_wait, foreign_async_request, is_foreign_path_async_capable};
pub(super) use inputs::Inputs;
pub(super) use node::{
    begin_foreign_scan, end_foreign_scan, is_our_scan, is_ours, iterate_foreign_scan, range_table_entry,
    rescan_foreign_scan,
};
pub(super) use prefetch::{Methods, PREFETCH_NAME, new_node, new_prefetch_node, register_prefetch};
pub(super) use run::ScanState;
pub(super) use session::transport;
pub(super) use session_reads::take_session_reads;
pub(super) use slot::VirtualSlot;
