//! Bodies of requests: JSON of at most 64 KiB, no unknown fields, and words for what is wrong.

use super::problem::Problem;
use crate::App;
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The most bytes of one request.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A JSON body, read and checked for shape; the rules check the rest.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.content_type().eq_ignore_ascii_case("application/json");
        let is_too_long = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
            .is_some_and(|length| length > MAX_BODY_BYTES);
        let payload = payload.take();
        let app = request.app_data::<web::Data<App>>();
        let patience = app.map_or(Duration::ZERO, |app| app.limits.longest_body_wait);
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "not_json",
                    "Please send JSON, with Content-Type: application/json.",
                ));
            }
            if is_too_long {
                return Err(too_long());
            }
            let body = tokio::time::timeout(patience, collect(payload))
                .await
                .map_err(|_| broken_json("The body came too slowly."))??;
            parse(&body).map(Self)
        })
    }
}

async fn collect(mut payload: Payload) -> Result<web::BytesMut, Problem> {
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| broken_json("The body broke off."))?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Serde would read a list as the fields of an object in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(broken_json("Please give a JSON object here."));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        explain(&path, &error.into_inner())
    })?;
    json.end().map_err(|_| broken_json("Something follows after the end of the JSON."))?;
    Ok(value)
}

fn explain(path: &str, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    if error.classify() != Category::Data {
        return broken_json(&format!(
            "This is not JSON: please look at line {}, column {}.",
            error.line(),
            error.column()
        ));
    }
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    let sentence = sentence(words);
    match named_field(words) {
        Some(name) => {
            // For an unknown or missing field the path ends at the field, or just before it.
            let path = if path.is_empty() || path == name || path.ends_with(&format!(".{name}")) {
                if path.is_empty() { name.to_owned() } else { path.to_owned() }
            } else {
                format!("{path}.{name}")
            };
            Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", &path, sentence)
        }
        None if path.is_empty() => broken_json(&sentence),
        None => Problem::field(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", path, sentence),
    }
}

/// The field that serde names between back-quotes at the head of its message.
fn named_field(words: &str) -> Option<&str> {
    ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|head| words.strip_prefix(head))
        .and_then(|rest| rest.split('`').next())
}

/// Serde's words as a sentence for people, without the names of our types.
fn sentence(words: &str) -> String {
    if words.starts_with("missing field") {
        return "Please give this field.".to_owned();
    }
    if words.starts_with("duplicate field") {
        return "This field is given twice.".to_owned();
    }
    let expected = words.split_once("expected ").map_or("", |(_, expected)| expected);
    if words.starts_with("unknown field") {
        let known = expected.trim_start_matches("one of ").replace('`', "");
        return if known.is_empty() {
            "There is no such field.".to_owned()
        } else {
            format!("There is no such field. The fields are: {known}.")
        };
    }
    if words.starts_with("unknown variant") {
        return format!("Please choose one of: {}.", expected.trim_start_matches("one of ").replace('`', ""));
    }
    let kind = match expected {
        "a string" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not below zero",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        other if other.starts_with("struct") || other == "a map" => "a JSON object",
        _ => "another kind of value",
    };
    format!("Please give {kind} here.")
}

fn broken_json(sentence: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_json", sentence)
}

fn too_long() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", "A request may have at most 64 KiB.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Change {
        text: String,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        title: String,
        hours: u32,
        changes: Vec<Change>,
    }

    fn refused(body: &str) -> (u16, Option<String>, String) {
        let problem = parse::<Request>(body.as_bytes()).unwrap_err();
        (problem.status, problem.errors.first().map(|e| e.field.clone()), problem.detail)
    }

    #[test]
    fn a_good_body_is_read() {
        let read: Request = parse(br#"{"title":"t","hours":2,"changes":[{"text":"x"}]}"#).unwrap();

        assert_eq!((read.title.as_str(), read.hours, read.changes[0].text.as_str()), ("t", 2, "x"));
    }

    #[test]
    fn a_wrong_field_is_named_with_its_path() {
        for (body, field, words) in [
            (r#"{"title":7}"#, "title", "Please give text here."),
            (r#"{"title":"t","hours":-1}"#, "hours", "Please give a whole number, not below zero here."),
            (r#"{"title":"t","hours":1,"changes":[{"text":null}]}"#, "changes[0].text", "Please give text here."),
            (r#"{"title":"t","hours":1,"changes":[{}]}"#, "changes[0].text", "Please give this field."),
            (r#"{"title":"t","hours":1,"changes":{}}"#, "changes", "Please give a list here."),
            (r#"{"title":"t","title":"u"}"#, "title", "This field is given twice."),
            (r#"{"colour":"red"}"#, "colour", "There is no such field. The fields are: title, hours, changes."),
        ] {
            assert_eq!(refused(body), (422, Some(field.to_owned()), words.to_owned()), "{body}");
        }
    }

    #[test]
    fn what_is_no_json_object_is_a_bad_request() {
        for body in
            ["", "{", "[]", "7", "null", "{'title':1}", "{\"title\":\"t\",}", "\u{0}", "{\"title\":\"\\ud800\"}"]
        {
            let (status, field, words) = refused(body);
            assert_eq!((status, field), (400, None), "{body}");
            assert!(!words.contains("struct") && !words.contains("EOF"), "{words}");
        }
        let deep = format!("{{\"title\":{}", "[".repeat(30_000));
        assert!(matches!(refused(&deep).0, 400 | 422));
    }
}
