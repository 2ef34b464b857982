//! Create the community, the first member and the governing documents: once, behind a one-time
//! link or from the command line.

use super::ServiceError;
use super::import_document::{self, ReadDocument};
use super::sign_up::add_member;
use crate::db::local_actors::{ActorKind, KeyPair, NewActor, claim_handle, create_actor, find_community};
use crate::db::{AnyConnection, DbError, Tx, documents, facts, signings, steward_log};
use crate::domain::membership::NewMember;
use crate::domain::tally::{Rule, VoteBase};
use crate::domain::{Handle, Problems, Refusal, text};
use crate::ids::{DocumentId, MemberId, random_token, secret_hash};

/// The fact that holds the hash of the set-up link's token.
const LINK_FACT: &str = "setup_link_hash";
/// The fact that holds the mission as it was typed.
const MISSION_FACT: &str = "mission";
/// The fact that holds the public address of the set-up.
const ADDRESS_FACT: &str = "public_url";
/// The form fields of each document, title and text; so many can be imported at set-up.
pub const DOCUMENT_FIELDS: &[(&str, &str)] = &[
    ("document_title", "document_text"),
    ("document_title_2", "document_text_2"),
    ("document_title_3", "document_text_3"),
];

/// The community about to be created, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommunity {
    /// The handle of its actor.
    pub handle: Handle,
    /// Its name.
    pub name: String,
    /// What it is for, in a few sentences.
    pub mission: String,
}

/// A governing document to import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDocument {
    /// The title.
    pub title: String,
    /// Markdown, or plain text with numbered clauses.
    pub text: String,
}

impl NewDocument {
    fn handed_in(&self) -> import_document::NewDocument<'_> {
        import_document::NewDocument { slug: "", title: &self.title, text: &self.text }
    }
}

/// Everything that set-up needs.
pub struct SetUp {
    /// The community.
    pub community: NewCommunity,
    /// The first member, who becomes a steward.
    pub first_member: NewMember,
    /// The hash of their password.
    pub password_hash: String,
    /// The governing documents; at least one.
    pub documents: Vec<NewDocument>,
    /// Of what two thirds carry an amendment of them (A9).
    pub vote_base: VoteBase,
}

impl NewCommunity {
    /// Checks what was typed.
    ///
    /// # Errors
    /// Every field with a problem: `community_handle`, `community_name`, `mission`.
    pub fn parse(handle: &str, name: &str, mission: &str) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let handle = problems.take(Handle::parse("community_handle", handle));
        let name = problems.take(text::line("community_name", name, 80));
        let mission = problems.take(text::paragraphs("mission", mission, 2000));
        match (handle, name, mission) {
            (Some(handle), Some(name), Some(mission)) => Ok(Self { handle, name, mission }),
            _ => Err(problems.refusal()),
        }
    }
}

/// Reads the documents of a set-up, to be looked at before anything is kept.
///
/// # Errors
/// Every problem, at the fields of the document that has it: [`DOCUMENT_FIELDS`].
pub fn read_documents(documents: &[NewDocument]) -> Result<Vec<ReadDocument>, Refusal> {
    let mut problems = Problems::default();
    let mut read: Vec<ReadDocument> = Vec::new();
    for (new, fields) in documents.iter().zip(DOCUMENT_FIELDS) {
        let Some(one) = problems.take(ReadDocument::of(&new.handed_in()).map_err(|refusal| rename(refusal, *fields)))
        else {
            continue;
        };
        if read.iter().any(|other| other.slug == one.slug) {
            problems.add(fields.0, "Another document has this title. Please give each a title of its own.");
        }
        read.push(one);
    }
    problems.check()?;
    Ok(read)
}

/// What the community is for, as it was typed.
///
/// # Errors
/// The store's fault.
pub fn find_mission(conn: &mut AnyConnection) -> Result<Option<String>, DbError> {
    facts::find_fact(conn, MISSION_FACT)
}

/// The public address at which the community was set up. Other servers know everything here by it,
/// so it is the only one under which this data may be served.
///
/// # Errors
/// The store's fault.
pub fn find_address(conn: &mut AnyConnection) -> Result<Option<String>, DbError> {
    facts::find_fact(conn, ADDRESS_FACT)
}

/// Makes a one-time set-up link and answers its token; earlier links die.
///
/// # Errors
/// The store's fault.
pub fn make_link(tx: &mut Tx<'_>) -> Result<String, ServiceError> {
    let token = random_token();
    facts::set_fact(tx, LINK_FACT, &secret_hash(&token))?;
    Ok(token)
}

/// Refuses every token but that of the set-up link that is alive.
///
/// # Errors
/// Conflict once the community is set up, not found before; or the store's fault.
pub fn check_link(conn: &mut AnyConnection, token: &str) -> Result<(), ServiceError> {
    if facts::find_fact(conn, LINK_FACT)?.is_some_and(|hash| hash == secret_hash(token)) {
        return Ok(());
    }
    if find_community(conn)?.is_none() {
        return Err(ServiceError::NotFound("set-up link"));
    }
    Err(already("This link does not work any more: the community is set up. You can sign in."))
}

/// Creates the community, the first member and the documents, which the first member signs with
/// that, and lets the link die.
///
/// # Errors
/// When there is a community already, a document cannot be read, or the store fails.
pub fn set_up(tx: &mut Tx<'_>, new: SetUp, keys: &KeyPair) -> Result<MemberId, ServiceError> {
    if find_community(tx.conn)?.is_some() {
        return Err(already("The community is set up already. You can sign in."));
    }
    if new.documents.is_empty() {
        return Err(Refusal::field("document_text", "Please give at least one governing document.").into());
    }
    create_community(tx, &new.community, keys)?;
    let documents = import_all(tx, &new.documents, new.vote_base)?;
    let member = add_member(tx, &new.first_member, &new.password_hash, true)?;
    for id in documents {
        let fingerprint = documents::document(tx.conn, id)?.version.fingerprint;
        signings::sign(tx, member, id, &fingerprint)?;
    }
    steward_log::record_act(tx, member, "set up the community", &new.community.name)?;
    facts::delete_fact(tx, LINK_FACT)?;
    Ok(member)
}

fn create_community(tx: &mut Tx<'_>, new: &NewCommunity, keys: &KeyPair) -> Result<(), ServiceError> {
    let handle = new.handle.as_str();
    if !claim_handle(tx, handle)? {
        return Err(Refusal::field("community_handle", "This handle is taken. Please choose another.").into());
    }
    let summary = text::paragraphs_as_html(&new.mission);
    let actor = NewActor { kind: ActorKind::Community, handle, name: &new.name, summary: &summary, keys };
    create_actor(tx, &actor)?;
    facts::set_fact(tx, MISSION_FACT, &new.mission)?;
    facts::set_fact(tx, ADDRESS_FACT, tx.urls.base())?;
    Ok(())
}

fn import_all(tx: &mut Tx<'_>, documents: &[NewDocument], base: VoteBase) -> Result<Vec<DocumentId>, ServiceError> {
    let rule = Rule { base, ..Rule::default() };
    let mut ids = Vec::new();
    for (new, fields) in documents.iter().zip(DOCUMENT_FIELDS) {
        let imported = import_document::import_document(tx, &new.handed_in(), rule);
        ids.push(imported.map_err(|error| name_fields(error, *fields))?);
    }
    Ok(ids)
}

/// A problem of the second document is told at the fields of the second document.
fn name_fields(error: ServiceError, fields: (&'static str, &'static str)) -> ServiceError {
    match error {
        ServiceError::Refused(refusal) => ServiceError::Refused(rename(refusal, fields)),
        ServiceError::Conflict(refusal) => ServiceError::Conflict(rename(refusal, fields)),
        other => other,
    }
}

fn rename(mut refusal: Refusal, (title, text): (&'static str, &'static str)) -> Refusal {
    for problem in &mut refusal.fields {
        problem.field = if problem.field == "text" { text } else { title };
    }
    refusal
}

fn already(sentence: &str) -> ServiceError {
    ServiceError::Conflict(Refusal::new("already_set_up", sentence))
}
