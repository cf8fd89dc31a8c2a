//! Faults of events, on purpose: lost, doubled, swapped and partial ones.

use serde::{Deserialize, Serialize};

use crate::fault::Occurrence;

/// A fault for the events that it matches, applied when an event is written: all connections see the same.
///
/// Faults are in a queue; an event gets the first one that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFault {
    /// The kind of fault.
    pub kind: EventFaultKind,
    /// The type of the events it is for, such as `user.updated`; `None` for all.
    #[serde(default)]
    pub event_type: Option<String>,
    /// The choice among these events.
    #[serde(default)]
    pub occurrence: Occurrence,
    /// Number of times; `None` means until [`crate::Tenant::clear_faults`].
    #[serde(default)]
    pub times: Option<u32>,
}

/// A kind of fault of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventFaultKind {
    /// The event is never written.
    Lose,
    /// The event is written twice, with one id and two cursors.
    Double,
    /// The event is written after the next one. If no other follows, it is missing until the faults are cleared.
    Swap,
    /// The object has only the members that every event of a user has.
    Partial,
}

impl EventFault {
    /// A fault for the next event.
    pub fn once(kind: EventFaultKind) -> Self {
        Self { kind, event_type: None, occurrence: Occurrence::Any, times: Some(1) }
    }

    /// A fault for every event.
    pub fn forever(kind: EventFaultKind) -> Self {
        Self { times: None, ..Self::once(kind) }
    }

    /// The fault for `times` events.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The fault for events of this type only.
    pub fn of_type(self, event_type: &str) -> Self {
        Self { event_type: Some(event_type.to_owned()), ..self }
    }

    /// The fault for only the `n`th matching event (from 1), counted from now.
    pub fn nth(self, n: u64) -> Self {
        Self { occurrence: Occurrence::Nth(n), ..self }
    }

    /// The fault for every `n`th matching event, counted from now.
    pub fn every(self, n: u64) -> Self {
        Self { occurrence: Occurrence::Every(n), ..self }
    }
}

/// The queue of faults.
#[derive(Debug, Default)]
pub(super) struct EventFaults(Vec<(EventFault, u64)>);

impl EventFaults {
    pub(super) fn add(&mut self, fault: EventFault) {
        self.0.push((fault, 0));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of an event of this type, if one is due. Counts the event for all faults that match it.
    pub(super) fn take(&mut self, event_type: &str) -> Option<EventFaultKind> {
        let mut taken = None;
        self.0.retain_mut(|(fault, seen)| {
            if fault.event_type.as_deref().is_some_and(|wanted| wanted != event_type) {
                return true;
            }
            *seen += 1;
            if taken.is_some() || fault.times == Some(0) || !fault.occurrence.is_due(*seen) {
                return true;
            }
            taken = Some(fault.kind);
            fault.times = fault.times.map(|times| times - 1);
            fault.times != Some(0)
        });
        taken
    }
}
