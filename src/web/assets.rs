//! The style sheet, the icon and the two scripts, inside the binary. Their URLs hold a hash of their content, so
//! browsers may keep them for ever.

use super::errors::PageError;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "src/web/static/"]
struct Files;

static STYLE_URL: LazyLock<String> = LazyLock::new(|| url_of("caucus.css"));
static ICON_URL: LazyLock<String> = LazyLock::new(|| url_of("icon.svg"));

static RECOUNT_URL: LazyLock<String> = LazyLock::new(|| url_of("recount.js"));
static PREVIEW_URL: LazyLock<String> = LazyLock::new(|| url_of("preview.js"));

/// The URL of the script that counts a record again.
pub fn recount_url() -> &'static str {
    &RECOUNT_URL
}

/// The URL of the script that shows an amendment while it is written.
pub fn preview_url() -> &'static str {
    &PREVIEW_URL
}

/// The URL of the style sheet.
pub fn style_url() -> &'static str {
    &STYLE_URL
}

/// The URL of the icon.
pub fn icon_url() -> &'static str {
    &ICON_URL
}

/// Answers `/static/{hash}/{name}`.
///
/// # Errors
/// When there is no such file, or not with this content.
pub async fn serve(path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (hash, name) = path.into_inner();
    let file = Files::get(&name).filter(|file| short_hash(file) == hash).ok_or(PageError::not_found("file"))?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((CONTENT_TYPE, file.metadata.mimetype()))
        .body(file.data.into_owned()))
}

fn url_of(name: &str) -> String {
    let hash = Files::get(name).map(|file| short_hash(&file)).unwrap_or_default();
    format!("/static/{hash}/{name}")
}

fn short_hash(file: &EmbeddedFile) -> String {
    crate::ids::hex(file.metadata.sha256_hash().get(..8).unwrap_or_default())
}
