//! `host-meta`, which some servers ask when WebFinger fails (fediverse.md 1.3).

use super::answers::{bytes, discovery};
use crate::App;
use crate::domain::text::escape_html;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use serde_json::json;

fn template(app: &App) -> String {
    format!("{}/.well-known/webfinger?resource={{uri}}", app.urls.base())
}

/// `GET /.well-known/host-meta`: as XRD.
pub async fn xml(app: web::Data<App>) -> HttpResponse {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"{}\"/>\n</XRD>\n",
        escape_html(&template(&app))
    );
    discovery("application/xrd+xml; charset=utf-8", Bytes::from(body))
}

/// `GET /.well-known/host-meta.json`: the same as JRD.
pub async fn json(app: web::Data<App>) -> HttpResponse {
    let link = json!({"rel": "lrdd", "type": "application/jrd+json", "template": template(&app)});
    discovery("application/jrd+json; charset=utf-8", bytes(&json!({ "links": [link] })))
}
