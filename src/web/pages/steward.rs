//! For stewards: what waits for which server. And the public log of what stewards did (K2).

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::deliveries::{HostQueue, queue_by_host};
use crate::db::steward_log::{StewardAct, list_acts};
use crate::db::{DbError, inbox};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::{MemberSession, Session, SignedIn};
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

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    acts: Vec<StewardAct>,
    is_member: bool,
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

/// `GET /log`: strangers read what was done, members also by whom (J5).
pub async fn log(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let acts = app.read(|conn| list_acts(conn, 200)).await?;
    session.page(&app, "Stewards’ log").show(&Log { acts, is_member: session.signed_in.is_some() })
}
