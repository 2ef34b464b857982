//! Polls: publish an advisory one, show any, cast a ballot (rules A5 to A9). Totals are shown
//! when the rules say so, whoever asks.

use super::answer::{self, Created, moment};
use super::body::Body;
use super::cabals::{by_handle, in_cabal};
use super::member::{ApiMember, MaybeMember};
use super::objections::ObjectionView;
use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::db::objections::list_objections;
use crate::db::polls::{self, Poll, PollOption};
use crate::db::results::{self, PollResult};
use crate::db::{AnyConnection, ballots, local_actors};
use crate::domain::Urls;
use crate::domain::outcome::Outcome;
use crate::domain::poll::{Closing, NewPoll, PollForm};
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::ids::{MemberId, PollId};
use crate::services::{self as acts, ServiceError};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A poll: the ballot of an amendment, or an advisory one of a cabal.
#[derive(Serialize, ToSchema)]
pub struct PollView {
    id: String,
    /// The handle of the community or cabal that asks.
    actor: String,
    /// The amendment whose ballot it is.
    amendment: Option<String>,
    question: String,
    options: Vec<OptionView>,
    is_multiple: bool,
    is_open: bool,
    language: String,
    opens_at: String,
    closes_at: String,
    /// When the result was worked out.
    closed_at: Option<String>,
    /// How many voters took part so far.
    voters_count: u32,
    /// How many were on the roll when it opened; for votes on amendments and on who leads a cabal.
    roll_size: Option<u32>,
    roll_fingerprint: Option<String>,
    result: Option<ResultView>,
    /// The objections that stand beside the ballot of an amendment (A14)
    objections: Vec<ObjectionView>,
    /// Whether the member of the token has voted; left out without a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_voted: Option<bool>,
    /// What the member of the token chose in an advisory poll; of a vote with a roll nothing tells it,
    /// so that nobody can be made to show it
    #[serde(skip_serializing_if = "Option::is_none")]
    my_choices: Option<Vec<String>>,
    url: String,
    object_id: String,
}

/// An option.
#[derive(Serialize, ToSchema)]
pub struct OptionView {
    name: String,
    /// null while totals are hidden
    total: Option<u32>,
}

/// The result of a vote on an amendment, or on who leads a cabal.
#[derive(Serialize, ToSchema)]
pub struct ResultView {
    /// carried, overtaken (carried, but the text was changed meanwhile), not_carried, elected, nominee_left,
    /// not_elected, or not_decided when something about the vote did not hold
    outcome: &'static str,
    is_carried: bool,
    votes_for: u64,
    votes_against: u64,
    votes_abstain: u64,
    /// Of votes for and against, in per cent.
    share_of_cast: Option<f64>,
    /// Of all ballots, abstentions included, in per cent.
    share_with_abstentions: Option<f64>,
    /// Of the roll, in per cent.
    share_of_roll: Option<f64>,
    /// SHA-256 of the published record.
    record_sha256: String,
}

/// An advisory poll to publish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PollRequest {
    #[serde(default)]
    #[schema(required)]
    question: String,
    /// Two to four, of at most 50 characters each
    #[serde(default)]
    #[schema(required, example = json!(["Saturday", "Sunday"]))]
    options: Vec<String>,
    #[serde(default)]
    is_multiple: bool,
    /// Hidden until the close unless this is false
    #[serde(default = "yes")]
    totals_hidden: bool,
    /// Minutes until it closes: 5 to 44640 (31 days). Give this or closes_at
    #[serde(default)]
    duration_minutes: Option<u32>,
    /// The moment at which it closes (UTC)
    #[serde(default)]
    closes_at: Option<String>,
    /// en when left out
    #[serde(default)]
    language: Option<String>,
}

fn yes() -> bool {
    true
}

/// A ballot.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BallotRequest {
    /// The names of the options chosen
    #[serde(default)]
    #[schema(required, example = json!(["Saturday"]))]
    choices: Vec<String>,
}

/// What a voter gets. Keep the receipt: it finds your ballot in the published record.
#[derive(Serialize, ToSchema)]
pub struct ReceiptView {
    receipt: String,
    /// Whether it replaced an earlier ballot.
    is_changed: bool,
    /// The page of the poll.
    url: String,
}

/// A poll with what belongs to it.
struct Shown {
    poll: Poll,
    actor: String,
    result: Option<(PollResult, Outcome)>,
    objections: Vec<ObjectionView>,
    has_voted: Option<bool>,
    mine: Option<Vec<u32>>,
}

fn view(shown: Shown, urls: &Urls, now: Stamp) -> PollView {
    let Shown { poll, actor, result, objections, has_voted, mine } = shown;
    let (url, shows_totals, is_open) = (urls.poll(poll.id), poll.shows_totals(), poll.is_open(now));
    let name = |position: &u32| poll.options.iter().find(|o| o.position == *position).map(|o| o.name.clone());
    let my_choices = mine.map(|mine| mine.iter().filter_map(name).collect());
    let option = |o: &PollOption| OptionView { name: o.name.clone(), total: shows_totals.then_some(o.total) };
    PollView {
        id: poll.id.to_string(),
        actor,
        amendment: poll.amendment_id.map(|id| id.to_string()),
        options: poll.options.iter().map(option).collect(),
        question: poll.question,
        is_multiple: poll.is_multiple,
        is_open,
        language: poll.language,
        opens_at: iso_seconds(poll.opens_at),
        closes_at: iso_seconds(poll.closes_at),
        closed_at: moment(poll.closed_at),
        voters_count: poll.voters_count,
        roll_size: poll.frozen.as_ref().map(|frozen| frozen.roll_size),
        roll_fingerprint: poll.frozen.map(|frozen| frozen.roll_fingerprint),
        result: result.map(result_view),
        objections,
        has_voted,
        my_choices,
        object_id: url.clone(),
        url,
    }
}

fn result_view((result, outcome): (PollResult, Outcome)) -> ResultView {
    let tally = result.tally;
    let per_cent = |share: crate::domain::tally::Share| f64::from(share.tenths()) / 10.0;
    ResultView {
        outcome: outcome.as_str(),
        is_carried: result.is_carried,
        votes_for: tally.votes_for,
        votes_against: tally.against,
        votes_abstain: tally.abstain,
        share_of_cast: tally.share_of_cast().map(per_cent),
        share_with_abstentions: tally.share_with_abstentions().map(per_cent),
        share_of_roll: tally.share_of_roll(u64::from(result.roll_size)).map(per_cent),
        record_sha256: result.record_sha256,
    }
}

/// Show a poll
#[utoipa::path(tag = "polls", responses((status = 200, body = PollView), (status = 404, body = Problem)))]
#[get("/polls/{id}")]
pub async fn show_poll(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<PollView>, Problem> {
    let (id, viewer, now): (PollId, _, _) = (answer::id(&id)?, viewer.id(), app.deadline());
    let poll = app.read(move |conn| polls::find_poll(conn, id)).await?.ok_or_else(Problem::not_found)?;
    if poll.is_due(now) {
        acts::close_ballot::settle(&app, id).await?;
    }
    let shown = app
        .read(move |conn| -> Result<_, ServiceError> {
            let poll = polls::poll(conn, id)?;
            shown(conn, poll, viewer)
        })
        .await?;
    Ok(web::Json(view(shown, &app.urls, now)))
}

fn shown(conn: &mut AnyConnection, poll: Poll, viewer: Option<MemberId>) -> Result<Shown, ServiceError> {
    let actor = local_actors::actor(conn, poll.actor_id)?.handle;
    let result = acts::minutes::find_outcome(conn, poll.id)?;
    let has_voted = viewer.map(|member| ballots::has_voted(conn, poll.id, member)).transpose()?;
    let mine = match viewer.filter(|_| !poll.has_roll()) {
        Some(member) => Some(ballots::find_choice(conn, poll.id, member)?.unwrap_or_default()),
        None => None,
    };
    let objections = match poll.amendment_id {
        Some(amendment) => list_objections(conn, amendment)?,
        None => Vec::new(),
    };
    let objections = objections.into_iter().map(|objection| ObjectionView::of(conn, objection, viewer));
    Ok(Shown { objections: objections.collect::<Result<_, _>>()?, poll, actor, result, has_voted, mine })
}

/// List the polls of a cabal, newest first
#[utoipa::path(tag = "polls", params(Paging), responses(
    (status = 200, body = Page<PollView>), (status = 400, body = Problem), (status = 404, body = Problem)))]
#[get("/cabals/{handle}/polls")]
pub async fn list_polls(
    app: web::Data<App>,
    viewer: MaybeMember,
    handle: web::Path<String>,
    paging: Query<Paging>,
) -> Result<web::Json<Page<PollView>>, Problem> {
    let (viewer, handle, now) = (viewer.id(), handle.into_inner(), app.deadline());
    let (before, limit) = (paging.0.before()?, paging.0.limit());
    let found = app
        .read(move |conn| -> Result<Vec<Shown>, ServiceError> {
            let cabal = by_handle(conn, &handle)?.id;
            let polls = polls::list_polls(conn, cabal.into(), before, limit)?;
            polls.into_iter().map(|poll| shown(conn, poll, viewer)).collect()
        })
        .await?;
    let items = found.into_iter().map(|shown| view(shown, &app.urls, now)).collect();
    Ok(web::Json(Page::of(items, &paging.0, |poll: &PollView| poll.id.clone())))
}

/// The record of a closed vote
///
/// Every receipt with its choice, as canonical JSON. Its SHA-256 stands in the minutes.
#[utoipa::path(tag = "polls", responses(
    (status = 200, description = "The record, byte for byte", content_type = "application/json"),
    (status = 404, body = Problem)))]
#[get("/polls/{id}/record")]
pub async fn show_record(app: web::Data<App>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id: PollId = answer::id(&id)?;
    acts::close_ballot::settle(&app, id).await?;
    let record = app.read(move |conn| results::find_record(conn, id)).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(record))
}

/// Publish an advisory poll of a cabal
#[utoipa::path(tag = "polls", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/cabals/{handle}/polls")]
pub async fn publish_poll(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
    body: Body<PollRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, body) = (member.id(), body.0);
    let minutes = body.duration_minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
    let new = NewPoll::parse(&PollForm {
        question: body.question,
        options: body.options,
        is_multiple: body.is_multiple,
        totals_hidden: body.totals_hidden,
        closing: Closing::parse(&minutes, body.closes_at.as_deref().unwrap_or_default())?,
        language: body.language.unwrap_or_default(),
    })?;
    let id =
        in_cabal(&app, handle.into_inner(), move |tx, cabal| acts::publish_poll::publish_poll(tx, by, cabal, &new))
            .await?;
    Ok(Created::published(id, app.urls.poll(id)).at(&format!("/polls/{id}")))
}

/// Cast your ballot in an advisory poll, or in that of an amendment
#[utoipa::path(tag = "polls", security(("token" = [])), responses(
    (status = 201, body = ReceiptView), (status = 200, body = ReceiptView, description = "The ballot was changed"),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/polls/{id}/ballot")]
pub async fn cast_ballot(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<BallotRequest>,
) -> Result<HttpResponse, Problem> {
    cast(&app, &member, answer::id(&id)?, body.0.choices).await
}

/// One path for the ballots of polls and of amendments.
pub(super) async fn cast(
    app: &App,
    member: &ApiMember,
    id: PollId,
    choices: Vec<String>,
) -> Result<HttpResponse, Problem> {
    let poll = app.read(move |conn| polls::find_poll(conn, id)).await?.ok_or_else(Problem::not_found)?;
    let by = if poll.has_roll() { member.voice()? } else { member.id() };
    let positions: Vec<u32> = choices.iter().map(|name| position(&poll, name)).collect::<Result<_, _>>()?;
    let receipt = acts::cast_ballot::on_the_web(app, by, id, positions).await?;
    let url = app.urls.poll(id);
    let mut response = if receipt.is_changed { HttpResponse::Ok() } else { HttpResponse::Created() };
    response.insert_header((actix_web::http::header::LOCATION, format!("/api/v1/polls/{id}")));
    Ok(response.json(ReceiptView { receipt: receipt.code, is_changed: receipt.is_changed, url }))
}

/// The option of this name, compared as people read it.
fn position(poll: &Poll, name: &str) -> Result<u32, Refusal> {
    let wanted = text::clean_line(name).to_lowercase();
    let found = poll.options.iter().find(|option| option.name.to_lowercase() == wanted);
    found.map(|option| option.position).ok_or_else(|| {
        let names: Vec<&str> = poll.options.iter().map(|option| option.name.as_str()).collect();
        Refusal::field("choices", format!("Please choose among: {}.", names.join(", ")))
    })
}
