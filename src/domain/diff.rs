//! The difference of two texts, word by word.

use similar::{ChangeTag, TextDiff};

/// A stretch of text in a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both texts.
    Same(String),
    /// Only in the old text.
    Removed(String),
    /// Only in the new text.
    Added(String),
}

/// Compares two texts word by word; neighbours of one kind are joined.
pub fn words(old: &str, new: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for change in TextDiff::from_words(old, new).iter_all_changes() {
        let text = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Same(same))) => same.push_str(text),
            (ChangeTag::Delete, Some(Piece::Removed(removed))) => removed.push_str(text),
            (ChangeTag::Insert, Some(Piece::Added(added))) => added.push_str(text),
            (ChangeTag::Equal, _) => pieces.push(Piece::Same(text.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Removed(text.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::Added(text.to_owned())),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_words_that_differ_are_marked() {
        assert_eq!(
            words("No more illegal wars", "No more wars"),
            vec![
                Piece::Same("No more ".to_owned()),
                Piece::Removed("illegal ".to_owned()),
                Piece::Same("wars".to_owned()),
            ]
        );
    }

    proptest! {
        #[test]
        fn the_pieces_give_back_both_texts(old in "[a-c \n]{0,40}", new in "[a-c \n]{0,40}") {
            let pieces = words(&old, &new);
            let side = |skip: fn(&Piece) -> bool| -> String {
                pieces.iter().filter(|p| !skip(p)).map(|p| match p {
                    Piece::Same(t) | Piece::Removed(t) | Piece::Added(t) => t.as_str(),
                }).collect()
            };
            prop_assert_eq!(side(|p| matches!(p, Piece::Added(_))), old);
            prop_assert_eq!(side(|p| matches!(p, Piece::Removed(_))), new);
        }
    }
}
