//! Works through received activities.
