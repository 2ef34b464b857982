//! The minutes of a decided vote, and whether one may vote at all.

use super::answer::{self, moment};
use super::member::{ApiMember, MaybeMember};
use super::objections::ObjectionView;
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::domain::tally::{Share, Tally};
use crate::ids::{AmendmentId, PollId};
use crate::services::ServiceError;
use crate::services::can_i_vote::{can_i_vote, is_my_handle};
use crate::services::close_ballot::settle;
use crate::services::minutes::{Minutes, minutes};
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// The minutes of a vote on an amendment.
#[derive(Serialize, ToSchema)]
pub struct MinutesView {
    poll: String,
    amendment: String,
    title: String,
    document: String,
    changes: Vec<TextView>,
    /// What stood beside the ballot (A14).
    objections: Vec<ObjectionView>,
    opened_at: String,
    closed_at: String,
    roll_size: u32,
    roll_fingerprint: String,
    took_part: u32,
    is_carried: bool,
    totals: TotalsView,
    /// Per cent with one decimal, as text; null when there is nothing to take a share of
    share_of_cast: Option<String>,
    share_with_abstentions: Option<String>,
    share_of_roll: Option<String>,
    /// cast or roll
    rule_base: String,
    quorum: u32,
    /// Only when there were three or more
    soundings: Option<TotalsView>,
    /// Votes that did not count, by reason, up to now
    uncounted: BTreeMap<String, u32>,
    downtime_seconds: i64,
    incidents: Vec<IncidentView>,
    record_sha256: String,
    chain_head: Option<String>,
    /// False when the ballots were changed in the database before the close
    is_as_sealed: bool,
    /// Who proposed it; for members only
    #[serde(skip_serializing_if = "Option::is_none")]
    mover: Option<String>,
    backers_count: usize,
    /// Who backed it; for members only
    #[serde(skip_serializing_if = "Option::is_none")]
    backers: Option<Vec<String>>,
    url: String,
}

/// How ballots fell.
#[derive(Serialize, ToSchema)]
pub struct TotalsView {
    votes_for: u64,
    votes_against: u64,
    votes_abstain: u64,
}

/// A clause before and after.
#[derive(Serialize, ToSchema)]
pub struct TextView {
    number: String,
    old_text: String,
    new_text: String,
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

fn view(minutes: Minutes, url: String, is_member: bool) -> MinutesView {
    let (tally, roll, text) = (minutes.result.tally, minutes.frozen.roll_size, |share: Share| share.to_string());
    let downtime_seconds = minutes.downtime().num_seconds();
    let change =
        |c: crate::domain::amendment::Change| TextView { number: c.number, old_text: c.old_text, new_text: c.new_text };
    MinutesView {
        poll: minutes.poll.id.to_string(),
        amendment: minutes.amendment.id.to_string(),
        title: minutes.amendment.title,
        document: minutes.document.slug,
        changes: minutes.changes.into_iter().map(change).collect(),
        objections: minutes.objections.into_iter().map(ObjectionView::from).collect(),
        opened_at: iso_seconds(minutes.poll.opens_at),
        closed_at: iso_seconds(minutes.poll.closes_at),
        roll_size: roll,
        roll_fingerprint: minutes.frozen.roll_fingerprint,
        took_part: minutes.poll.voters_count,
        is_carried: minutes.result.is_carried,
        totals: totals(tally),
        share_of_cast: tally.share_of_cast().map(text),
        share_with_abstentions: tally.share_with_abstentions().map(text),
        share_of_roll: tally.share_of_roll(u64::from(roll)).map(text),
        rule_base: minutes.frozen.rule.base.as_str().to_owned(),
        quorum: minutes.frozen.rule.quorum,
        soundings: minutes.soundings.map(totals),
        uncounted: minutes.uncounted.into_iter().map(|(reason, total)| (reason.as_str().to_owned(), total)).collect(),
        downtime_seconds,
        incidents: minutes
            .incidents
            .into_iter()
            .map(|i| IncidentView {
                kind: i.kind.as_str().to_owned(),
                began_at: iso_seconds(i.began_at),
                ended_at: moment(i.ended_at),
            })
            .collect(),
        record_sha256: minutes.result.record_sha256,
        chain_head: minutes.chain_head,
        is_as_sealed: minutes.is_as_sealed,
        mover: is_member.then_some(minutes.mover),
        backers_count: minutes.backers.len(),
        backers: is_member.then_some(minutes.backers),
        url,
    }
}

/// The minutes of a closed vote on an amendment
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
    Ok(web::Json(view(minutes, app.urls.minutes(id), viewer.id().is_some())))
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
    /// unknown, when_it_opens, yes, voted, joined_later or over
    standing: String,
    /// The same in a sentence
    sentence: String,
    /// Whether votes from the handle count as yours; false also for handles of others
    #[serde(skip_serializing_if = "Option::is_none")]
    is_my_handle: Option<bool>,
}

/// Whether you may vote on an amendment
#[utoipa::path(tag = "amendments", security(("token" = [])), params(HandleQuery), responses(
    (status = 200, body = StandingView), (status = 401, body = Problem), (status = 404, body = Problem)))]
#[get("/amendments/{id}/can-i-vote")]
pub async fn show_standing(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    query: Query<HandleQuery>,
) -> Result<web::Json<StandingView>, Problem> {
    let (id, me, now): (AmendmentId, _, _) = (answer::id(&id)?, member.id(), app.deadline());
    let handle = query.0.handle;
    let (standing, is_my_handle) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let mine = handle.map(|handle| is_my_handle(conn, me, &handle)).transpose()?;
            Ok((can_i_vote(conn, id, Some(me), now)?, mine))
        })
        .await?;
    let (standing, sentence) = (standing.as_str().to_owned(), standing.sentence().to_owned());
    Ok(web::Json(StandingView { standing, sentence, is_my_handle }))
}
