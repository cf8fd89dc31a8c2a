//! Auth0's Management API as tables.
