//! Collections: what an actor said, who follows it (the number, never the names), what it has
//! pinned, what was answered. Pages have URLs of their own without queries, because servers
//! disagree on how a query is signed (fediverse.md 3.6).

use super::actors::living;
use super::answers::{NoAnswer, SELDOM, bytes, document, gone};
use super::objects::{self, for_everybody};
use crate::App;
use crate::db::posts::{Post, PostKind, Slice};
use crate::db::{DbError, posts, replies as stored_replies};
use crate::federation::outbound::activities::{Head, wrap};
use crate::federation::outbound::documents::ACTIVITY_STREAMS;
use crate::federation::outbound::publish::create_id;
use crate::ids::PollId;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// How many activities a page of an outbox holds.
const PAGE: i64 = 20;

/// The most entries of a collection that is served whole.
const WHOLE: i64 = 200;

fn collection(id: &str, total: i64) -> Value {
    json!({ "@context": ACTIVITY_STREAMS, "id": id, "type": "OrderedCollection", "totalItems": total })
}

fn with(mut document: Value, key: &str, value: Value) -> Value {
    if let Some(object) = document.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
    document
}

/// The collections of the instance actor: it says nothing, follows nobody and has no followers.
pub async fn empty(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let id = format!("{}{}", app.urls.base(), request.path());
    document(bytes(&with(collection(&id, 0), "orderedItems", json!([]))), SELDOM)
}

/// `GET /c/{handle}/outbox`
pub async fn outbox(app: web::Data<App>, handle: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let actor = match living(&app, handle.into_inner()).await? {
        Ok(actor) => actor,
        Err(gone) => return Ok(gone),
    };
    let id = format!("{}/outbox", actor.url(&app.urls));
    let first = json!(format!("{id}/page/1"));
    Ok(document(bytes(&with(collection(&id, actor.posts_count.into()), "first", first)), SELDOM))
}

/// `GET /c/{handle}/outbox/page/{number}`: public posts, newest first.
pub async fn outbox_page(app: web::Data<App>, path: web::Path<(String, String)>) -> Result<HttpResponse, NoAnswer> {
    let (handle, number) = path.into_inner();
    let number: i64 = number.parse().ok().filter(|n| (1..=1_000_000).contains(n)).ok_or(NoAnswer::NotFound)?;
    let actor = match living(&app, handle).await? {
        Ok(actor) => actor,
        Err(gone) => return Ok(gone),
    };
    let (id, url) = (actor.id, actor.url(&app.urls));
    let part = Slice { offset: (number - 1) * PAGE, limit: PAGE + 1 };
    let mut found = app.read::<_, DbError>(move |conn| posts::list_public_posts(conn, id, part)).await?;
    let max_age = questions_now(&app, &mut found).await?;
    let page = usize::try_from(PAGE).unwrap_or(0);
    let is_last = found.len() <= page;
    found.truncate(page);
    let items: Vec<Value> = found.iter().map(|post| create_of(&app, post, &url)).collect::<Result<_, _>>()?;
    let mut document_page = json!({
        "@context": context_of(&found),
        "id": format!("{url}/outbox/page/{number}"),
        "type": "OrderedCollectionPage",
        "partOf": format!("{url}/outbox"),
    });
    if number > 1 {
        document_page = with(document_page, "prev", json!(format!("{url}/outbox/page/{}", number - 1)));
    }
    if !is_last {
        document_page = with(document_page, "next", json!(format!("{url}/outbox/page/{}", number + 1)));
    }
    Ok(document(bytes(&with(document_page, "orderedItems", Value::Array(items))), max_age))
}

/// Questions with the numbers that they have now, as at their own addresses; and how long the page
/// may be kept, which is never across the end of one of them.
async fn questions_now(app: &App, found: &mut [Post]) -> Result<u32, NoAnswer> {
    let mut max_age = SELDOM;
    for post in found.iter_mut().filter(|post| post.kind == PostKind::Poll) {
        let (question, age) = objects::question_now(app, PollId::from_uuid(post.id.uuid())).await?;
        post.object = question.to_string();
        max_age = max_age.min(age);
    }
    Ok(max_age)
}

/// The Create of a post around the post as it is now, without a context of its own.
fn create_of(app: &App, post: &Post, actor_url: &str) -> Result<Value, NoAnswer> {
    let object: Value = serde_json::from_str(&post.object).map_err(|e| DbError::Broken(e.to_string()))?;
    let id = app.urls.activity(create_id(post.id));
    let mut create = wrap(Head { kind: "Create", id: &id, actor: actor_url, at: post.published_at }, &object);
    if let Some(create) = create.as_object_mut() {
        create.shift_remove("@context");
    }
    Ok(create)
}

/// One context for a page: the terms of all its posts together.
fn context_of(found: &[Post]) -> Value {
    let mut terms = serde_json::Map::new();
    for post in found {
        let object: Value = serde_json::from_str(&post.object).unwrap_or_default();
        for part in object.get("@context").and_then(Value::as_array).into_iter().flatten() {
            if let Some(defined) = part.as_object() {
                terms.extend(defined.clone());
            }
        }
    }
    if terms.is_empty() { json!(ACTIVITY_STREAMS) } else { json!([ACTIVITY_STREAMS, terms]) }
}

/// `GET /c/{handle}/followers`: how many, not who.
pub async fn followers(app: web::Data<App>, handle: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let actor = match living(&app, handle.into_inner()).await? {
        Ok(actor) => actor,
        Err(gone) => return Ok(gone),
    };
    let id = app.urls.followers(&actor.handle);
    Ok(document(bytes(&collection(&id, actor.followers_count.into())), SELDOM))
}

/// `GET /c/{handle}/following`: our actors follow nobody.
pub async fn following(app: web::Data<App>, handle: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let actor = match living(&app, handle.into_inner()).await? {
        Ok(actor) => actor,
        Err(gone) => return Ok(gone),
    };
    let id = format!("{}/following", actor.url(&app.urls));
    Ok(document(bytes(&with(collection(&id, 0), "orderedItems", json!([]))), SELDOM))
}

/// `GET /c/{handle}/featured`: the ids of what is pinned, never the objects, because a Question
/// that stands in there whole is skipped by some (fediverse.md 2.3).
pub async fn featured(app: web::Data<App>, handle: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let actor = match living(&app, handle.into_inner()).await? {
        Ok(actor) => actor,
        Err(gone) => return Ok(gone),
    };
    let id = actor.id;
    let pinned = app.read::<_, DbError>(move |conn| posts::list_pinned(conn, id)).await?;
    let items: Vec<String> = pinned.iter().map(|post| post.url(&app.urls)).collect();
    let id = format!("{}/featured", actor.url(&app.urls));
    let total = i64::try_from(items.len()).unwrap_or(0);
    Ok(document(bytes(&with(collection(&id, total), "orderedItems", json!(items))), SELDOM))
}

/// `GET /…/{id}/replies`: the ids of what everybody may read.
pub async fn replies(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, NoAnswer> {
    let path = request.path().trim_end_matches("/replies");
    let post = for_everybody(&app, &id, path).await?;
    if post.deleted_at.is_some() {
        return Ok(gone(post.object));
    }
    let (post_id, url) = (post.id, post.url(&app.urls));
    let collection_id = format!("{url}/replies");
    let (theirs, ours) = app
        .read::<_, DbError>(move |conn| {
            let theirs = stored_replies::list_public_replies(conn, post_id, &url, WHOLE)?;
            Ok((theirs, posts::list_answers_for_everybody(conn, &url, WHOLE)?))
        })
        .await?;
    let items: Vec<String> = theirs.into_iter().chain(ours.iter().map(|post| post.url(&app.urls))).collect();
    let total = items.len();
    let page = json!({
        "@context": ACTIVITY_STREAMS,
        "id": collection_id,
        "type": "Collection",
        "totalItems": total,
        "first": {
            "type": "CollectionPage",
            "partOf": collection_id,
            "items": items,
        },
    });
    Ok(document(bytes(&page), SELDOM))
}
