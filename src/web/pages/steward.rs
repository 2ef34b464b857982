//! For stewards: what waits for which server.

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::deliveries::{HostQueue, queue_by_host};
use crate::db::{DbError, inbox};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::{MemberSession, SignedIn};
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "steward.html")]
struct Queue {
    hosts: Vec<HostQueue>,
    /// How many received activities were given up.
    given_up: i64,
    is_time_doubted: bool,
    now: Stamp,
}

/// `GET /steward`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    only_stewards(&visit.me)?;
    let (hosts, given_up) =
        app.read(|conn| Ok::<_, DbError>((queue_by_host(conn)?, inbox::count_failed(conn)?))).await?;
    visit.session.page(&app, "What waits for which server").show(&Queue {
        hosts,
        given_up,
        is_time_doubted: app.clock.doubt().is_some(),
        now: app.now(),
    })
}

/// Stops everybody who is no steward.
pub(super) fn only_stewards(me: &SignedIn) -> Result<(), PageError> {
    if me.is_steward {
        Ok(())
    } else {
        Err(ServiceError::Forbidden("Only stewards can see this page.".to_owned()).into())
    }
}
