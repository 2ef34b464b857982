//! Saving a post and enqueuing its activity, in the transaction of the act.
