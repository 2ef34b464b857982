//! What may happen. Numbers choose among what there is, counted round, so that every history makes
//! sense however it is shortened.

use proptest::collection::vec;
use proptest::prelude::*;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Somebody joins.
    Join,
    /// Somebody leaves, with whatever they proposed and backed.
    Leave {
        member: usize,
    },
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
    Withdraw {
        amendment: usize,
        by: usize,
    },
    /// The proposer announces the day on which the vote opens by itself.
    Announce {
        amendment: usize,
        by: usize,
        days: u32,
    },
    /// One objects, another backs the objection.
    Object {
        amendment: usize,
        by: usize,
        backer: usize,
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
    /// A vote from afar to which no worker comes for now, perhaps not before the end.
    VoteThatWaits {
        poll: usize,
        actor: usize,
        choice: usize,
    },
    /// The worker comes to whatever waits.
    Work,
    /// The last activity from afar arrives again.
    Repeat,
    /// A vote that came before arrives again, in another activity.
    Replay {
        which: usize,
    },
    /// So many hours pass.
    Pass {
        hours: i64,
    },
    /// The clock is set back.
    SetBack {
        hours: i64,
    },
    /// The clock jumps ahead by so much and back, and meanwhile all processes look for what is due.
    JumpAndBack {
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
    (beginning, beginning_of_a_vote(), rest, end_of_a_vote())
        .prop_map(|(beginning, opening, rest, end)| [beginning, opening, rest, end].concat())
}

/// Without an open vote most of a history would be refusals.
fn beginning_of_a_vote() -> impl Strategy<Value = Vec<Act>> {
    (0..4_usize, 0..6_u8, proptest::bool::weighted(0.35)).prop_map(|(by, fate, agree)| {
        let proposed = vec![Act::Propose { by, clause: 0 }, Act::Back { amendment: 0, by: by + 1 }];
        let opens = match fate {
            0 => vec![Act::Announce { amendment: 0, by, days: 1 }, Act::Pass { hours: 25 }, Act::Tick],
            1 => vec![Act::OpenAndDie { amendment: 0, by }, Act::Open { amendment: 0, by }],
            2 => vec![Act::Withdraw { amendment: 0, by }],
            _ => vec![Act::Open { amendment: 0, by }],
        };
        let vote = |member| Act::VoteOnTheWeb { poll: 0, member, choice: 0 };
        let votes = if agree { vec![vote(by), vote(by + 1)] } else { Vec::new() };
        [proposed, opens, votes].concat()
    })
}

/// Sometimes the last vote waits for a worker when the end comes.
fn end_of_a_vote() -> impl Strategy<Value = Vec<Act>> {
    (any::<bool>(), 0..8_usize, 0..3_usize).prop_map(|(waits, actor, choice)| {
        if waits { vec![Act::VoteThatWaits { poll: 0, actor, choice }] } else { Vec::new() }
    })
}

fn any_act() -> impl Strategy<Value = Act> {
    let (n, m) = (0..8_usize, 0..8_usize);
    let choice = prop_oneof![3 => Just(0_usize), 1 => Just(1), 1 => Just(2)];
    prop_oneof![
        1 => Just(Act::Join),
        2 => n.clone().prop_map(|member| Act::Leave { member }),
        3 => (n.clone(), m.clone()).prop_map(|(actor, member)| Act::Link { actor, member }),
        1 => n.clone().prop_map(|actor| Act::Unlink { actor }),
        1 => (n.clone(), 0..3_usize).prop_map(|(by, clause)| Act::Propose { by, clause }),
        1 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::Edit { amendment, by }),
        2 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::Back { amendment, by }),
        1 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::TakeBackingBack { amendment, by }),
        1 => (0..24_usize, m.clone()).prop_map(|(amendment, by)| Act::Withdraw { amendment, by }),
        2 => (n.clone(), m.clone(), 1..4_u32).prop_map(|(amendment, by, days)| Act::Announce { amendment, by, days }),
        1 => (n.clone(), m.clone(), 0..8_usize)
            .prop_map(|(amendment, by, backer)| Act::Object { amendment, by, backer }),
        2 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::Open { amendment, by }),
        1 => (n.clone(), m.clone()).prop_map(|(amendment, by)| Act::OpenAndDie { amendment, by }),
        6 => (n.clone(), m.clone(), choice.clone())
            .prop_map(|(poll, member, choice)| Act::VoteOnTheWeb { poll, member, choice }),
        6 => (n.clone(), m.clone(), choice.clone())
            .prop_map(|(poll, actor, choice)| Act::VoteFromAfar { poll, actor, choice }),
        2 => (n.clone(), m.clone(), choice.clone())
            .prop_map(|(poll, actor, choice)| Act::VoteByWord { poll, actor, choice }),
        3 => (n, m, choice).prop_map(|(poll, actor, choice)| Act::VoteThatWaits { poll, actor, choice }),
        1 => Just(Act::Work),
        2 => Just(Act::Repeat),
        2 => (0..20_usize).prop_map(|which| Act::Replay { which }),
        3 => (1..60_i64).prop_map(|hours| Act::Pass { hours }),
        1 => (100..200_i64).prop_map(|hours| Act::Pass { hours }),
        1 => (1..200_i64).prop_map(|hours| Act::SetBack { hours }),
        1 => (1..400_i64).prop_map(|hours| Act::JumpAndBack { hours }),
        2 => Just(Act::Tick),
        1 => Just(Act::Restart),
    ]
}
