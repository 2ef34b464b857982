//! What all pages share: the frame round the content, the summary of errors, the answer itself.

use super::assets;
use super::errors::PageError;
use super::session::{CommunityName, Session, SignedIn};
use crate::App;
use crate::domain::FieldProblem;
use crate::services::ServiceError;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, HeaderValue, SET_COOKIE, VARY};
use askama::Template;

/// A page being put together: everything that the frame shows.
pub struct Page {
    /// The heading, also in the browser's title.
    pub title: String,
    /// The community, once it is set up.
    pub community: Option<CommunityName>,
    /// Who is signed in.
    pub signed_in: Option<SignedIn>,
    /// For the hidden field of every form.
    pub form_token: String,
    /// What was just done.
    pub notice: Option<String>,
    /// What is wrong with the form, in one sentence.
    pub trouble: Option<String>,
    /// What is wrong with its fields.
    pub problems: Vec<FieldProblem>,
    /// Where the source of the running version is (AGPL, section 13).
    pub source_url: String,
    /// The path of this page, to come back to after signing in.
    pub path: String,
    /// The path under which the same thing speaks ActivityStreams, if it does.
    pub activity_url: Option<String>,
    pub(super) cookie: Option<HeaderValue>,
    status: StatusCode,
    is_personal: bool,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    page: &'a Page,
    content: &'a str,
    style_url: &'a str,
    icon_url: &'a str,
}

impl Page {
    pub(super) fn new(session: &Session, app: &App, title: String) -> Self {
        Self {
            title,
            community: session.community.clone(),
            signed_in: session.signed_in.clone(),
            form_token: session.form_token.clone(),
            notice: session.notice.clone(),
            trouble: None,
            problems: Vec::new(),
            source_url: app.settings.source_url.to_string(),
            path: session.path.clone(),
            activity_url: None,
            cookie: None,
            status: StatusCode::OK,
            is_personal: session.is_personal(),
        }
    }

    /// A page about an error, when nothing is known of who asks.
    pub(super) fn of_error(app: &App, title: String, status: StatusCode) -> Self {
        Self {
            title,
            community: None,
            signed_in: None,
            form_token: String::new(),
            notice: None,
            trouble: None,
            problems: Vec::new(),
            source_url: app.settings.source_url.to_string(),
            path: "/".to_owned(),
            activity_url: None,
            cookie: None,
            status,
            is_personal: true,
        }
    }

    /// The same page with what is wrong at its top: 422 for input, 409 for something that changed
    /// meanwhile. Any other error is a page of its own.
    ///
    /// # Errors
    /// The error, when no form can mend it.
    pub fn refused(mut self, error: ServiceError) -> Result<Self, PageError> {
        let (status, refusal) = match error {
            ServiceError::Refused(refusal) => (StatusCode::UNPROCESSABLE_ENTITY, refusal),
            ServiceError::Conflict(refusal) => (StatusCode::CONFLICT, refusal),
            other => return Err(other.into()),
        };
        self.status = status;
        self.trouble = Some(refusal.sentence);
        self.problems = refusal.fields;
        Ok(self)
    }

    /// The same page with a status of its own and one sentence of trouble.
    pub fn in_trouble(mut self, status: StatusCode, sentence: impl Into<String>) -> Self {
        self.status = status;
        self.trouble = Some(sentence.into());
        self
    }

    /// The same page, kept by no cache: it is behind a private link.
    pub fn for_one_person(mut self) -> Self {
        self.is_personal = true;
        self
    }

    /// The same page with a status of its own.
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The path of this page without its query, for the links that lead to signing in and back.
    pub fn way_back(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }

    /// Names the ActivityStreams twin of the page.
    pub fn with_activity(mut self, url: impl Into<String>) -> Self {
        self.activity_url = Some(url.into());
        self
    }

    /// What is wrong with one field.
    pub fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|p| p.field == field).map(|p| p.sentence.as_str())
    }

    /// True when the page is in trouble.
    pub fn is_in_trouble(&self) -> bool {
        self.trouble.is_some()
    }

    /// The name of the community, or of the program before there is one.
    pub fn site_name(&self) -> &str {
        self.community.as_ref().map_or("Caucus", |c| c.name.as_str())
    }

    /// The HTML of the whole page round `content`.
    ///
    /// # Errors
    /// When a template fails: a fault of the program.
    pub fn html(&self, content: &impl Template) -> Result<String, PageError> {
        let content = content.render()?;
        let layout =
            Layout { page: self, content: &content, style_url: assets::style_url(), icon_url: assets::icon_url() };
        Ok(layout.render()?)
    }

    /// The answer: this page round `content`.
    ///
    /// # Errors
    /// When a template fails: a fault of the program.
    pub fn show(&self, content: &impl Template) -> Result<HttpResponse, PageError> {
        Ok(self.answer(self.html(content)?))
    }

    fn answer(&self, html: String) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        // What is shown depends on who asks, and on some URLs on what they accept.
        answer.insert_header((VARY, "Accept, Cookie"));
        let is_shared = !self.is_personal && self.cookie.is_none() && self.status == StatusCode::OK;
        answer.insert_header((CACHE_CONTROL, if is_shared { "no-cache" } else { "private, no-store" }));
        if let Some(cookie) = &self.cookie {
            answer.insert_header((SET_COOKIE, cookie.clone()));
        }
        answer.content_type(ContentType::html()).body(html)
    }
}

/// What the page calls a field: the text of its label or legend, which is HTML already. Whatever
/// people wrote is escaped in it, so that nobody else can name a field.
pub fn label_of<'c>(content: &'c str, field: &str) -> Option<&'c str> {
    let inside = |begin: &str, end: &str| content.split_once(begin)?.1.split_once(end).map(|(text, _)| text);
    inside(&format!("<label for=\"{field}\">"), "</label>").or_else(|| {
        let fieldset = content.split_once(&format!("<fieldset id=\"{field}\""))?.1;
        fieldset.split_once("<legend>")?.1.split_once("</legend>").map(|(text, _)| text)
    })
}

/// The name of a field whose label is not at hand, as a person reads it: `mission` becomes `Mission`.
pub fn field_name(field: &str) -> String {
    match field {
        "values_fit" => return "How this fits our values".to_owned(),
        "text" => return "The new words of a clause".to_owned(),
        "new_text" => return "The words of a new clause".to_owned(),
        _ => {}
    }
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::label_of;

    #[test]
    fn a_field_is_called_what_its_label_says() {
        let content = "<label for=\"what\">What is to be done?</label><fieldset id=\"options\" class=\"x\">\
                       <legend>Answers</legend><p>&lt;label for=\"evil\"&gt;Evil&lt;/label&gt;</p></fieldset>";

        assert_eq!(label_of(content, "what"), Some("What is to be done?"));
        assert_eq!(label_of(content, "options"), Some("Answers"));
        assert_eq!(label_of(content, "evil"), None);
    }
}
