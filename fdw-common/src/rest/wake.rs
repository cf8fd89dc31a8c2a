//! The event by which the transport thread wakes a backend: an eventfd, written at most once before it is read.

use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::error::{Error, ErrorKind, Result};

/// The most events that are kept for the next scans.
const MOST_KEPT: usize = 8;

/// The events of scans that have ended.
static KEPT: Mutex<Vec<Arc<EventFd>>> = Mutex::new(Vec::new());

/// The file descriptor of an event, which is readable while the event is set. It is open as long as this value.
#[derive(Debug, Clone)]
pub struct Event(Arc<EventFd>);

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Event {}

/// An event that a backend waits for. It may wake the backend in vain, but never misses a cause.
#[derive(Debug)]
pub(crate) struct Wake {
    event: Arc<EventFd>,
    /// True from before the event is written until after it is read.
    is_set: AtomicBool,
    /// True if the event has to be set when the task's turn is over.
    is_due: AtomicBool,
}

impl Wake {
    /// An event that is not set.
    ///
    /// # Errors
    /// `Resources` if the system has no file left, `Internal` if it cannot create one.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let event = match kept {
            Some(event) => event,
            None => {
                EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC).map(Arc::new).map_err(|error| {
                    let kind = ErrorKind::of_system(&error.into());
                    Error::new(kind, format!("no eventfd for a scan: {error}"))
                })?
            }
        };
        Ok(Arc::new(Wake { event, is_set: AtomicBool::new(false), is_due: AtomicBool::new(false) }))
    }

    /// The event's file descriptor.
    pub(crate) fn event(&self) -> Event {
        Event(Arc::clone(&self.event))
    }

    /// Sets the event.
    pub(crate) fn set(&self) {
        if !self.is_set.swap(true, Ordering::SeqCst) {
            // This fails only if the eventfd's counter is full, and then it is readable already.
            let _ = self.event.write(1);
        }
    }

    /// Has the event set when the turn of the task that calls it is over: one event for all that happens in it.
    pub(crate) fn set_soon(&self) {
        self.is_due.store(true, Ordering::SeqCst);
    }

    /// True if the event is set, or is about to be.
    pub(crate) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::SeqCst)
    }

    /// Clears the event. Look afterwards for its cause: a later cause sets it again.
    pub(crate) fn clear(&self) {
        let _ = self.event.read();
        self.is_set.swap(false, Ordering::SeqCst);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if self.is_set() {
            self.clear();
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.push(Arc::clone(&self.event));
        }
    }
}

/// A task that sets an event after each of its turns with a cause, even if it panics.
pub(crate) struct Waking<F> {
    task: Pin<Box<F>>,
    /// Dropped after the task.
    end: TurnEnd,
}

/// The end of a task's turn.
struct TurnEnd(Arc<Wake>);

impl Drop for TurnEnd {
    fn drop(&mut self) {
        if self.0.is_due.swap(false, Ordering::SeqCst) {
            self.0.set();
        }
    }
}

impl<F: Future> Waking<F> {
    pub(crate) fn new(task: F, wake: Arc<Wake>) -> Self {
        Waking { task: Box::pin(task), end: TurnEnd(wake) }
    }
}

impl<F: Future> Future for Waking<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _end = TurnEnd(Arc::clone(&self.end.0));
        self.task.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::*;

    fn is_readable(wake: &Wake) -> bool {
        poll(&mut [PollFd::new(wake.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn an_event_is_set_until_it_is_cleared() {
        let wake = Wake::new().unwrap();
        for _ in 0..2 {
            assert!(!is_readable(&wake) && !wake.is_set());
            wake.set();
            wake.set();
            assert!(is_readable(&wake) && wake.is_set());
            wake.clear();
        }
    }

    #[test]
    fn the_end_of_a_turn_sets_the_event_also_after_a_panic_and_when_the_task_is_dropped() {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let wake = Wake::new().unwrap();
        let task = |is_panicking: bool| {
            let wake = Arc::clone(&wake);
            let inner = Arc::clone(&wake);
            let task = async move {
                inner.set_soon();
                assert!(!is_readable(&inner), "the turn is not over");
                assert!(!is_panicking);
                std::future::pending::<()>().await;
            };
            Box::pin(Waking::new(task, wake))
        };
        assert!(task(false).as_mut().poll(&mut context).is_pending());
        assert!(is_readable(&wake));
        wake.clear();
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| task(true).as_mut().poll(&mut context)));
        assert!(panicked.is_err() && is_readable(&wake));
        wake.clear();
        struct AtDrop(Arc<Wake>);
        impl Drop for AtDrop {
            fn drop(&mut self) {
                self.0.set_soon();
            }
        }
        let dropped = AtDrop(Arc::clone(&wake));
        drop(Waking::new(async move { drop(dropped) }, Arc::clone(&wake)));
        assert!(is_readable(&wake));
    }

    #[test]
    fn no_event_is_missed() {
        const EVENTS: u64 = 20_000;
        let wake = Wake::new().unwrap();
        let sent = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..EVENTS {
                    sent.fetch_add(1, Ordering::SeqCst);
                    wake.set();
                }
            });
            while sent.load(Ordering::SeqCst) < EVENTS {
                let ready = poll(&mut [PollFd::new(wake.as_fd(), PollFlags::POLLIN)], PollTimeout::from(10_000_u16));
                assert_eq!(ready, Ok(1), "an event after {sent:?}");
                wake.clear();
            }
        });
    }
}
