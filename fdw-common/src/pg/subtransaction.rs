//! A subtransaction around work whose errors are caught, as PL/pgSQL's blocks with an exception clause have one
//! (pl_exec.c, `exec_stmt_block`): what the work has opened is closed when it fails.

use pgrx::pg_sys;

/// A subtransaction that is open. An error that is not caught ends it with the transaction.
#[must_use = "it is open until it is committed or rolled back"]
pub(super) struct Subtransaction {
    context: pg_sys::MemoryContext,
    owner: pg_sys::ResourceOwner,
}

impl Subtransaction {
    /// Opens one. The current memory context stays what it is.
    pub(super) fn begin() -> Self {
        // SAFETY: variables of the backend; a transaction runs wherever a statement does.
        unsafe {
            let open = Subtransaction { context: pg_sys::CurrentMemoryContext, owner: pg_sys::CurrentResourceOwner };
            pg_sys::BeginInternalSubTransaction(std::ptr::null());
            pg_sys::MemoryContextSwitchTo(open.context);
            open
        }
    }

    /// Keeps what was done.
    pub(super) fn commit(self) {
        // SAFETY: the subtransaction is the current one: whoever opens another one inside of it ends it first.
        unsafe { pg_sys::ReleaseCurrentSubTransaction() };
        self.restore();
    }

    /// Undoes what was done, after an error was caught.
    pub(super) fn roll_back(self) {
        // SAFETY: as for `commit`.
        unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() };
        self.restore();
    }

    fn restore(self) {
        // SAFETY: both were the current ones when the subtransaction was opened, and outlive it.
        unsafe {
            pg_sys::MemoryContextSwitchTo(self.context);
            pg_sys::CurrentResourceOwner = self.owner;
        }
    }
}
