//! The log of events.

use std::collections::VecDeque;

use tokio::sync::watch;

use super::cursor::{Cursor, Refusal};
use super::fault::{EventFault, EventFaultKind, EventFaults};
use super::message::{self, Event};
use super::settings::EventSettings;
use crate::change::Change;
use crate::rate_limit::since_epoch;

/// The log of events.
#[derive(Debug)]
pub(crate) struct Events {
    pub(super) settings: EventSettings,
    /// The number of the first event that is kept.
    first: u64,
    kept: VecDeque<Event>,
    /// The event that a fault puts after the next one.
    held: Option<Event>,
    faults: EventFaults,
    /// Cursors of earlier generations have expired.
    generation: u32,
    /// The number of connections.
    pub(super) open: usize,
    /// Notified of each change, so that idle connections continue.
    pub(super) changed: watch::Sender<()>,
}

/// The next thing for a connection.
pub(crate) enum Next {
    /// An event, and its number.
    Event(u64, Event),
    /// All events have been read; the position after them.
    End(u64),
    /// The position is no longer kept.
    Expired,
}

impl Events {
    pub(crate) fn new(settings: EventSettings) -> Self {
        Self {
            settings,
            first: 0,
            kept: VecDeque::new(),
            held: None,
            faults: EventFaults::default(),
            generation: 1,
            open: 0,
            changed: watch::Sender::new(()),
        }
    }

    pub(crate) fn settings(&self) -> EventSettings {
        self.settings
    }

    pub(crate) fn set(&mut self, settings: EventSettings) {
        self.settings = settings;
        self.shorten();
        self.wake();
    }

    /// Writes the event of a change, if its entity has events.
    pub(crate) fn write(&mut self, change: &Change) {
        let now = u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX);
        let Some((kind, object)) = message::object(change, now) else { return };
        let id = format!("evt_{}", std::iter::repeat_with(fastrand::alphanumeric).take(22).collect::<String>());
        let mut event = Event { id, kind, at: now, object };
        let effect = self.faults.take(kind);
        if effect == Some(EventFaultKind::Partial) {
            event.object = message::partial(&event.object);
        }
        match effect {
            Some(EventFaultKind::Lose) => {}
            Some(EventFaultKind::Swap) if self.held.is_none() => self.held = Some(event),
            Some(EventFaultKind::Double) => self.append([event.clone(), event]),
            _ => self.append([event]),
        }
        self.shorten();
        self.wake();
    }

    fn append(&mut self, events: impl IntoIterator<Item = Event>) {
        self.kept.extend(events);
        self.kept.extend(self.held.take());
    }

    fn shorten(&mut self) {
        while self.kept.len() > self.settings.kept {
            self.kept.pop_front();
            self.first += 1;
        }
    }

    /// The position after the last event.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// The position of the first event at or after a time in milliseconds; `None` if it may no longer be kept.
    pub(crate) fn since(&self, time: i64) -> Option<u64> {
        let is_before = |event: &Event| i64::try_from(event.at).is_ok_and(|at| at < time);
        // A swapped event is between later ones.
        let position = self.kept.iter().position(|event| !is_before(event)).unwrap_or(self.kept.len());
        (self.first == 0 || position > 0).then_some(self.first + position as u64)
    }

    /// The event at a position, or the first one after it of these types; all types if there are none.
    pub(crate) fn next(&self, position: u64, types: &[String]) -> Next {
        let Some(index) = position.checked_sub(self.first).and_then(|index| usize::try_from(index).ok()) else {
            return Next::Expired;
        };
        let is_wanted = |event: &Event| types.is_empty() || types.iter().any(|wanted| wanted == event.kind);
        let found = self.kept.iter().enumerate().skip(index).find(|(_, event)| is_wanted(event));
        match found {
            Some((index, event)) => Next::Event(self.first + index as u64, event.clone()),
            None => Next::End(self.end()),
        }
    }

    /// Makes all cursors so far expire, and ends their connections with an error.
    pub(crate) fn expire_cursors(&mut self) {
        self.generation += 1;
        self.wake();
    }

    /// Queues a fault.
    pub(crate) fn fault(&mut self, fault: EventFault) {
        self.faults.add(fault);
    }

    /// Empties the queue of faults, and writes an event that one of them holds back.
    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
        self.append([]);
        self.wake();
    }

    /// The cursor of a position.
    pub(crate) fn cursor(&self, position: u64) -> Cursor {
        Cursor { generation: self.generation, position }
    }

    /// The cursor in a request.
    pub(crate) fn check(&self, text: &str) -> Result<Cursor, Refusal> {
        let cursor = Cursor::read(text);
        let cursor = cursor.filter(|cursor| cursor.generation <= self.generation).ok_or(Refusal::Invalid)?;
        if !self.is_current(cursor) {
            return Err(Refusal::Expired);
        }
        if cursor.position > self.end() { Err(Refusal::Invalid) } else { Ok(cursor) }
    }

    /// False if a cursor has expired.
    pub(crate) fn is_current(&self, cursor: Cursor) -> bool {
        cursor.generation == self.generation && cursor.position >= self.first
    }

    /// Lets idle connections look at events and settings.
    fn wake(&self) {
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    use crate::entity::Entity;

    /// Writes an event for each letter; a capital is a deletion.
    fn write(events: &mut Events, letters: &str) {
        for letter in letters.chars() {
            let id = letter.to_ascii_lowercase().to_string();
            let row = Some(Bytes::from(format!(r#"{{"user_id":"{id}","name":"n","created_at":"c"}}"#)));
            let (before, after) = if letter.is_uppercase() { (row, None) } else { (None, row) };
            events.write(&Change { entity: Entity::Users, key: vec![id], before, after, role_name: None });
        }
    }

    fn read(events: &Events, position: u64, types: &[&str]) -> String {
        let types: Vec<String> = types.iter().map(|kind| (*kind).to_owned()).collect();
        let (mut position, mut out) = (position, String::new());
        while let Next::Event(number, event) = events.next(position, &types) {
            let object: serde_json::Value = serde_json::from_slice(&event.object).unwrap();
            let id = object["user_id"].as_str().unwrap().to_owned();
            out += &if event.kind == "user.deleted" { id.to_uppercase() } else { id };
            position = number + 1;
        }
        out
    }

    #[test]
    fn events_are_read_from_a_position_by_type() {
        let mut events = Events::new(EventSettings::default());
        write(&mut events, "abAc");
        let table: [(u64, &[&str], &str); 5] = [
            (0, &[], "abAc"),
            (2, &[], "Ac"),
            (0, &["user.deleted"], "A"),
            (1, &["user.created", "user.updated"], "bc"),
            (4, &[], ""),
        ];
        for (position, types, expected) in table {
            assert_eq!(read(&events, position, types), expected, "{position} {types:?}");
        }
        assert_eq!(events.since(0), Some(0));
        assert_eq!(events.since(i64::MAX), Some(4));
        events.set(EventSettings { kept: 3, ..EventSettings::default() });
        assert!(matches!(events.next(0, &[]), Next::Expired));
        assert_eq!((read(&events, 1, &[]).as_str(), events.since(0), events.end()), ("bAc", None, 4));
    }

    #[test]
    fn faults_lose_double_swap_and_cut_events() {
        let table = [
            (EventFault::forever(EventFaultKind::Lose).every(2), "ac"),
            (EventFault::once(EventFaultKind::Double), "aabcd"),
            (EventFault::once(EventFaultKind::Swap).nth(2), "acbd"),
            // An event is held back only if none is.
            (EventFault::forever(EventFaultKind::Swap), "badc"),
            (EventFault::once(EventFaultKind::Lose).of_type("user.deleted"), "abcd"),
        ];
        for (fault, expected) in table {
            let mut events = Events::new(EventSettings::default());
            events.fault(fault.clone());
            write(&mut events, "abcd");
            events.clear_faults();
            assert_eq!(read(&events, 0, &[]), expected, "{fault:?}");
        }
        let mut events = Events::new(EventSettings::default());
        events.fault(EventFault::once(EventFaultKind::Partial));
        write(&mut events, "ab");
        let object = |position| match events.next(position, &[]) {
            Next::Event(_, event) => String::from_utf8(event.object.to_vec()).unwrap(),
            _ => String::new(),
        };
        assert_eq!(object(0), r#"{"user_id":"a","created_at":"c"}"#);
        assert!(object(1).contains("name"));
    }

    #[test]
    fn cursors_are_checked() {
        let mut events = Events::new(EventSettings::default());
        events.first = 5;
        let good = events.cursor(5).render();
        assert_eq!(events.check(&good), Ok(Cursor { generation: 1, position: 5 }));
        assert_eq!(events.check("nonsense"), Err(Refusal::Invalid));
        assert_eq!(events.check(&events.cursor(6).render()), Err(Refusal::Invalid), "after the end");
        assert_eq!(events.check(&events.cursor(4).render()), Err(Refusal::Expired), "no longer kept");
        events.expire_cursors();
        assert_eq!(events.check(&good), Err(Refusal::Expired));
        let later = Cursor { generation: 3, position: 5 };
        assert_eq!(events.check(&later.render()), Err(Refusal::Invalid));
    }

    #[test]
    fn a_held_event_is_written_when_faults_are_cleared() {
        let mut events = Events::new(EventSettings::default());
        events.fault(EventFault::once(EventFaultKind::Swap));
        write(&mut events, "a");
        assert_eq!(read(&events, 0, &[]), "");
        events.clear_faults();
        assert_eq!(read(&events, 0, &[]), "a");
    }
}
