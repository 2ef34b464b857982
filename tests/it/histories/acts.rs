//! What may happen. Numbers choose among what there is, counted round, so that every history makes
//! sense however it is shortened.

use proptest::collection::vec;
use proptest::prelude::*;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Somebody joins.
    Join,
    /// A fediverse account is linked to a member.
    Link {
        actor: usize,
        member: usize,
    },
    /// Its link is taken away.
    Unlink {
        actor: usize,
    },
    Propose {
        by: usize,
        clause: usize,
    },
    Edit {
        amendment: usize,
        by: usize,
    },
    Back {
        amendment: usize,
        by: usize,
    },
    TakeBackingBack {
        amendment: usize,
        by: usize,
    },
    Open {
        amendment: usize,
        by: usize,
    },
    /// An opening that fails half-way, as when the process dies: nothing of it may stay.
    OpenAndDie {
        amendment: usize,
        by: usize,
    },
    VoteOnTheWeb {
        poll: usize,
        member: usize,
        choice: usize,
    },
    VoteFromAfar {
        poll: usize,
        actor: usize,
        choice: usize,
    },
    /// A reply of a single word.
    VoteByWord {
        poll: usize,
        actor: usize,
        choice: usize,
    },
    /// The last activity from afar arrives again.
    Repeat,
    /// So many hours pass.
    Pass {
        hours: i64,
    },
    /// The clock is set back.
    SetBack {
        hours: i64,
    },
    /// Whatever is due is done, by all processes at once.
    Tick,
    /// All processes die and start again.
    Restart,
}

/// A history: mostly votes, now and then everything else.
pub fn history() -> impl Strategy<Value = Vec<Act>> {
    let beginning = vec(any_act(), 0..6);
    let rest = vec(any_act(), 10..45);
    (beginning, 0..4_usize, rest).prop_map(|(beginning, by, rest)| {
        // Without an open vote most of a history would be refusals.
        let opening =
            [Act::Propose { by, clause: 0 }, Act::Back { amendment: 0, by: by + 1 }, Act::Open { amendment: 0, by }];
        beginning.into_iter().chain(opening).chain(rest).collect()
    })
}

fn any_act() -> impl Strategy<Value = Act> {
    let (n, m, choice) = (0..8_usize, 0..8_usize, 0..3_usize);
    prop_oneof![
        1 => Just(Act::Join),
        2 => (n.clone(), m.clone()).prop_map(|(actor, member)| Act::Link { actor, member }),
        1 => n.clone().prop_map(|actor| Act::Unlink { actor }),
        1 => (n.clone(), 0..3_usize).prop_map(|(by, clause)| Act::Propose { by, clause }),
        1 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::Edit { amendment, by }),
        2 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::Back { amendment, by }),
        1 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::TakeBackingBack { amendment, by }),
        2 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::Open { amendment, by }),
        1 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::OpenAndDie { amendment, by }),
        6 => (n.clone(), m.clone(), choice.clone())
            .prop_map(|(poll, member, choice)| Act::VoteOnTheWeb { poll, member, choice }),
        6 => (n.clone(), m.clone(), choice.clone())
            .prop_map(|(poll, actor, choice)| Act::VoteFromAfar { poll, actor, choice }),
        2 => (n, m, choice).prop_map(|(poll, actor, choice)| Act::VoteByWord { poll, actor, choice }),
        2 => Just(Act::Repeat),
        3 => (1..60_i64).prop_map(|hours| Act::Pass { hours }),
        1 => (1..200_i64).prop_map(|hours| Act::SetBack { hours }),
        2 => Just(Act::Tick),
        1 => Just(Act::Restart),
    ]
}
