//! Sessions of the web.
