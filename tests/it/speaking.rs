//! What is said in the name of the community: by spokespeople, as long as their time lasts (V1, V2).

use crate::support::commons::{Commons, LATEST};
use crate::support::faulty::FaultyPeer;
use crate::support::rows::{dump, on_their_way};
use crate::support::votes::refusal_code;
use caucus::db::followers::{Follower, add_follower};
use caucus::db::local_actors::find_community;
use caucus::db::{DbError, outbox};
use caucus::domain::statement::NewStatement;
use caucus::federation::outbound::publish::create_id;
use caucus::services::publish_statement::{Author, publish_statement};
use caucus::workers::delivery::step;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A server that follows the community and gets what it publishes.
async fn follower(commons: &Commons) -> FaultyPeer {
    let peer = FaultyPeer::start().await;
    let (url, inbox, host) = (peer.url("/users/ann"), peer.url("/inbox"), peer.host.clone());
    commons
        .app
        .app
        .write::<_, DbError>(move |tx| {
            let community = find_community(tx.conn)?.unwrap();
            let follow_id = format!("{url}#follow");
            add_follower(tx, &Follower { actor_id: community.id, follower_url: url, follow_id, inbox, host })
        })
        .await
        .unwrap();
    peer
}

fn content(activity: &Value) -> String {
    activity["object"]["content"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_followers_server_gets_what_is_said_its_change_and_its_end() {
    let commons = Commons::new().await;
    commons.speaking(commons.ada, commons.cai).await;
    commons.speaking(commons.bea, commons.cai).await;
    let peer = follower(&commons).await;
    let id = commons.say(commons.ada, "We *welcome* the plan.").await.unwrap();
    commons.app.advance(TimeDelta::minutes(1));
    commons.edit(commons.bea, id, "We welcome the new plan.").await.unwrap();
    commons.app.advance(TimeDelta::minutes(1));
    let object = commons.app.fetch(&format!("/notes/{id}"), "application/activity+json").await;
    commons.withdraw(commons.ada, id).await.unwrap();

    while step(&commons.app.app).await.unwrap() > 0 {}

    let bodies = peer.bodies();
    assert_eq!(bodies.iter().map(|body| &body["type"]).collect::<Vec<_>>(), ["Create", "Update", "Delete"]);
    let note = &bodies[0]["object"];
    let url = commons.app.url(&format!("/notes/{id}"));
    assert_eq!(note["type"], "Note");
    assert_eq!((note["id"].as_str(), note["url"].as_str()), (Some(url.as_str()), Some(url.as_str())));
    assert_eq!(note["attributedTo"], commons.app.url("/c/commons"));
    assert_eq!(note["to"], json!(["https://www.w3.org/ns/activitystreams#Public"]));
    assert_eq!(
        (&note["voice"], &note["@context"]),
        (&json!("community"), &Value::Null),
        "the activity has the context"
    );
    assert_eq!(bodies[0]["@context"][1]["voice"], "caucus:voice");
    let line = "<p>For The Commons, by Ada, spokesperson for the press until 29 May 2026.</p>";
    assert_eq!(content(&bodies[0]).split_once(line).unwrap().0, "<p>We <em>welcome</em> the plan.</p>");
    let line = "by Ada, spokesperson for the press until 29 May 2026; edited by bea, spokesperson for the press until";
    assert!(content(&bodies[1]).contains(line), "{}", content(&bodies[1]));
    assert_eq!(bodies[1]["object"]["updated"], "2026-03-01T12:01:00Z");
    assert_eq!(object.0, 200);
    assert_eq!(serde_json::from_str::<Value>(&object.1).unwrap()["content"], bodies[1]["object"]["content"]);
    assert_eq!((&bodies[2]["object"]["type"], &bodies[2]["object"]["id"]), (&json!("Tombstone"), &json!(url)));
    assert_eq!(commons.app.fetch(&format!("/notes/{id}"), "application/activity+json").await.0, 410);
    assert!(dump(&commons.app)["statements"].is_empty(), "what is withdrawn is erased");
}

#[tokio::test]
async fn only_who_is_in_force_speaks_and_only_until_the_very_moment_of_the_end() {
    let commons = Commons::new().await;
    let waiting = commons.volunteer(commons.ada, LATEST).await.unwrap();
    for by in [commons.ada, commons.bea] {
        assert_eq!(refusal_code(commons.say(by, "Hello").await), "forbidden");
    }
    commons.back(commons.bea, waiting).await.unwrap();
    let id = commons.say(commons.ada, "Hello").await.unwrap();
    for by in [commons.bea, commons.cai] {
        assert_eq!(refusal_code(commons.edit(by, id, "Mine").await), "forbidden");
        assert_eq!(refusal_code(commons.withdraw(by, id).await), "forbidden");
    }
    let ends_at = commons.row(waiting).await.times.ends_at;
    commons.app.set_clock(ends_at - TimeDelta::microseconds(1));
    commons.edit(commons.ada, id, "Hello again").await.unwrap();

    commons.app.set_clock(ends_at);

    assert_eq!(refusal_code(commons.say(commons.ada, "More").await), "forbidden");
    assert_eq!(refusal_code(commons.edit(commons.ada, id, "More").await), "forbidden");
    assert_eq!(refusal_code(commons.withdraw(commons.ada, id).await), "forbidden");
    commons.app.jump(TimeDelta::days(-10));
    assert_eq!(
        refusal_code(commons.say(commons.ada, "More").await),
        "forbidden",
        "a clock set back gives nothing back"
    );
    commons.app.jump(TimeDelta::days(10));
    let bea = commons.volunteer(commons.bea, "2026-06-09").await.unwrap();
    commons.back(commons.cai, bea).await.unwrap();
    commons.edit(commons.bea, id, "Hello from others").await.unwrap();
    commons.step_down(commons.bea, bea).await.unwrap();
    assert_eq!(refusal_code(commons.withdraw(commons.bea, id).await), "forbidden");
    let deeds = dump(&commons.app)["spokesperson_log"].join("\n");
    assert_eq!(deeds.matches("| edited |").count(), 2, "{deeds}");
}

#[tokio::test]
async fn a_renewal_that_has_not_begun_gives_no_word() {
    let commons = Commons::new().await;
    let first = commons.speaking(commons.ada, commons.bea).await;
    commons.app.advance(TimeDelta::days(60));
    let second = commons.volunteer(commons.ada, "2026-07-28").await.unwrap();
    commons.back(commons.cai, second).await.unwrap();
    commons.step_down(commons.ada, first).await.unwrap();

    assert_eq!(refusal_code(commons.say(commons.ada, "Already?").await), "forbidden");
    commons.app.set_clock(commons.row(second).await.times.begins_at.unwrap());
    commons.say(commons.ada, "Now.").await.unwrap();
}

#[tokio::test]
async fn a_cabal_and_the_community_do_not_speak_for_each_other() {
    let commons = Commons::new().await;
    let (ada, bea) = (commons.ada, commons.bea);
    let cabal = commons.app.cabal(bea, "bees").await;
    commons.speaking(ada, bea).await;
    let new = NewStatement { text: "Ten hives stand.".into(), language: "en".into() };
    let publish = |by| {
        let new = new.clone();
        commons.app.app.write(move |tx| publish_statement(tx, by, Author::Cabal(cabal), &new))
    };
    assert_eq!(refusal_code(publish(ada).await), "forbidden");
    let progress = publish(bea).await.unwrap();
    let said = commons.say(ada, "We are many.").await.unwrap();
    assert_eq!(refusal_code(commons.edit(ada, progress, "Mine").await), "forbidden");
    assert_eq!(refusal_code(commons.edit(bea, said, "Mine").await), "forbidden");

    let object = |body: String| serde_json::from_str::<Value>(&body).unwrap();
    let of_cabal = commons.app.fetch(&format!("/progress/{progress}"), "application/activity+json").await;
    let of_community = commons.app.fetch(&format!("/notes/{said}"), "application/activity+json").await;

    assert_eq!((of_cabal.0, of_community.0), (200, 200));
    assert_eq!(object(of_cabal.1)["voice"], "cabal");
    assert_eq!(object(of_community.1)["voice"], "community");
    let mut browser = commons.app.browser();
    for (path, words) in [
        (format!("/progress/{progress}"), "The cabal The bees speaks"),
        (format!("/notes/{said}"), "The community The Commons speaks"),
    ] {
        let page = browser.get(&path).await;
        page.assert_sound();
        assert!(page.text().contains(words), "{}", page.text());
    }
    assert_eq!(browser.get(&format!("/progress/{said}")).await.status, 404);
    let api = commons.app.api();
    api.get(&format!("/progress/{said}")).await.must_be(404);
    api.get(&format!("/statements/{progress}")).await.must_be(404);
    let api = commons.app.api_of(bea).await;
    api.patch(&format!("/statements/{progress}"), json!({"text": "x"})).await.must_be(404);
    api.delete(&format!("/statements/{progress}")).await.must_be(404);
    let page = browser.get("/").await;
    assert!(!page.texts("#progress ~ ul").concat().contains("We are many"), "{}", page.text());
}

#[tokio::test]
async fn who_leaves_is_named_nowhere_in_what_was_said() {
    let commons = Commons::new().await;
    let cai = commons.speaking(commons.cai, commons.bea).await;
    commons.speaking(commons.ada, commons.bea).await;
    let theirs = commons.say(commons.cai, "By one who will leave.").await.unwrap();
    let edited = commons.say(commons.ada, "By one who stays.").await.unwrap();
    commons.edit(commons.cai, edited, "By one who stays, changed.").await.unwrap();
    // All of it has arrived.
    commons.app.store.execute("DELETE FROM deliveries");
    commons.app.advance(TimeDelta::minutes(1));

    commons.leave(commons.cai).await;

    let told = on_their_way(&commons.app);
    let updates: Vec<&Value> = told.iter().map(|(_, one)| one).filter(|one| one["type"] == "Update").collect();
    assert_eq!(updates.len(), 2);
    assert!(
        content(updates[0]).contains("By one who will leave.") && content(updates[0]).contains("by Somebody who left")
    );
    assert!(content(updates[1]).contains("by Ada") && content(updates[1]).contains("edited by Somebody who left"));
    assert_eq!(updates[0]["object"]["updated"], "2026-03-01T12:01:00Z");
    let everything = dump(&commons.app);
    for table in ["posts", "outbox_activities", "statements", "spokespeople", "members"] {
        assert!(!everything[table].join("\n").contains("cai"), "{table}: {:?}", everything[table]);
    }
    let (carrier, post) = (create_id(theirs), commons.app.browser().get(&format!("/notes/{theirs}")).await);
    assert!(commons.app.app.read(move |conn| outbox::find_activity(conn, carrier)).await.unwrap().is_none());
    assert!(post.text().contains("Somebody who left"), "{}", post.text());
    assert_eq!(commons.row(cai).await.name, "Somebody who left");
}

#[tokio::test]
async fn by_pages_alone_a_spokesperson_speaks_edits_and_withdraws() {
    let commons = Commons::new().await;
    let (mut ada, mut bea) = (commons.app.signed_in("ada").await, commons.app.signed_in("bea").await);
    let led = ada.get("/spokespeople/speak").await;
    assert!(led.url.ends_with("/spokespeople"), "{}", led.url);
    assert!(led.text().contains("Only the spokespeople in the register speak"), "{}", led.text());
    let id = commons.speaking(commons.ada, commons.bea).await;
    let register = ada.get("/spokespeople").await;
    assert!(register.body.contains("href=\"/spokespeople/speak\""));
    let form = ada.get("/spokespeople/speak").await;
    form.assert_sound();
    assert_eq!(form.texts("h1"), ["Speak for the community"]);
    assert!(form.text().contains("For The Commons, by Ada, spokesperson for the press until 29 May 2026."));
    let form = form.form("/spokespeople/speak");
    let refused = ada.submit(&form.clone().fill("text", " ").fill("language", "much")).await;
    refused.assert_sound();
    assert_eq!((refused.status, refused.trouble()), (422, vec!["text".to_owned(), "language".to_owned()]));

    let said = ada.submit(&form.clone().fill("text", "We **welcome** it.").fill("language", "en")).await;

    said.assert_sound();
    let path = crate::support::town::path_of(&said.url, "/notes/");
    assert!(said.text().contains("on their way") && said.body.contains("<strong>welcome</strong>"), "{}", said.body);
    assert!(said.text().contains("by Ada, spokesperson for the press"));
    let home = commons.app.browser().get("/").await;
    home.assert_sound();
    assert!(home.texts("#said ~ ul").concat().contains("We welcome it."), "{}", home.text());
    let feed = commons.app.fetch("/feeds/community.atom", "*/*").await;
    assert!(feed.0 == 200 && feed.1.contains("We welcome it.") && feed.1.contains(&path), "{}", feed.1);
    assert!(!bea.get(&path).await.body.contains("/edit"), "others see no button");
    let led = bea.get(&format!("{path}/edit")).await;
    assert!(led.url.ends_with("/spokespeople"), "{}", led.url);
    let edit = ada.get(&format!("{path}/edit")).await;
    edit.assert_sound();
    assert!(edit.form("/edit").has("text", "We **welcome** it."));
    let changed = ada.submit(&edit.form("/edit").fill("text", "We welcome it, mostly.")).await;
    assert!(changed.text().contains("We welcome it, mostly."), "{}", changed.text());
    let register = commons.app.browser().get("/spokespeople").await;
    register.assert_sound();
    let deeds = register.texts("#deeds ~ ul").concat();
    assert!(deeds.contains("Ada published") && deeds.contains("Ada edited"), "{deeds}");

    commons.step_down(commons.ada, id).await.unwrap();
    let too_late = ada.submit(&form.fill("text", "A long text that I wrote.")).await;
    too_late.assert_sound();
    assert_eq!(too_late.status, 403);
    assert!(too_late.body.contains("A long text that I wrote."), "nothing is lost: {}", too_late.body);
    assert!(too_late.body.contains("href=\"/spokespeople\""));
    let withdraw = ada.get(&format!("{path}/withdraw")).await;
    withdraw.assert_sound();
    assert_eq!(ada.submit(&withdraw.form("/withdraw")).await.status, 403);
    commons.speaking(commons.bea, commons.cai).await;
    let withdraw = bea.get(&format!("{path}/withdraw")).await;
    bea.submit(&withdraw.form("/withdraw")).await.assert_sound();
    let gone = commons.app.browser().get(&path).await;
    gone.assert_sound();
    assert_eq!(gone.status, 410);
}

#[tokio::test]
async fn a_program_speaks_edits_and_withdraws() {
    let commons = Commons::new().await;
    let (ada, bea) = (commons.app.api_of(commons.ada).await, commons.app.api_of(commons.bea).await);
    let refused = ada.post("/statements", json!({"text": "Hello"})).await.must_be(403).json();
    assert!(refused["detail"].as_str().unwrap().contains("register"), "{refused}");
    let role = commons.speaking(commons.ada, commons.bea).await;

    let id = ada.post("/statements", json!({"text": "Hello **all**", "language": "de"})).await.created();

    let one = format!("/statements/{id}");
    let seen = commons.app.api().get(&one).await.must_be(200).json();
    assert_eq!((&seen["text"], &seen["language"]), (&json!("Hello **all**"), &json!("de")));
    assert_eq!(seen["signature"], "For The Commons, by Ada, spokesperson for the press until 29 May 2026.");
    assert_eq!((&seen["spokesperson"], &seen["edited_by"]), (&json!(role.to_string()), &Value::Null));
    bea.patch(&one, json!({"text": "Mine"})).await.must_be(403);
    let changed = ada.patch(&one, json!({"text": "Hello you"})).await.must_be(200).json();
    assert_eq!((&changed["text"], &changed["language"]), (&json!("Hello you"), &json!("de")));
    let second = ada.post("/statements", json!({"text": "Second"})).await.created();
    let listed = commons.app.api().get("/statements?limit=1").await.must_be(200).json();
    assert_eq!((&listed["items"][0]["id"], &listed["next"]), (&json!(second), &json!(second)));
    bea.delete(&one).await.must_be(403);
    ada.delete(&one).await.must_be(204);
    ada.delete(&one).await.must_be(404);
    commons.app.api().get(&one).await.must_be(404);
}

#[tokio::test]
async fn hostile_words_stay_words() {
    let commons = Commons::new().await;
    let id = commons.volunteer(commons.ada, LATEST).await.unwrap();
    commons.back(commons.bea, id).await.unwrap();
    let ada = commons.app.api_of(commons.ada).await;
    for (body, field) in [
        (json!({}), "text"),
        (json!({"text": ""}), "text"),
        (json!({"text": "\u{200b}\u{2028}"}), "text"),
        (json!({"text": "x".repeat(5_001)}), "text"),
        (json!({"text": ["x"]}), "text"),
        (json!({"text": "x", "language": "not a language"}), "language"),
        (json!({"text": "x", "language": "\"><script>"}), "language"),
        (json!({"text": "x", "actor_id": commons.bea.to_string()}), "actor_id"),
        (json!({"text": "x", "spoken_as": id.to_string()}), "spoken_as"),
    ] {
        let answer = ada.post("/statements", body.clone()).await.must_be(422);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text);
    }
    for wrong in ["x", "%00", "0191f3a0-0000-7000-8000-000000000001"] {
        ada.patch(&format!("/statements/{wrong}"), json!({"text": "x"})).await.must_be(404);
        ada.delete(&format!("/statements/{wrong}")).await.must_be(404);
        let page = commons.app.signed_in("ada").await.get(&format!("/notes/{wrong}/edit")).await;
        assert_eq!(page.status, 404);
    }
    assert!(dump(&commons.app)["statements"].is_empty());
    let hostile = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)> {{7*7}} \u{202e}x";
    let said = commons.say(commons.ada, hostile).await.unwrap();

    let page = commons.app.browser().get(&format!("/notes/{said}")).await;

    page.assert_sound();
    let (_, note) = commons.told().pop().unwrap();
    for text in [&note, &page.body] {
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("href=\"javascript"), "{text}");
        assert!(text.contains("&lt;script&gt;"), "{text}");
    }
    commons.app.browser().get("/").await.assert_sound();
    let feed = commons.app.fetch("/feeds/community.atom", "*/*").await.1;
    assert!(!feed.contains("<script") && feed.contains("&#60;script&#62;"), "{feed}");
}
