//! Bearer tokens of the API.
