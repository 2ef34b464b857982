//! Close a poll: tally, publish, and if carried amend the document (rule A8).
