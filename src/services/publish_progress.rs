//! Publish, edit and withdraw a progress update.
