//! A governing document: its tree of clauses, import from text, export, fingerprint (rule A1).
