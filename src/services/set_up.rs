//! Create the community, the first member and the governing documents.
