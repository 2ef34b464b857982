//! The minutes of a decided vote, and whether one may vote at all.

use super::answer::{self, moment};
use super::member::MaybeMember;
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::domain::amendment::Change;
use crate::domain::ballot::Uncounted;
use crate::domain::incident::Incident;
use crate::domain::tally::{Share, Tally};
use crate::ids::{AmendmentId, PollId};
use crate::services::ServiceError;
use crate::services::can_i_vote::{can_i_vote, is_my_handle};
use crate::services::close_ballot::settle;
use crate::services::minutes::{Amended, Minutes, Subject, minutes};
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// The minutes of a vote with a roll.
#[derive(Serialize, ToSchema)]
pub struct MinutesView {
    poll: String,
    /// What was asked: the title of the amendment, or who shall lead the cabal
    question: String,
    /// carried, overtaken (carried, but the text was changed meanwhile), not_carried, elected, nominee_left,
    /// not_elected, or not_decided (see faults)
    outcome: &'static str,
    /// Only for a vote on an amendment
    #[serde(skip_serializing_if = "Option::is_none")]
    amendment: Option<AmendedView>,
    /// The handle of the cabal, only for a vote on who leads it
    #[serde(skip_serializing_if = "Option::is_none")]
    cabal: Option<String>,
    /// What stood beside the ballot (A14).
    objections: Vec<StoodObjection>,
    opened_at: String,
    closed_at: String,
    /// When the result was worked out, at the close or later
    counted_at: String,
    roll_size: u32,
    roll_fingerprint: String,
    took_part: u32,
    is_carried: bool,
    totals: TotalsView,
    /// Per cent with one decimal, as text; null when there is nothing to take a share of
    share_of_cast: Option<String>,
    share_with_abstentions: Option<String>,
    share_of_roll: Option<String>,
    /// two_thirds or simple
    rule_majority: String,
    /// cast or roll
    rule_base: String,
    quorum: u32,
    /// Only when there were three or more
    soundings: Option<TotalsView>,
    /// Votes that did not count, by reason, up to the close: as in the record
    uncounted: BTreeMap<String, u32>,
    /// Those that arrived afterwards
    uncounted_since: BTreeMap<String, u32>,
    downtime_seconds: i64,
    incidents: Vec<IncidentView>,
    /// What did not hold at the close: chain, frozen, roll, voters, ballots. Such a vote decides nothing
    faults: Vec<String>,
    record_sha256: String,
    chain_head: Option<String>,
    url: String,
}

/// An amendment that was voted on.
#[derive(Serialize, ToSchema)]
pub struct AmendedView {
    id: String,
    /// The short name of the document
    document: String,
    summary: String,
    values_fit: String,
    changes: Vec<ChangedView>,
    /// Who proposed it; for members only
    #[serde(skip_serializing_if = "Option::is_none")]
    mover: Option<String>,
    /// How many backed it when its vote opened
    backers_count: u32,
    /// Who backed it and is still a member; for members only
    #[serde(skip_serializing_if = "Option::is_none")]
    backers: Option<Vec<String>>,
}

/// How ballots fell.
#[derive(Serialize, ToSchema)]
pub struct TotalsView {
    votes_for: u64,
    votes_against: u64,
    votes_abstain: u64,
}

/// An objection with the proposer's answer.
#[derive(Serialize, ToSchema)]
pub struct StoodObjection {
    reason: String,
    answer: Option<String>,
}

/// What an amendment changes, before and after.
#[derive(Serialize, ToSchema)]
pub struct ChangedView {
    /// reword, add, move, remove, rule or name
    act: String,
    /// The clause, or what stands for the rule or the name
    clause: String,
    number: String,
    old_text: String,
    new_text: String,
    /// Where an added or moved clause goes: first_in or after the clause of place_clause
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place_clause: Option<String>,
}

/// Something that happened to the server during the vote.
#[derive(Serialize, ToSchema)]
pub struct IncidentView {
    /// down, clock or restored
    kind: String,
    began_at: String,
    ended_at: Option<String>,
}

fn totals(tally: Tally) -> TotalsView {
    TotalsView { votes_for: tally.votes_for, votes_against: tally.against, votes_abstain: tally.abstain }
}

fn by_reason(uncounted: &[(Uncounted, u32)]) -> BTreeMap<String, u32> {
    uncounted.iter().map(|(reason, total)| (reason.as_str().to_owned(), *total)).collect()
}

fn changed(change: &Change) -> ChangedView {
    let place = change.act.place();
    ChangedView {
        act: change.act.as_str().to_owned(),
        clause: change.clause.to_string(),
        number: change.number.clone(),
        old_text: change.old_text.clone(),
        new_text: change.new_text.clone(),
        place: place.map(|place| place.as_str().to_owned()),
        place_clause: place.and_then(|place| place.anchor()).map(|anchor| anchor.to_string()),
    }
}

fn amended(amended: &Amended, is_member: bool) -> AmendedView {
    AmendedView {
        id: amended.amendment.id.to_string(),
        document: amended.document.slug.clone(),
        summary: amended.amendment.summary.clone(),
        values_fit: amended.amendment.values_fit.clone(),
        changes: amended.changes.iter().map(changed).collect(),
        mover: is_member.then(|| amended.mover.clone()),
        backers_count: amended.backers_count,
        backers: is_member.then(|| amended.backers.clone()),
    }
}

fn incident(incident: &Incident) -> IncidentView {
    IncidentView {
        kind: incident.kind.as_str().to_owned(),
        began_at: iso_seconds(incident.began_at),
        ended_at: moment(incident.ended_at),
    }
}

fn view(minutes: &Minutes, url: String, is_member: bool) -> MinutesView {
    let (tally, roll, text) = (minutes.result.tally, minutes.frozen.roll_size, |share: Share| share.to_string());
    let objection =
        |(reason, answer): &(String, Option<String>)| StoodObjection { reason: reason.clone(), answer: answer.clone() };
    MinutesView {
        poll: minutes.poll.id.to_string(),
        question: minutes.poll.question.clone(),
        outcome: minutes.outcome().as_str(),
        amendment: minutes.amended().map(|one| amended(one, is_member)),
        cabal: match &minutes.subject {
            Subject::Amendment(_) => None,
            Subject::Lead { cabal, .. } => Some(cabal.handle.clone()),
        },
        objections: minutes.objections.iter().map(objection).collect(),
        opened_at: iso_seconds(minutes.poll.opens_at),
        closed_at: iso_seconds(minutes.poll.closes_at),
        counted_at: iso_seconds(minutes.counted_at),
        roll_size: roll,
        roll_fingerprint: minutes.frozen.roll_fingerprint.clone(),
        took_part: minutes.poll.voters_count,
        is_carried: minutes.result.is_carried,
        totals: totals(tally),
        share_of_cast: tally.share_of_cast().map(text),
        share_with_abstentions: tally.share_with_abstentions().map(text),
        share_of_roll: tally.share_of_roll(u64::from(roll)).map(text),
        rule_majority: minutes.frozen.rule.majority.as_str().to_owned(),
        rule_base: minutes.frozen.rule.base.as_str().to_owned(),
        quorum: minutes.frozen.rule.quorum,
        soundings: minutes.soundings.map(totals),
        uncounted: by_reason(&minutes.uncounted),
        uncounted_since: by_reason(&minutes.uncounted_since),
        downtime_seconds: minutes.downtime().num_seconds(),
        incidents: minutes.incidents.iter().map(incident).collect(),
        faults: minutes.faults.iter().map(|fault| fault.as_str().to_owned()).collect(),
        record_sha256: minutes.result.record_sha256.clone(),
        chain_head: minutes.chain_head.clone(),
        url,
    }
}

/// The minutes of a closed vote on an amendment, or on who leads a cabal
#[utoipa::path(tag = "polls", responses((status = 200, body = MinutesView), (status = 404, body = Problem)))]
#[get("/polls/{id}/minutes")]
pub async fn show_minutes(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<MinutesView>, Problem> {
    let id: PollId = answer::id(&id)?;
    settle(&app, id).await?;
    let minutes = app.read(move |conn| minutes(conn, id)).await?;
    Ok(web::Json(view(&minutes, app.urls.minutes(id), viewer.id().is_some())))
}

/// A handle to ask about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HandleQuery {
    /// One of your fediverse handles
    handle: Option<String>,
}

/// Whether you may vote.
#[derive(Serialize, ToSchema)]
pub struct StandingView {
    /// unknown, when_it_opens, yes, voted, joined_later, password_given, over or no_vote
    standing: String,
    /// The same in a sentence
    sentence: String,
    /// Whether votes from the handle count as yours; false also for handles of others
    #[serde(skip_serializing_if = "Option::is_none")]
    is_my_handle: Option<bool>,
}

/// Whether you may vote on an amendment; without a token what anybody can be told
#[utoipa::path(tag = "amendments", params(HandleQuery), responses(
    (status = 200, body = StandingView), (status = 401, body = Problem), (status = 404, body = Problem)))]
#[get("/amendments/{id}/can-i-vote")]
pub async fn show_standing(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
    query: Query<HandleQuery>,
) -> Result<web::Json<StandingView>, Problem> {
    let (id, me, now): (AmendmentId, _, _) = (answer::id(&id)?, viewer.id(), app.deadline());
    let handle = query.0.handle;
    let (standing, is_my_handle) = app
        .read(move |conn| -> Result<_, ServiceError> {
            // Whose a handle is, only its owner learns (J5).
            let asked = me.zip(handle);
            let mine = asked.map(|(me, handle)| is_my_handle(conn, id, (me, &handle))).transpose()?;
            Ok((can_i_vote(conn, id, me, now)?, mine))
        })
        .await?;
    let (standing, sentence) = (standing.as_str().to_owned(), standing.sentence().to_owned());
    Ok(web::Json(StandingView { standing, sentence, is_my_handle }))
}
