//! The arithmetic of a result against a second one that was written without a look at it, and what never changes a
//! total: the order in which ballots come and the channel that they take (A7, A9, C3, V-7).

use super::support::TestApp;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::domain::tally::{Majority, Rule, Tally, VoteBase};
use caucus::ids::{MemberId, PollId, random_receipt};
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Compares a / b with c / d by whole parts and what is left, as Euclid would: nothing is multiplied.
fn compare((a, b): (u128, u128), (c, d): (u128, u128)) -> Ordering {
    match (a / b).cmp(&(c / d)) {
        Ordering::Equal => {}
        other => return other,
    }
    match (a % b, c % d) {
        (0, 0) => Ordering::Equal,
        (0, _) => Ordering::Less,
        (_, 0) => Ordering::Greater,
        (left, right) => compare((d, right), (b, left)),
    }
}

/// What the rules say in words: enough ballots, enough votes for, and a large enough part of the base.
fn reference(tally: Tally, rule: Rule, roll: u64) -> bool {
    let [agree, against, abstain] = [tally.votes_for, tally.against, tally.abstain].map(u128::from);
    let base = match rule.base {
        VoteBase::Cast => agree + against,
        VoteBase::Roll => u128::from(roll),
    };
    let (fewest, part) = match rule.majority {
        Majority::TwoThirds => (2, (base == 0) || compare((agree, base), (2, 3)) != Ordering::Less),
        Majority::Simple => (1, (base == 0) || compare((agree, base), (1, 2)) == Ordering::Greater),
    };
    agree + against + abstain >= u128::from(rule.quorum) && agree >= fewest && part
}

fn rules(quorums: impl IntoIterator<Item = u32>) -> Vec<Rule> {
    let with = |quorum| {
        [Majority::TwoThirds, Majority::Simple].into_iter().flat_map(move |majority| {
            [VoteBase::Cast, VoteBase::Roll].into_iter().map(move |base| Rule { majority, base, quorum })
        })
    };
    quorums.into_iter().flat_map(with).collect()
}

#[test]
fn every_small_vote_comes_out_as_the_reference_says_under_every_rule() {
    let (mut carried, mut lost) = (0_u32, 0_u32);
    for rule in rules([0, 1, 4, 9]) {
        for roll in 0..=13 {
            for (votes_for, against, abstain) in
                (0..=9).flat_map(|a| (0..=9).flat_map(move |b| [0, 1, 3, 9].map(move |c| (a, b, c))))
            {
                let tally = Tally { votes_for, against, abstain };
                let expected = reference(tally, rule, roll);
                assert_eq!(tally.is_carried(rule, roll), expected, "{tally:?} {rule:?} of {roll}");
                (carried, lost) = (carried + u32::from(expected), lost + u32::from(!expected));
            }
        }
    }
    assert!(carried > 10_000 && lost > 10_000, "{carried} carried, {lost} lost");
}

#[test]
fn the_border_of_every_rule_is_where_it_should_be() {
    let rule = |majority, base| Rule { majority, base, quorum: 0 };
    for (rule, roll, fewest) in [
        (rule(Majority::TwoThirds, VoteBase::Roll), 3, 2),
        (rule(Majority::TwoThirds, VoteBase::Roll), 4, 3),
        (rule(Majority::TwoThirds, VoteBase::Roll), 1_000_000_000_001, 666_666_666_668),
        (rule(Majority::Simple, VoteBase::Roll), 4, 3),
        (rule(Majority::Simple, VoteBase::Roll), 5, 3),
        (rule(Majority::Simple, VoteBase::Roll), u64::MAX, 1 << 63),
        (rule(Majority::TwoThirds, VoteBase::Roll), u64::MAX, 12_297_829_382_473_034_410),
    ] {
        let with = |votes_for| Tally { votes_for, against: 0, abstain: 0 }.is_carried(rule, roll);
        assert!(with(fewest) && !with(fewest - 1), "{fewest} of {roll} under {rule:?}");
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, cases: 2_000, ..Config::default() })]

    #[test]
    fn large_votes_come_out_as_the_reference_says(
        numbers in any::<[u64; 4]>(), near in -2_i64..=2, shift in 0_u32..60, quorum in any::<u32>(),
    ) {
        let [votes_for, against, abstain, roll] = numbers.map(|number| number >> shift);
        // Beside what comes by chance: as near to the border as can be.
        let two_thirds = (votes_for / 2).saturating_add_signed(near);
        let whole = votes_for.saturating_add_signed(near);
        for (against, roll) in [(against, roll), (two_thirds, votes_for.saturating_add(two_thirds)), (whole, whole.saturating_mul(2))] {
            let tally = Tally { votes_for, against, abstain };
            for rule in rules([0, quorum]) {
                prop_assert_eq!(tally.is_carried(rule, roll), reference(tally, rule, roll), "{:?} {:?} {}", tally, rule, roll);
            }
        }
    }

    #[test]
    fn more_votes_for_never_lose_and_more_against_never_carry(
        numbers in any::<[u32; 4]>(), more in 1_u32.., quorum in 0_u32..100,
    ) {
        let [votes_for, against, abstain, roll] = numbers.map(u64::from);
        for rule in rules([quorum]).into_iter().filter(|rule| rule.quorum == 0 || rule.base == VoteBase::Cast) {
            let carried = |more_for, more_against| {
                let tally = Tally { votes_for: votes_for + more_for, against: against + more_against, abstain };
                tally.is_carried(rule, roll)
            };
            prop_assert!(!carried(0, 0) || carried(u64::from(more), 0));
            // More against may fill a quorum, but never the share.
            prop_assert!(carried(0, 0) || !carried(0, u64::from(more)) || votes_for + against + abstain < u64::from(rule.quorum));
        }
    }
}

/// By which way a ballot comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Web,
    Api,
    PollVote,
    Word,
}

const CHANNELS: [Channel; 4] = [Channel::Web, Channel::Api, Channel::PollVote, Channel::Word];
const WORDS: [&str; 3] = ["For", "Against", "Abstain"];
const VOTERS: usize = 5;

/// A member votes, by the way of this number.
type Said = (usize, usize, usize);

struct Hall {
    app: TestApp,
    members: Vec<MemberId>,
    accounts: Vec<String>,
    /// Three votes that are open at once, each on a clause of its own.
    polls: Vec<PollId>,
}

impl Hall {
    async fn open() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let mut members = vec![ada];
        for number in 1..VOTERS {
            members.push(app.member(&format!("member{number}")).await);
        }
        let mut accounts = Vec::new();
        for (number, member) in members.iter().enumerate() {
            accounts.push(app.linked(*member, &format!("voter{number}")).await);
        }
        let mut polls = Vec::new();
        for clause in ["1", "2.1", "2.2"] {
            let id = app.propose(ada, clause, &format!("What is new in {clause}.")).await;
            app.back(members[1], id).await.unwrap();
            polls.push(app.open(ada, id).await.unwrap());
        }
        Self { app, members, accounts, polls }
    }

    async fn say(&self, poll: PollId, (voter, channel, choice): Said) {
        self.app.advance(TimeDelta::seconds(1));
        let (member, account) = (self.members[voter], &self.accounts[voter]);
        match CHANNELS[channel] {
            Channel::Web => {
                drop(self.app.vote_on_the_web(poll, member, &[u32::try_from(choice).unwrap()]).await.unwrap())
            }
            Channel::Api => {
                let api = self.app.api_of(member).await;
                let answer = api.post(&format!("/polls/{poll}/ballot"), json!({"choices": [WORDS[choice]]})).await;
                assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
            }
            Channel::PollVote => self.arrives(poll, account, json!({"name": WORDS[choice]})).await,
            Channel::Word => self.arrives(poll, account, json!({"content": format!("<p>{}</p>", WORDS[choice])})).await,
        }
    }

    async fn arrives(&self, poll: PollId, account: &str, words: serde_json::Value) {
        let id = format!("{account}#{}", random_receipt());
        let mut note = json!({"id": format!("{id}/note"), "type": "Note", "attributedTo": account,
            "inReplyTo": self.app.app.urls.poll(poll), "to": self.app.url("/c/commons")});
        note.as_object_mut().unwrap().extend(words.as_object().unwrap().clone());
        let body = json!({"id": id, "type": "Create", "actor": account, "object": note}).to_string();
        let signed_at = self.app.app.now();
        let new = NewReceived { actor_url: account.to_owned(), activity_id: id, inbox_handle: None, body, signed_at };
        assert!(self.app.app.write(move |tx| store_once(tx, &new)).await.unwrap());
        inbound::step(&self.app.app).await.unwrap();
    }
}

/// The same words of the same people, one voter after the other instead of as they came.
fn by_voter(said: &[Said]) -> Vec<Said> {
    let mut sorted = said.to_vec();
    sorted.sort_by_key(|(voter, ..)| *voter);
    sorted
}

/// The same words of the same people, each by another way.
fn by_other_channels(said: &[Said]) -> Vec<Said> {
    let turned = |(number, &(voter, channel, choice)): (usize, &Said)| (voter, (channel + 1 + number % 3) % 4, choice);
    let mut turned: Vec<Said> = said.iter().enumerate().map(turned).collect();
    turned.sort_by_key(|(voter, ..)| VOTERS - voter);
    turned
}

#[test]
fn neither_the_order_nor_the_channel_of_ballots_changes_a_total() {
    let config = Config { cases: 3, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let history = vec((0..VOTERS, 0..CHANNELS.len(), 0..WORDS.len()), 8..14);

    TestRunner::new(config)
        .run(&history, |said| {
            let totals = runtime.block_on(async {
                let hall = Hall::open().await;
                let orders = [said.clone(), by_voter(&said), by_other_channels(&said)];
                for (poll, order) in hall.polls.iter().zip(&orders) {
                    for one in order {
                        hall.say(*poll, *one).await;
                    }
                }
                hall.app.advance(TimeDelta::weeks(1));
                while timers::step(&hall.app.app).await.unwrap() > 0 {}
                let mut totals = Vec::new();
                for poll in &hall.polls {
                    let tally = hall.app.result(*poll).await.unwrap().tally;
                    totals.push([tally.votes_for, tally.against, tally.abstain]);
                }
                totals
            });
            // What each said last.
            let last: BTreeMap<usize, usize> = said.iter().map(|&(voter, _, choice)| (voter, choice)).collect();
            let expected = [0, 1, 2].map(|choice| last.values().filter(|&&chosen| chosen == choice).count());
            let expected = expected.map(|count| u64::try_from(count).unwrap());
            prop_assert_eq!(totals, vec![expected; 3]);
            Ok(())
        })
        .unwrap();
}
