//! Who asks: the member behind a bearer token. A token that may only read is refused on every
//! method that changes something, here and once for all routes (security.md AC-19).

use super::problem::Problem;
use crate::App;
use crate::db::api_tokens::{self, TokenHolder};
use crate::domain::token::{TokenScope, check_voice};
use crate::ids::{MemberId, secret_hash};
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

/// The member whose token came with the request.
pub struct ApiMember(pub TokenHolder);

impl ApiMember {
    /// Their id.
    pub fn id(&self) -> MemberId {
        self.0.member_id
    }

    /// Their id, where everybody has one voice.
    ///
    /// # Errors
    /// Forbidden for a token that a steward made and its member has not confirmed (V-54).
    pub fn voice(&self) -> Result<MemberId, Problem> {
        check_voice(self.0.is_confirmed).map_err(|refusal| Problem::refused(StatusCode::FORBIDDEN, refusal))?;
        Ok(self.0.member_id)
    }
}

/// A member or anybody: no token is well, a token that does not work is not.
pub struct MaybeMember(pub Option<TokenHolder>);

impl MaybeMember {
    /// The member's id, when there is one.
    pub fn id(&self) -> Option<MemberId> {
        self.0.as_ref().map(|holder| holder.member_id)
    }
}

impl FromRequest for ApiMember {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { holder(&request).await?.map(Self).ok_or_else(no_token) })
    }
}

impl FromRequest for MaybeMember {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { holder(&request).await.map(Self) })
    }
}

async fn holder(request: &HttpRequest) -> Result<Option<TokenHolder>, Problem> {
    let Some(header) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let secret = header.to_str().ok().and_then(bearer).ok_or_else(bad_token)?;
    let hash = secret_hash(secret);
    let app = request.app_data::<web::Data<App>>().ok_or_else(bad_token)?;
    let holder = app.read(move |conn| api_tokens::find_holder(conn, &hash)).await?.ok_or_else(bad_token)?;
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && holder.scope == TokenScope::Read {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "read_only_token",
            "This token may only read. Make one that may also write.",
        ));
    }
    Ok(Some(holder))
}

/// The credentials of `Authorization: Bearer …` (RFC 6750 2.1; the scheme in any case).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, secret) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty() && secret.len() <= 200).then_some(secret.trim())
}

fn no_token() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "no_token",
        "Please send a token: Authorization: Bearer caucus_…. A steward makes one with: caucus token create --member NAME",
    )
}

fn bad_token() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "bad_token", "This token does not work: it is unknown, or was revoked.")
}
