//! The tuple slot that rows are written to.

use pgrx::pg_sys::{self, Datum, TupleTableSlot};

/// A virtual slot: an array of values and an array of NULL flags, with an entry for each column of its row type.
#[derive(Clone, Copy)]
pub(in crate::pg) struct VirtualSlot(*mut TupleTableSlot);

impl VirtualSlot {
    /// Wraps a slot.
    ///
    /// # Safety
    /// `slot` is a virtual slot with a row type (tuptable.h, `TTSOpsVirtual`), and outlives the value; no other code
    /// reads or writes its arrays meanwhile.
    pub(in crate::pg) unsafe fn new(slot: *mut TupleTableSlot) -> Self {
        VirtualSlot(slot)
    }

    /// The slot's arrays of values and NULL flags.
    fn arrays<'a>(self) -> (&'a mut [Datum], &'a mut [bool]) {
        // SAFETY: both arrays of a virtual slot have an entry for every attribute of its row type. They are written
        // by one caller at a time, and no caller keeps them.
        unsafe {
            let width = (*(*self.0).tts_tupleDescriptor).natts as usize;
            (
                std::slice::from_raw_parts_mut((*self.0).tts_values, width),
                std::slice::from_raw_parts_mut((*self.0).tts_isnull, width),
            )
        }
    }

    /// Sets every column to NULL.
    pub(super) fn clear(self) {
        self.arrays().1.fill(true);
    }

    /// Stores the value of a column, by its number from 1. The value has the column's type.
    #[inline]
    pub(super) fn set(self, attno: i16, datum: Datum) {
        let (values, nulls) = self.arrays();
        if let Some(at) =
            usize::try_from(attno).ok().and_then(|attno| attno.checked_sub(1)).filter(|at| *at < values.len())
        {
            values[at] = datum;
            nulls[at] = false;
        }
    }

    /// Stores one value in every column. All columns have its type.
    pub(super) fn set_all(self, datum: Datum) {
        let (values, nulls) = self.arrays();
        values.fill(datum);
        nulls.fill(false);
    }

    /// The value of a column, by its number from 1; `None` for NULL.
    pub(super) fn get(self, attno: i16) -> Option<Datum> {
        let (values, nulls) = self.arrays();
        let at = usize::try_from(attno).ok()?.checked_sub(1)?;
        if *nulls.get(at)? { None } else { values.get(at).copied() }
    }

    /// The slot's row as a tuple in the current memory context.
    pub(in crate::pg) fn tuple(self) -> pg_sys::HeapTuple {
        let (values, nulls) = self.arrays();
        // SAFETY: the arrays belong to the row type.
        unsafe { pg_sys::heap_form_tuple((*self.0).tts_tupleDescriptor, values.as_mut_ptr(), nulls.as_mut_ptr()) }
    }
}
