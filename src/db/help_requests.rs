//! Help requests.
