//! Who may see a post, as judged from its `to` and `cc` (fediverse.md 5.4).
