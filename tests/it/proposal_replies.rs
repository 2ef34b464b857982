//! What people say to a proposal: backing by reply, discussion from the fediverse and here (A3, H6).

use crate::support::fediverse::{Fediverse, Reach};
use crate::support::peer::Person;
use crate::support::rows::dump;
use crate::support::votes::refusal_code;
use caucus::db::amendments;
use caucus::domain::amendment::AmendmentState;
use caucus::ids::{AmendmentId, MemberId};
use caucus::services::block_actor::{block, unblock};
use serde_json::{Value, json};

/// A proposal by ada and the address of its Note.
async fn proposed(town: &Fediverse) -> (AmendmentId, String) {
    proposed_in(town, "One vote each.").await
}

async fn proposed_in(town: &Fediverse, words: &str) -> (AmendmentId, String) {
    let id = town.app.propose(town.ada, "2.1", words).await;
    let note = town.app.app.read(move |conn| amendments::amendment(conn, id)).await.unwrap().note_id.unwrap();
    (id, town.app.app.urls.note(note))
}

/// A proposal, and bea with an account elsewhere that is hers.
async fn scene() -> (Fediverse, (MemberId, Person), (AmendmentId, String)) {
    let town = Fediverse::start().await;
    let bea = town.app.member("bea").await;
    let person = town.peer.person("bea");
    town.link(bea, &person.url).await;
    let proposal = proposed(&town).await;
    (town, (bea, person), proposal)
}

async fn backers(town: &Fediverse, id: AmendmentId) -> Vec<MemberId> {
    town.app.app.read(move |conn| amendments::list_backers(conn, id)).await.unwrap()
}

async fn page(town: &Fediverse, id: AmendmentId) -> String {
    let page = town.app.browser().get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    page.text()
}

async fn replies_by_api(town: &Fediverse, id: AmendmentId) -> Vec<Value> {
    let list = town.app.api().get(&format!("/amendments/{id}/replies")).await.json();
    list["items"].as_array().unwrap().clone()
}

fn delete(town: &Fediverse, by: &Person, note: &Value) -> Value {
    town.act("Delete", by, &json!({"type": "Tombstone", "id": note["id"]}))
}

#[tokio::test]
async fn a_reply_of_the_one_word_by_a_linked_member_backs_and_its_deletion_takes_that_back() {
    let (town, (bea, person), (id, url)) = scene().await;
    let note = town.reply(&person, &url, "#back", Reach::Public);

    town.take(&person, &town.act("Create", &person, &note)).await;

    assert_eq!(backers(&town, id).await, [bea]);
    assert_eq!(town.app.state(id).await, AmendmentState::Backed);
    assert!(!page(&town, id).await.contains("#back thank"), "backing is no remark");
    let mut thanks = town.sent("Create").into_iter().filter(|create| create["object"]["to"] == json!([person.url]));
    assert!(thanks.next_back().unwrap()["object"]["content"].as_str().unwrap().contains("delete your reply"));
    town.take(&person, &delete(&town, &person, &note)).await;
    assert!(backers(&town, id).await.is_empty());
    assert_eq!(town.app.state(id).await, AmendmentState::SeekingBacking);
    assert_eq!(refusal_code(town.app.open(town.ada, id).await), "not_backed");
}

#[tokio::test]
async fn after_the_opening_a_deleted_reply_changes_nothing() {
    let (town, (bea, person), (id, url)) = scene().await;
    let note = town.reply(&person, &url, "Back!", Reach::Direct);
    town.take(&person, &town.act("Create", &person, &note)).await;
    town.app.open(town.ada, id).await.unwrap();

    town.take(&person, &delete(&town, &person, &note)).await;

    assert_eq!(backers(&town, id).await, [bea]);
    assert_eq!(town.app.state(id).await, AmendmentState::Open);
}

#[tokio::test]
async fn an_edited_reply_that_says_something_else_backs_no_longer() {
    let (town, (bea, person), (id, url)) = scene().await;
    let mut note = town.reply(&person, &url, "back", Reach::Public);
    town.take(&person, &town.act("Create", &person, &note)).await;
    note["updated"] = json!("2026-03-01T12:00:00Z");
    town.take(&person, &town.act("Update", &person, &note)).await;
    assert_eq!(backers(&town, id).await, [bea], "it says the same");

    note["content"] = json!("<p>I am not sure any more</p>");
    town.take(&person, &town.act("Update", &person, &note)).await;

    assert!(backers(&town, id).await.is_empty());
    assert!(page(&town, id).await.contains("I am not sure any more"));
}

#[tokio::test]
async fn nobody_but_another_member_backs_by_a_reply() {
    let town = Fediverse::start().await;
    let bea = town.app.member("bea").await;
    let (stranger, own, member) = (town.peer.person("fay"), town.peer.person("ada"), town.peer.person("bea"));
    town.link(town.ada, &own.url).await;
    town.link(bea, &member.url).await;
    let (id, url) = proposed(&town).await;
    for (person, parent, words) in [
        (&stranger, url.as_str(), "#back"),
        (&own, url.as_str(), "#back"),
        (&member, url.as_str(), "I back this"),
        (&member, "https://elsewhere.example/notes/1", "#back"),
    ] {
        let note = town.reply(person, parent, words, Reach::Public);
        town.take(person, &town.act("Create", person, &note)).await;
    }
    let like = town.act("Like", &member, &json!(url));
    town.take(&member, &like).await;

    assert!(backers(&town, id).await.is_empty());
    assert_eq!(town.app.state(id).await, AmendmentState::SeekingBacking);
}

#[tokio::test]
async fn replies_are_shown_clean_follow_their_edits_and_go_with_their_deletion() {
    let town = Fediverse::start().await;
    let person = town.peer.person("fay");
    let (id, url) = proposed(&town).await;
    let mut note = town.reply(&person, &url, "Why <script>alert(1)</script> now?", Reach::Unlisted);
    town.take(&person, &town.act("Create", &person, &note)).await;
    let answer = town.reply(&person, note["id"].as_str().unwrap(), "And a second thought", Reach::Public);
    town.take(&person, &town.act("Create", &person, &answer)).await;
    let hidden = town.reply(&person, &url, "For your eyes only", Reach::Direct);
    town.take(&person, &town.act("Create", &person, &hidden)).await;

    let shown = page(&town, id).await;

    assert!(shown.contains("Why") && shown.contains("now?") && !shown.contains("alert(1)"), "{shown}");
    assert!(shown.contains("And a second thought") && !shown.contains("For your eyes only"), "{shown}");
    let replies = replies_by_api(&town, id).await;
    let told = |reply: &Value| (reply["url"].clone(), reply["handle"].clone());
    let expected = [&note, &answer].map(|note| (note["id"].clone(), json!(person.handle)));
    assert_eq!(replies.iter().map(told).collect::<Vec<_>>(), expected);
    let first = replies[0]["content_html"].as_str().unwrap();
    assert!(first.contains("Why") && !first.contains("alert(1)"), "{first}");
    note["updated"] = json!("2026-03-01T12:00:00Z");
    note["content"] = json!("<p>Never mind</p>");
    town.take(&person, &town.act("Update", &person, &note)).await;
    assert!(page(&town, id).await.contains("Never mind"));
    assert!(replies_by_api(&town, id).await[0]["edited_at"].is_string());
    town.take(&person, &delete(&town, &person, &note)).await;
    assert!(!page(&town, id).await.contains("Never mind"));
    assert_eq!(replies_by_api(&town, id).await, Vec::<Value>::new(), "what answered it goes with it");
}

#[tokio::test]
async fn a_note_that_answers_itself_is_shown_once() {
    let town = Fediverse::start().await;
    let mallory = town.peer.person("mallory");
    let (id, url) = proposed(&town).await;
    let mut note = town.reply(&mallory, &url, "Again and again", Reach::Public);
    town.take(&mallory, &town.act("Create", &mallory, &note)).await;
    note["inReplyTo"] = note["id"].clone();
    let cabal = json!(town.app.url(&format!("/c/{}", town.cabal().handle)));
    note["to"].as_array_mut().unwrap().push(cabal);
    town.take(&mallory, &town.act("Create", &mallory, &note)).await;

    assert_eq!(dump(&town.app)["messages"].len(), 2, "it is kept for each whom it was sent to");
    assert_eq!(replies_by_api(&town, id).await.len(), 1);
}

#[tokio::test]
async fn what_a_blocked_account_replied_is_shown_no_more_until_the_block_ends() {
    let town = Fediverse::start().await;
    let (fay, mallory) = (town.peer.person("fay"), town.peer.person("mallory"));
    let (id, url) = proposed(&town).await;
    for (person, words) in [(&fay, "I wonder why"), (&mallory, "You are all fools")] {
        let note = town.reply(person, &url, words, Reach::Public);
        town.take(person, &town.act("Create", person, &note)).await;
    }
    let seen = async || {
        let (page, api) = (page(&town, id).await, replies_by_api(&town, id).await);
        (page.contains("I wonder why"), page.contains("You are all fools"), api.len())
    };
    assert_eq!(seen().await, (true, true, 2));

    block(&town.app.app, town.ada, &mallory.handle).await.unwrap();
    assert_eq!(seen().await, (true, false, 1));

    unblock(&town.app.app, town.ada, &mallory.handle).await.unwrap();
    assert_eq!(seen().await, (true, true, 2));
}

#[tokio::test]
async fn members_write_here_and_only_they_take_their_words_back() {
    let town = Fediverse::start().await;
    let bea = town.app.member("bea").await;
    let (id, _) = proposed(&town).await;
    let (mut writer, mut other) = (town.app.signed_in("bea").await, town.app.signed_in("ada").await);
    let path = format!("/amendments/{id}");
    let form = writer.get(&path).await.form("/comments");
    let empty = writer.submit(&form).await;
    assert_eq!((empty.status, empty.trouble()), (422, vec!["comment".to_owned()]));

    let written = writer.submit(&form.fill("comment", "<script>x</script> I like it")).await;

    assert!(written.text().contains("<script>x</script> I like it"), "as text: {}", written.text());
    assert!(other.get(&path).await.text().contains("bea"));
    let strange = page(&town, id).await;
    assert!(strange.contains("a member") && strange.contains("I like it") && !strange.contains("bea"), "{strange}");
    let api = town.app.api_of(bea).await;
    let comment = api.get(&format!("{path}/comments")).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    town.app.api_of(town.ada).await.delete(&format!("/comments/{comment}")).await.must_be(403);
    api.delete(&format!("/comments/{comment}")).await.must_be(204);
    assert!(!page(&town, id).await.contains("I like it"));
}

/// The same reply with the content that a program writes.
fn in_words_of(town: &Fediverse, person: &crate::support::peer::Person, parent: &str, content: &str) -> Value {
    let mut note = town.reply(person, parent, "", Reach::Public);
    note["content"] = json!(content);
    note
}

/// What the writer of a reply was told in direct messages.
fn told(town: &Fediverse, person: &crate::support::peer::Person) -> Vec<String> {
    let creates = town.sent("Create").into_iter().filter(|create| create["object"]["to"] == json!([person.url]));
    creates.map(|create| create["object"]["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_hashtag_beside_a_mention_backs_however_a_program_writes_it() {
    let town = Fediverse::start().await;
    let community = town.app.url("/c/commons");
    for (name, content) in [
        (
            "mastodon",
            format!(
                "<p><span class=\"h-card\" translate=\"no\"><a href=\"{community}\" class=\"u-url mention\">@<span>commons</span></a></span> \
                 <a href=\"https://masto.example/tags/back\" class=\"mention hashtag\" rel=\"tag\">#<span>back</span></a></p>"
            ),
        ),
        (
            "gotosocial",
            format!(
                "<p><span class=\"h-card\"><a href=\"{community}\" class=\"u-url mention\" rel=\"nofollow noreferrer noopener\" \
                 target=\"_blank\">@<span>commons</span></a></span> <a href=\"https://gts.example/tags/back\" class=\"mention hashtag\" \
                 rel=\"tag nofollow noreferrer noopener\" target=\"_blank\">#<span>back</span></a></p>"
            ),
        ),
        (
            "misskey",
            format!(
                "<p><a href=\"{community}\" class=\"u-url mention\">@commons@x.example</a><span> </span>\
                 <a href=\"https://misskey.example/tags/back\" rel=\"tag\">#back</a></p>"
            ),
        ),
        (
            "pleroma",
            format!(
                "<span class=\"h-card\"><a class=\"u-url mention\" data-user=\"A1\" href=\"{community}\" rel=\"ugc\">@<span>commons</span></a></span> \
                 <a class=\"hashtag\" data-tag=\"back\" href=\"https://akkoma.example/tag/back\" rel=\"tag ugc\">#back</a>"
            ),
        ),
        ("tag_first", format!("<p>#<span>Back</span><br />@<a href=\"{community}\">commons</a></p>")),
        ("blank", "<p>&nbsp;#back&#8203;</p>".to_owned()),
    ] {
        let member = town.app.member(&format!("by_{name}")).await;
        let person = town.peer.person(name);
        town.link(member, &person.url).await;
        let (id, url) = proposed_in(&town, &format!("One vote each, backed from {name}.")).await;
        let mut note = in_words_of(&town, &person, &url, &content);
        note["tag"] = json!([
            {"type": "Mention", "href": community, "name": "@commons@x.example"},
            {"type": "Hashtag", "href": "https://masto.example/tags/back", "name": "#back"},
        ]);

        town.take(&person, &town.act("Create", &person, &note)).await;

        assert_eq!(backers(&town, id).await, [member], "{name}");
    }
}

#[tokio::test]
async fn whoever_backs_on_the_web_and_replies_too_takes_it_back_by_deleting_the_reply() {
    let (town, (bea, person), (id, url)) = scene().await;
    town.app.back(bea, id).await.unwrap();
    let first = town.reply(&person, &url, "#back", Reach::Public);
    town.take(&person, &town.act("Create", &person, &first)).await;
    assert!(told(&town, &person).last().unwrap().contains("delete your reply"));
    let second = town.reply(&person, &url, "#back", Reach::Public);
    town.take(&person, &town.act("Create", &person, &second)).await;
    town.take(&person, &delete(&town, &person, &first)).await;
    assert_eq!(backers(&town, id).await, [bea], "the newer reply says it still");

    town.take(&person, &delete(&town, &person, &second)).await;

    assert!(backers(&town, id).await.is_empty());
    let thanks = told(&town, &person).into_iter().filter(|told| told.contains("thank you, you back"));
    assert_eq!(thanks.count(), 1, "once");
}

#[tokio::test]
async fn a_reply_that_backs_nothing_is_answered_once_with_the_reason_and_is_no_remark() {
    let town = Fediverse::start().await;
    let bea = town.app.member("bea").await;
    let (stranger, own, member) = (town.peer.person("fay"), town.peer.person("ada"), town.peer.person("bea"));
    town.link(town.ada, &own.url).await;
    town.link(bea, &member.url).await;
    let (id, url) = proposed(&town).await;
    for person in [&stranger, &own, &stranger, &own] {
        let note = town.reply(person, &url, "#back", Reach::Public);
        town.take(person, &town.act("Create", person, &note)).await;
    }
    let shown = page(&town, id).await;
    assert!(!shown.contains("fay@") && !shown.contains("ada@"), "{shown}");
    assert_eq!((told(&town, &stranger).len(), told(&town, &own).len()), (1, 1));
    assert!(told(&town, &stranger)[0].contains("If you are a member, please link it"), "{:?}", told(&town, &stranger));
    assert!(told(&town, &own)[0].contains("You proposed this amendment"), "{:?}", told(&town, &own));
    town.app.back(bea, id).await.unwrap();
    town.app.open(town.ada, id).await.unwrap();
    let before = told(&town, &member).len();

    for person in [&stranger, &member] {
        let note = town.reply(person, &url, "#back", Reach::Public);
        town.take(person, &town.act("Create", person, &note)).await;
    }

    assert_eq!(told(&town, &stranger).len(), 1, "a stranger is told the same, whoever is a member");
    assert!(told(&town, &member)[before..].concat().contains("The vote on this amendment is open"));
    let shown = page(&town, id).await;
    assert!(!shown.contains("fay@") && !shown.contains("bea@"), "{shown}");
}

#[tokio::test]
async fn a_link_that_is_on_hold_is_answered_as_a_stranger_is() {
    let town = Fediverse::start().await;
    let bea = town.app.member("bea").await;
    let (stranger, held) = (town.peer.person("fay"), town.peer.person("bea"));
    town.link(bea, &held.url).await;
    let url_of_held = held.url.clone();
    town.app.app.write(move |tx| caucus::db::linked_actors::hold_link(tx, &url_of_held)).await.unwrap();
    let (id, url) = proposed(&town).await;

    for person in [&stranger, &held] {
        let note = town.reply(person, &url, "#back", Reach::Direct);
        town.take(person, &town.act("Create", person, &note)).await;
    }

    let words = |told: &str| told.split("</a> ").nth(1).unwrap().to_owned();
    assert_eq!(words(&told(&town, &stranger)[0]), words(&told(&town, &held)[0]));
    assert!(backers(&town, id).await.is_empty());
    town.app.back(bea, id).await.unwrap();
    town.app
        .app
        .write(move |tx| caucus::services::propose_amendment::withdraw_amendment(tx, town.ada, id))
        .await
        .unwrap();
    assert_eq!(told(&town, &held).len(), 1, "what its member is told goes to nobody else");
    assert!(town.app.notices(bea).await[0].contains("was withdrawn"));
}

#[tokio::test]
async fn a_reply_that_is_edited_into_the_word_backs_nothing_and_is_shown_no_more() {
    let (town, (_, person), (id, url)) = scene().await;
    let mut note = town.reply(&person, &url, "I like this one", Reach::Public);
    town.take(&person, &town.act("Create", &person, &note)).await;
    assert!(page(&town, id).await.contains("I like this one"));

    note["updated"] = json!("2026-03-01T12:00:00Z");
    note["content"] = json!("<p>#back</p>");
    town.take(&person, &town.act("Update", &person, &note)).await;

    assert!(backers(&town, id).await.is_empty());
    assert!(!page(&town, id).await.contains("bea@"));
    assert!(told(&town, &person)[0].contains("please write a new reply"), "{:?}", told(&town, &person));
}
