//! WebFinger: from a handle or an actor's URL to the one canonical description (fediverse.md
//! 1.1). Everything that seen programs ask for is understood; the answer is always the same.

use super::answers::{NoAnswer, bytes, discovery};
use super::negotiation::ACTIVITY_JSON;
use crate::App;
use crate::db::DbError;
use crate::db::local_actors::{self, ActorKind, LocalActor};
use crate::domain::Urls;
use crate::domain::urls::OurUrl;
use crate::web::ready::ReadyAnswers;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use url::form_urlencoded;

const JRD: &str = "application/jrd+json; charset=utf-8";

/// Whom a resource names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Resource {
    /// The community or a cabal.
    Group(String),
    /// The instance actor.
    Instance,
    /// The site as a whole (FEP-d556).
    Site,
    /// Somebody who does not live here.
    Elsewhere,
}

/// `GET /.well-known/webfinger?resource=…`
pub async fn find(
    app: web::Data<App>,
    ready: web::Data<ReadyAnswers>,
    request: HttpRequest,
) -> Result<HttpResponse, NoAnswer> {
    let asked = form_urlencoded::parse(request.query_string().as_bytes())
        .find_map(|(name, value)| (name == "resource").then_some(value))
        .ok_or(NoAnswer::Malformed("Please say whom you look for: ?resource=acct:name@host."))?;
    let resource = parse(&asked, &app.urls)
        .ok_or(NoAnswer::Malformed("The resource must be of the form acct:name@host, or the address of an actor."))?;
    let name = match &resource {
        Resource::Group(handle) => format!("webfinger {handle}"),
        Resource::Instance => "webfinger".to_owned(),
        Resource::Site => return Ok(discovery(JRD, bytes(&site(&app.urls)))),
        Resource::Elsewhere => return Err(NoAnswer::NotFound),
    };
    if let Some(body) = ready.find(&app, &name) {
        return Ok(discovery(JRD, body));
    }
    let generation = app.generation();
    let found = app
        .read::<_, DbError>(move |conn| match resource {
            Resource::Group(handle) => local_actors::find_actor_by_handle(conn, &handle),
            _ => local_actors::find_instance_actor(conn),
        })
        .await?;
    let actor = found.ok_or(NoAnswer::NotFound)?;
    if actor.deleted_at.is_some() {
        return Err(NoAnswer::Gone);
    }
    let body = bytes(&description(&actor, &app.urls));
    ready.keep(&app, &name, generation, &body);
    Ok(discovery(JRD, body))
}

/// Reads a resource that was percent-decoded once. `None` when it is of no known form.
fn parse(resource: &str, urls: &Urls) -> Option<Resource> {
    let resource = resource.trim();
    if let Some((scheme, rest)) = resource.split_once("://") {
        let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        return is_web.then(|| parse_url(rest, urls));
    }
    let account = match resource.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("acct") => rest,
        _ => resource,
    };
    let (name, host) = account.trim_start_matches('@').split_once('@')?;
    if name.eq_ignore_ascii_case(urls.host()) && host.eq_ignore_ascii_case(urls.host()) {
        return Some(Resource::Instance);
    }
    if name.is_empty() || host.is_empty() || host.contains(['@', '/']) || name.contains([':', '/']) {
        return None;
    }
    let is_here = host.eq_ignore_ascii_case(urls.host());
    Some(if is_here { Resource::Group(name.to_ascii_lowercase()) } else { Resource::Elsewhere })
}

/// `rest` is a web address without its scheme.
fn parse_url(rest: &str, urls: &Urls) -> Resource {
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !host.eq_ignore_ascii_case(urls.host()) {
        return Resource::Elsewhere;
    }
    match path.trim_end_matches('/') {
        "" => Resource::Site,
        path => match urls.recognise(&format!("{}{path}", urls.base())) {
            Some(OurUrl::Actor(handle)) => Resource::Group(handle.to_ascii_lowercase()),
            Some(OurUrl::Instance) => Resource::Instance,
            _ => Resource::Elsewhere,
        },
    }
}

fn description(actor: &LocalActor, urls: &Urls) -> Value {
    let id = actor.url(urls);
    let (kind, page) = match actor.kind {
        ActorKind::Instance => ("Application", format!("{}/", urls.base())),
        ActorKind::Community | ActorKind::Cabal => ("Group", id.clone()),
    };
    json!({
        "subject": format!("acct:{}@{}", actor.handle, urls.host()),
        "aliases": [id],
        "links": [
            {
                "rel": "self",
                "type": ACTIVITY_JSON,
                "href": id,
                "properties": { "https://www.w3.org/ns/activitystreams#type": kind },
            },
            { "rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page },
        ],
    })
}

fn site(urls: &Urls) -> Value {
    json!({
        "subject": format!("{}/", urls.base()),
        "links": [{
            "rel": "https://www.w3.org/ns/activitystreams#Service",
            "type": ACTIVITY_JSON,
            "href": urls.instance_actor(),
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls() -> Urls {
        Urls::new(&"https://caucus.example".parse().unwrap())
    }

    #[test]
    fn every_form_that_programs_send_is_understood() {
        let group = || Resource::Group("search".to_owned());
        for (asked, expected) in [
            ("acct:search@caucus.example", group()),
            ("ACCT:Search@Caucus.Example", group()),
            ("acct:@search@caucus.example", group()),
            ("search@caucus.example", group()),
            ("@search@caucus.example", group()),
            ("https://caucus.example/c/search", group()),
            ("http://caucus.example/c/search", group()),
            ("https://caucus.example/c/search/", group()),
            ("HTTPS://CAUCUS.EXAMPLE/c/Search", group()),
            ("acct:caucus.example@caucus.example", Resource::Instance),
            ("https://caucus.example/actor", Resource::Instance),
            ("https://caucus.example/", Resource::Site),
            ("https://caucus.example", Resource::Site),
        ] {
            assert_eq!(parse(asked, &urls()), Some(expected), "{asked}");
        }
    }

    #[test]
    fn others_and_other_things_are_not_found() {
        for asked in [
            "acct:search@other.example",
            "acct:search@caucus.example.evil.example",
            "acct:search@evilcaucus.example",
            "https://other.example/c/search",
            "https://caucus.example@evil.example/c/search",
            "https://caucus.example/help-requests/1",
            "https://caucus.example/c/search/outbox",
            "https://caucus.example/../c/search",
        ] {
            assert_eq!(parse(asked, &urls()), Some(Resource::Elsewhere), "{asked}");
        }
    }

    #[test]
    fn what_has_no_known_form_is_refused() {
        for asked in [
            "",
            " ",
            "search",
            "acct:",
            "acct:search",
            "acct:@",
            "acct:search@",
            "@caucus.example",
            "acct:a@b@c",
            "ftp://caucus.example/c/search",
            "mailto:search@caucus.example",
            "acct%3Asearch%40caucus.example",
            "acct:search@caucus.example/../x",
            "acct:../../etc/passwd@caucus.example",
        ] {
            assert_eq!(parse(asked, &urls()), None, "{asked}");
        }
    }

    #[test]
    fn a_port_belongs_to_the_host() {
        let urls = Urls::new(&"http://localhost:8080".parse().unwrap());

        assert_eq!(parse("acct:search@localhost:8080", &urls), Some(Resource::Group("search".to_owned())));
        assert_eq!(parse("acct:localhost:8080@localhost:8080", &urls), Some(Resource::Instance));
        assert_eq!(parse("acct:search@localhost", &urls), Some(Resource::Elsewhere));
    }
}
