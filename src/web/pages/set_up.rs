//! Set-up behind the one-time link, in two steps: the community with its governing documents, then
//! a look at the clauses that were read, and the first member.

use super::view;
use crate::App;
use crate::domain::membership::{NewMember, Password};
use crate::domain::tally::VoteBase;
use crate::domain::text::without_invisible;
use crate::domain::{Handle, Problems, Refusal};
use crate::services::ServiceError;
use crate::services::import_document::ReadDocument;
use crate::services::set_up::{self, DOCUMENT_FIELDS, NewCommunity, NewDocument, SetUp, read_documents};
use crate::services::sign_in::{OpenedSession, hash_password, sign_in};
use crate::web::errors::PageError;
use crate::web::form::{SET_UP_KIB, SignedForm};
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::{Session, see_other};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    community_name: String,
    community_handle: String,
    mission: String,
    handle: String,
    name: String,
    password: String,
    vote_base: String,
    document_title: String,
    document_text: String,
    document_title_2: String,
    document_text_2: String,
    document_title_3: String,
    document_text_3: String,
    step: String,
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Content<'a> {
    page: &'a Page,
    fields: &'a Fields,
    token: &'a str,
    host: &'a str,
}

#[derive(Template)]
#[template(path = "set_up_look.html")]
struct Look<'a> {
    page: &'a Page,
    fields: &'a Fields,
    token: &'a str,
    documents: Vec<ReadDocument>,
}

/// `GET /setup/{token}`
pub async fn show(
    app: web::Data<App>,
    http: HttpRequest,
    session: Session,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let token = check_link(&app, &http, token.into_inner()).await?;
    let fields = Fields { document_title: "Manifesto".to_owned(), ..Fields::default() };
    Visit { app: &app, session: &session, token: &token, fields: &fields }.write(None)
}

/// `POST /setup/{token}`
pub async fn set_up(
    app: web::Data<App>,
    http: HttpRequest,
    token: web::Path<String>,
    mut form: SignedForm<Fields, SET_UP_KIB>,
) -> Result<HttpResponse, PageError> {
    let token = check_link(&app, &http, token.into_inner()).await?;
    let fields = &mut form.fields;
    for text in [&mut fields.document_text, &mut fields.document_text_2, &mut fields.document_text_3] {
        *text = without_invisible(text);
    }
    let visit = Visit { app: &app, session: &form.session, token: &token, fields: &form.fields };
    let community = match visit.community() {
        Ok(_) if form.fields.step == "write" => return visit.write(None),
        Ok(community) => community,
        Err(refusal) => return visit.write(Some(refusal.into())),
    };
    if form.fields.step != "create" {
        return visit.look(None);
    }
    match visit.act(community).await {
        Ok(opened) => {
            let mut answer = see_other("/");
            view::add_member_cookies(&mut answer, &app, &opened);
            Ok(answer)
        }
        Err(error) => visit.look(Some(error)),
    }
}

async fn check_link(app: &App, http: &HttpRequest, token: String) -> Result<String, PageError> {
    app.limits.check_address(Act::SetUp, client_address(http, app))?;
    let shown = token.clone();
    app.read(move |conn| set_up::check_link(conn, &shown)).await?;
    Ok(token)
}

impl Fields {
    /// What the first step asks for, with the names of its fields.
    fn first_step(&self) -> [(&'static str, &str); 9] {
        [
            ("community_name", &self.community_name),
            ("community_handle", &self.community_handle),
            ("mission", &self.mission),
            ("document_title", &self.document_title),
            ("document_text", &self.document_text),
            ("document_title_2", &self.document_title_2),
            ("document_text_2", &self.document_text_2),
            ("document_title_3", &self.document_title_3),
            ("document_text_3", &self.document_text_3),
        ]
    }
}

/// Somebody at one of the two steps.
struct Visit<'a> {
    app: &'a App,
    session: &'a Session,
    token: &'a str,
    fields: &'a Fields,
}

impl Visit<'_> {
    /// The first step, with what is wrong with it if something is.
    fn write(&self, error: Option<ServiceError>) -> Result<HttpResponse, PageError> {
        let mut page = self.session.form_page(self.app, "Set up your community");
        if let Some(error) = error {
            page = page.refused(error)?;
        }
        page.show(&Content { page: &page, fields: self.fields, token: self.token, host: self.app.urls.host() })
    }

    /// The second step, with what is wrong with it if something is.
    fn look(&self, error: Option<ServiceError>) -> Result<HttpResponse, PageError> {
        let documents = read_documents(&self.documents()).map_err(ServiceError::from)?;
        let mut page = self.session.form_page(self.app, "Is this how you mean it?");
        if let Some(error) = error {
            page = page.refused(error)?;
        }
        page.show(&Look { page: &page, fields: self.fields, token: self.token, documents })
    }

    /// What the first step asks for.
    fn community(&self) -> Result<NewCommunity, Refusal> {
        let mut problems = Problems::default();
        let Fields { community_handle, community_name, mission, .. } = self.fields;
        let community = problems.take(NewCommunity::parse(community_handle, community_name, mission));
        if self.fields.document_text.trim().is_empty() {
            problems.add("document_text", "Please paste the text of your first governing document.");
        } else {
            problems.take(read_documents(&self.documents()));
        }
        match community {
            Some(community) => problems.check().map(|()| community),
            None => Err(problems.refusal()),
        }
    }

    async fn act(&self, community: NewCommunity) -> Result<OpenedSession, ServiceError> {
        let (first_member, password) = first_member(self.fields)?;
        let keys = self.app.federation.keys.take().await?;
        let vote_base = VoteBase::parse(&self.fields.vote_base)?;
        let password_hash = hash_password(password).await?;
        let new = SetUp { community, first_member, password_hash, documents: self.documents(), vote_base };
        let (old, token) = (self.session.sent_secret().map(str::to_owned), self.token.to_owned());
        let notice = "Welcome. Your community is set up. Now form the first cabal, or invite others to join.";
        self.app
            .write(move |tx| {
                // Asked again inside: of two who send the form at once, one sets up.
                set_up::check_link(tx.conn, &token)?;
                let member = set_up::set_up(tx, new, &keys)?;
                sign_in(tx, member, old.as_deref(), Some(notice))
            })
            .await
    }

    /// The documents that have a text; the others were left empty on purpose.
    fn documents(&self) -> Vec<NewDocument> {
        let fields = self.fields;
        let all = [
            (&fields.document_title, &fields.document_text),
            (&fields.document_title_2, &fields.document_text_2),
            (&fields.document_title_3, &fields.document_text_3),
        ];
        let has_text = |(_, text): &(&String, &String)| !text.trim().is_empty();
        let new = |(title, text): (&String, &String)| NewDocument { title: title.clone(), text: text.clone() };
        all.into_iter().take(DOCUMENT_FIELDS.len()).take_while(has_text).map(new).collect()
    }
}

fn first_member(fields: &Fields) -> Result<(NewMember, Password), ServiceError> {
    let mut problems = Problems::default();
    let member = problems.take(NewMember::parse(&fields.handle, &fields.name));
    let handle = Handle::parse("handle", &fields.handle).map(|h| h.to_string()).unwrap_or_default();
    let password = problems.take(Password::parse(&fields.password, &handle));
    match (member, password) {
        (Some(member), Some(password)) => Ok((member, password)),
        _ => Err(problems.refusal().into()),
    }
}
