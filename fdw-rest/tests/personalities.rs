//! Tables over APIs drawn at random: the rows of a query are correct, or the query is an error.
//!
//! `PERSONALITIES_SEED=… PERSONALITIES_DRAWS=1` repeats one draw; `scripts/personalities` runs others.

use fdw_conformance::personalities::{Draws, run};
use fdw_rest::Rest;

#[test]
fn rows_are_correct_or_there_is_an_error() {
    run::<Rest>(Draws::from_environment(1, 5_000));
}
