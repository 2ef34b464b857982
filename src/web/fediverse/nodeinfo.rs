//! NodeInfo 2.0 and 2.1 (fediverse.md 1.4).

use super::answers::{NoAnswer, bytes, discovery};
use crate::App;
use crate::db::local_actors::{self, ActorKind, LocalActor};
use crate::db::{DbError, members};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

/// `GET /.well-known/nodeinfo`: where the documents are, and the instance actor (FEP-2677).
pub async fn links(app: web::Data<App>) -> HttpResponse {
    let base = app.urls.base();
    let links = json!({ "links": [
        { "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{base}/nodeinfo/2.0") },
        { "rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": format!("{base}/nodeinfo/2.1") },
        { "rel": "https://www.w3.org/ns/activitystreams#Application", "href": app.urls.instance_actor() },
    ]});
    discovery("application/jrd+json; charset=utf-8", bytes(&links))
}

/// `GET /nodeinfo/2.0`
pub async fn version_2_0(app: web::Data<App>) -> Result<HttpResponse, NoAnswer> {
    let facts = facts(&app).await?;
    let kind = "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.0#\"";
    Ok(discovery(kind, bytes(&node(&app, &facts, "2.0"))))
}

/// `GET /nodeinfo/2.1`
pub async fn version_2_1(app: web::Data<App>) -> Result<HttpResponse, NoAnswer> {
    let facts = facts(&app).await?;
    let kind = "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.1#\"";
    Ok(discovery(kind, bytes(&node(&app, &facts, "2.1"))))
}

/// What NodeInfo tells. The number of members is public, who they are is not (J5).
struct Facts {
    community: Option<LocalActor>,
    members: i64,
    cabals: i64,
    posts: i64,
}

async fn facts(app: &App) -> Result<Facts, DbError> {
    app.read(|conn| {
        Ok(Facts {
            community: local_actors::find_community(conn)?,
            members: members::count_members(conn)?,
            cabals: local_actors::count_actors(conn, ActorKind::Cabal)?,
            posts: local_actors::count_public_posts(conn)?,
        })
    })
    .await
}

fn node(app: &App, facts: &Facts, version: &str) -> Value {
    let mut software = json!({ "name": "caucus", "version": env!("CARGO_PKG_VERSION") });
    if version == "2.1"
        && let Some(software) = software.as_object_mut()
    {
        software.insert("repository".to_owned(), json!(app.settings.source_url.as_str()));
        software.insert("homepage".to_owned(), json!(app.settings.source_url.as_str()));
    }
    let (name, about) = facts.community.as_ref().map_or((app.urls.host(), ""), |c| (&c.name, &c.summary));
    json!({
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": { "inbound": [], "outbound": [] },
        // Anybody may join by signing the documents in force (J1), once there are any.
        "openRegistrations": facts.community.is_some(),
        "usage": { "users": { "total": facts.members }, "localPosts": facts.posts },
        "metadata": {
            "nodeName": name,
            "nodeDescription": about,
            "community": facts.community.as_ref().map(|community| community.url(&app.urls)),
            "cabals": facts.cabals,
            "source_url": app.settings.source_url.as_str(),
            "staffAccounts": [],
            "federation": { "enabled": true },
        },
    })
}
