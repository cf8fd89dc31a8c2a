//! What every REST foreign data wrapper shares.
