//! The Atom feed of what is said in the name of the community.

use super::feed::{About, Entry, MOST, answer};
use super::view;
use crate::App;
use crate::db::DbError;
use crate::db::local_actors::find_community;
use crate::db::statements::{Whose, list_statements};
use crate::services::publish_statement::signature_of;
use crate::web::errors::PageError;
use actix_web::{HttpResponse, web};

/// `GET /feeds/community.atom`
pub async fn show(app: web::Data<App>) -> Result<HttpResponse, PageError> {
    let urls = std::sync::Arc::clone(&app.urls);
    let (community, entries) = app
        .read(move |conn| -> Result<_, DbError> {
            let community = find_community(conn)?.map_or_else(|| "Caucus".to_owned(), |community| community.name);
            let most = i64::try_from(MOST).unwrap_or(i64::MAX);
            let mut entries = Vec::new();
            for statement in list_statements(conn, Whose::Community, None, most)? {
                let signature = signature_of(conn, &statement)?.unwrap_or_default();
                entries.push(Entry {
                    url: urls.note(statement.id),
                    title: view::title_of(&statement.text),
                    text: format!("{} – {signature}", view::markdown_as_text(&statement.text)),
                    updated: statement.updated_at,
                });
            }
            Ok((community, entries))
        })
        .await?;
    let about = About { about: "what is said in its name", path: "/feeds/community.atom", page: "/spokespeople" };
    answer(&app, &about, community, entries)
}
