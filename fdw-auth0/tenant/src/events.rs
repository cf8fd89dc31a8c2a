//! The events of `GET /api/v2/events`: a log of changes, into which cursors point.

mod cursor;
mod fault;
mod log;
mod message;
mod settings;
mod stream;

pub use fault::{EventFault, EventFaultKind};
pub(crate) use log::Events;
pub use settings::EventSettings;
pub(crate) use stream::EventStream;
