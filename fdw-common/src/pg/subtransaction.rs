//! A subtransaction around work whose errors are caught, as in PL/pgSQL's blocks with an exception clause (pl_exec.c,
//! `exec_stmt_block`): resources that the work has opened are closed when it fails.

use pgrx::pg_sys;

/// An open subtransaction. An error that is not caught ends it with the transaction.
#[must_use = "it is open until it is committed or rolled back"]
pub(super) struct Subtransaction {
    context: pg_sys::MemoryContext,
    owner: pg_sys::ResourceOwner,
}

impl Subtransaction {
    /// Opens a subtransaction. The current memory context does not change.
    pub(super) fn begin() -> Self {
        // SAFETY: variables of the backend; every statement runs in a transaction.
        unsafe {
            let open = Subtransaction { context: pg_sys::CurrentMemoryContext, owner: pg_sys::CurrentResourceOwner };
            pg_sys::BeginInternalSubTransaction(std::ptr::null());
            pg_sys::MemoryContextSwitchTo(open.context);
            open
        }
    }

    /// Commits the subtransaction.
    pub(super) fn commit(self) {
        // SAFETY: the subtransaction is the current one: code that opens a nested one ends it first.
        unsafe { pg_sys::ReleaseCurrentSubTransaction() };
        self.restore();
    }

    /// Rolls back the subtransaction, after an error was caught.
    pub(super) fn roll_back(self) {
        // SAFETY: as for `commit`.
        unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() };
        self.restore();
    }

    fn restore(self) {
        // SAFETY: both were current when the subtransaction was opened, and outlive it.
        unsafe {
            pg_sys::MemoryContextSwitchTo(self.context);
            pg_sys::CurrentResourceOwner = self.owner;
        }
    }
}
