//! Can I vote? For whoever is signed in, and for a fediverse handle of theirs.

use crate::App;
use crate::db::amendments::Amendment;
use crate::ids::AmendmentId;
use crate::services::ServiceError;
use crate::services::can_i_vote::{Standing, can_i_vote, is_my_handle};
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// A handle that was pasted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    handle: String,
}

#[derive(Template)]
#[template(path = "can_i_vote.html")]
struct Content<'a> {
    page: &'a Page,
    amendment: Amendment,
    standing: Standing,
    handle: String,
    /// Whether the handle is mine; none when none was pasted, or what is no handle.
    is_mine: Option<bool>,
}

/// `GET /amendments/{id}/can-i-vote`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<AmendmentId>,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let (id, me, now) = (id.into_inner(), session.member_id(), app.deadline());
    let handle: String = query.into_inner().handle.chars().take(300).collect();
    let pasted = handle.clone();
    let (amendment, standing, is_mine) = app
        .read(move |conn| {
            let amendment = super::amendment::find(conn, id, me)?;
            let is_mine = match me.filter(|_| is_whole(&pasted)) {
                Some(me) => Some(is_my_handle(conn, id, (me, &pasted))?),
                None => None,
            };
            Ok::<_, ServiceError>((amendment, can_i_vote(conn, id, me, now)?, is_mine))
        })
        .await?;
    let page = session.page(&app, "Can I vote?");
    page.show(&Content { page: &page, amendment, standing, handle, is_mine })
}

/// Whether it has a name and a server, or is the address of an account.
fn is_whole(handle: &str) -> bool {
    let bare = handle.trim().trim_start_matches('@');
    bare.contains("://") || bare.split_once('@').is_some_and(|(name, server)| !name.is_empty() && !server.is_empty())
}
