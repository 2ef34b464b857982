//! HTTP signatures: draft-cavage and RFC 9421, in and out.
