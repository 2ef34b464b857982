//! Who speaks for the community: volunteered, backed, ended by the clock (V1, V2).

use crate::support::commons::{Commons, LATEST, back};
use crate::support::rows::{dump, of_type, on_their_way};
use crate::support::votes::refusal_code;
use caucus::db::spokespeople::spokesperson;
use caucus::domain::spokesperson::{SpokespersonFields, SpokespersonState};
use caucus::ids::SpokespersonId;
use caucus::services::volunteer_to_speak::volunteer;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test]
async fn a_member_speaks_once_another_backs_them_until_the_clock_ends_it() {
    let commons = Commons::new().await;
    let id = commons.volunteer(commons.ada, LATEST).await.unwrap();
    assert_eq!(commons.state(id).await, SpokespersonState::Waiting);
    assert!(commons.told().is_empty(), "who waits is told to nobody");

    commons.back(commons.bea, id).await.unwrap();

    assert_eq!(commons.state(id).await, SpokespersonState::InForce);
    let row = commons.row(id).await;
    assert_eq!(row.times.begins_at, Some(commons.app.app.now()));
    let words = "<p>Ada speaks for The Commons from 1 March 2026 until 29 May 2026. Purpose: the press. Another member \
                 has backed it.</p>";
    let told = commons.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].0 == "Create" && told[0].1.starts_with(words) && told[0].1.contains("/spokespeople"), "{told:?}");
    commons.app.set_clock(row.times.ends_at - TimeDelta::microseconds(1));
    assert_eq!(commons.state(id).await, SpokespersonState::InForce);
    commons.app.set_clock(row.times.ends_at);
    assert_eq!(commons.state(id).await, SpokespersonState::Ended);
    commons.app.jump(TimeDelta::days(-30));
    assert_eq!(commons.state(id).await, SpokespersonState::Ended, "a clock set back revives nothing");
    let page = commons.app.browser().get("/spokespeople").await;
    assert!(page.texts("#before ~ ul").concat().contains("Ada"), "{}", page.text());
    assert_eq!(refusal_code(commons.step_down(commons.ada, id).await), "has_ended");
}

#[tokio::test]
async fn nobody_backs_themselves_and_one_backing_is_one_act() {
    let commons = Commons::new().await;
    let id = commons.volunteer(commons.ada, LATEST).await.unwrap();
    assert_eq!(refusal_code(commons.volunteer(commons.ada, "2026-03-09").await), "already_volunteered");
    assert_eq!(refusal_code(commons.back(commons.ada, id).await), "forbidden");
    assert_eq!(refusal_code(commons.take_back(commons.bea, id).await), "not_a_backer");
    commons.back(commons.bea, id).await.unwrap();

    for by in [commons.bea, commons.cai] {
        assert_eq!(refusal_code(commons.back(by, id).await), "not_waiting");
    }
    assert_eq!(refusal_code(commons.take_back(commons.bea, id).await), "in_force");
    assert_eq!(refusal_code(commons.step_down(commons.bea, id).await), "forbidden");
    assert_eq!(refusal_code(commons.volunteer(commons.ada, "2026-05-29").await), "invalid_fields");
    assert_eq!(commons.told().len(), 1);
    let nobody = SpokespersonId::from_uuid(commons.ada.uuid());
    assert_eq!(refusal_code(commons.back(commons.bea, nobody).await), "not_found");
}

#[tokio::test]
async fn what_nobody_backs_in_time_lapses_and_what_is_taken_back_is_gone() {
    let commons = Commons::new().await;
    let late = commons.volunteer(commons.ada, "2026-03-01").await.unwrap();
    let taken_back = commons.volunteer(commons.bea, LATEST).await.unwrap();
    commons.step_down(commons.bea, taken_back).await.unwrap();
    commons.app.advance(TimeDelta::hours(12));

    for id in [late, taken_back] {
        assert_eq!(commons.state(id).await, SpokespersonState::Lapsed);
        assert_eq!(refusal_code(commons.back(commons.cai, id).await), "not_waiting");
    }
    assert!(commons.told().is_empty());
    let page = commons.app.signed_in("cai").await.get("/spokespeople").await;
    assert!(!page.text().contains("the press"), "{}", page.text());
    commons.volunteer(commons.ada, LATEST).await.unwrap();
}

#[tokio::test]
async fn stepping_down_ends_it_at_once_and_is_told() {
    let commons = Commons::new().await;
    let id = commons.speaking(commons.ada, commons.bea).await;
    commons.app.advance(TimeDelta::days(3));

    commons.step_down(commons.ada, id).await.unwrap();

    assert_eq!(commons.state(id).await, SpokespersonState::Ended);
    let told = commons.told();
    assert_eq!(told.len(), 2);
    assert!(told[1].0 == "Update" && told[1].1.contains("Ada spoke for The Commons from 1 March 2026 until 4 March"));
    assert_eq!(refusal_code(commons.step_down(commons.ada, id).await), "has_ended");
}

#[tokio::test]
async fn whoever_goes_on_needs_another_backer_and_begins_when_the_time_before_is_over() {
    let commons = Commons::new().await;
    let first = commons.speaking(commons.ada, commons.bea).await;
    commons.app.advance(TimeDelta::days(60));
    let second = commons.volunteer(commons.ada, "2026-07-28").await.unwrap();
    assert_eq!(refusal_code(commons.back(commons.bea, second).await), "forbidden");
    commons.back(commons.cai, second).await.unwrap();
    assert_eq!(commons.state(second).await, SpokespersonState::Backed);
    assert_eq!(commons.row(second).await.times.begins_at, Some(commons.row(first).await.times.ends_at));

    commons.take_back(commons.cai, second).await.unwrap();

    assert_eq!(commons.state(second).await, SpokespersonState::Waiting);
    let told = commons.told();
    assert_eq!(told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["Create", "Create", "Delete"]);
    commons.back(commons.cai, second).await.unwrap();
    commons.app.set_clock(commons.row(second).await.times.begins_at.unwrap());
    assert_eq!(commons.state(first).await, SpokespersonState::Ended);
    assert_eq!(commons.state(second).await, SpokespersonState::InForce);
    assert_eq!(refusal_code(commons.take_back(commons.cai, second).await), "in_force");
}

#[tokio::test]
async fn two_members_may_back_each_other_again_when_there_is_nobody_else() {
    let commons = Commons::new().await;
    commons.leave(commons.cai).await;
    commons.speaking(commons.ada, commons.bea).await;
    commons.app.advance(TimeDelta::days(60));
    let second = commons.volunteer(commons.ada, "2026-07-28").await.unwrap();

    commons.back(commons.bea, second).await.unwrap();

    assert_eq!(commons.state(second).await, SpokespersonState::Backed);
}

#[tokio::test]
async fn after_180_days_in_a_row_the_page_says_so() {
    let commons = Commons::new().await;
    let mut backers = [commons.bea, commons.cai].into_iter().cycle();
    let long = "More than 180 days in a row";
    let begun = commons.app.app.now();
    for ends_on in [LATEST, "2026-08-20", "2026-11-10"] {
        let id = commons.volunteer(commons.ada, ends_on).await.unwrap();
        commons.back(backers.next().unwrap(), id).await.unwrap();
        let before_end = commons.row(id).await.times.ends_at - TimeDelta::days(1);
        commons.app.set_clock(before_end.min(begun + TimeDelta::days(180) - TimeDelta::seconds(1)));
    }
    assert!(!commons.app.browser().get("/spokespeople").await.text().contains(long));
    commons.app.advance(TimeDelta::seconds(1));

    let page = commons.app.browser().get("/spokespeople").await;

    page.assert_sound();
    assert!(page.text().contains(long), "{}", page.text());
}

#[tokio::test]
async fn who_leaves_stays_in_the_history_without_a_name() {
    let commons = Commons::new().await;
    let spoke = commons.speaking(commons.cai, commons.bea).await;
    commons.app.advance(TimeDelta::days(10));
    commons.step_down(commons.cai, spoke).await.unwrap();
    let speaks = commons.speaking(commons.cai, commons.ada).await;
    let goes_on = commons.volunteer(commons.cai, "2026-06-08").await.unwrap();
    let backed_by_cai = commons.speaking(commons.ada, commons.cai).await;
    commons.app.advance(TimeDelta::days(10));
    let renewed = commons.volunteer(commons.ada, "2026-06-10").await.unwrap();
    commons.back(commons.bea, renewed).await.unwrap();
    let other = commons.speaking(commons.bea, commons.ada).await;

    commons.leave(commons.cai).await;

    assert_eq!(commons.state(speaks).await, SpokespersonState::Ended);
    assert_eq!(commons.row(speaks).await.name, "Somebody who left");
    let gone = commons.app.app.read(move |conn| spokesperson(conn, goes_on)).await;
    assert!(gone.is_err(), "what never came into force is forgotten");
    for id in [backed_by_cai, other] {
        assert_eq!(commons.state(id).await, SpokespersonState::InForce, "what has begun keeps its backing");
    }
    let page = commons.app.browser().get("/spokespeople").await;
    assert!(page.texts("#before ~ ul").concat().contains("Somebody who left"), "{}", page.text());
    assert_eq!(of_type(&on_their_way(&commons.app), "Delete").len(), 2, "both posts that named them are deleted");
    assert!(!format!("{:?}", dump(&commons.app)["posts"]).contains("cai"));
    commons.leave(commons.bea).await;
    assert_eq!(commons.state(renewed).await, SpokespersonState::Waiting, "what has not begun waits for another one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_back_at_once_one_does() {
    let commons = Commons::new().await;
    let other = commons.app.second_process();
    for round in 0..5 {
        let by = commons.app.member(&format!("dan{round}")).await;
        let id = commons.volunteer(by, LATEST).await.unwrap();

        let backers = [commons.ada, commons.bea, commons.cai, commons.ada];
        let processes = [&*commons.app.app, &other, &*commons.app.app, &other];
        let backed = join_all(processes.into_iter().zip(backers).map(|(process, by)| back(process, by, id))).await;

        assert_eq!(backed.iter().filter(|one| one.is_ok()).count(), 1, "{backed:?}");
        assert_eq!(commons.told().len(), round + 1, "and is told once");
    }
    let fields = SpokespersonFields { purpose: "the press".into(), ends_on: LATEST.into(), publish_name: true };
    let processes = [&*commons.app.app, &other, &*commons.app.app, &other];
    let offers = processes.map(|process| {
        let (by, fields) = (commons.ada, fields.clone());
        process.write(move |tx| volunteer(tx, by, &fields))
    });
    let volunteered = join_all(offers).await;
    assert_eq!(volunteered.iter().filter(|one| one.is_ok()).count(), 1, "{volunteered:?}");
}

#[tokio::test]
async fn the_tables_lengthen_nobodys_time() {
    let commons = Commons::new().await;
    let id = commons.speaking(commons.ada, commons.bea).await;
    commons.step_down(commons.ada, id).await.unwrap();
    commons.speaking(commons.cai, commons.bea).await;

    for change in [
        "UPDATE spokespeople SET ends_at = '2030-01-01 00:00:00'",
        "UPDATE spokespeople SET purpose = 'everything'",
        "UPDATE spokespeople SET backer_id = member_id",
        "UPDATE spokespeople SET begins_at = NULL",
        "UPDATE spokespeople SET ended_at = NULL WHERE ended_at IS NOT NULL",
    ] {
        assert!(commons.app.store.connect().batch_execute(change).is_err(), "{change}");
    }
}

#[tokio::test]
async fn by_pages_alone_a_member_volunteers_is_backed_and_steps_down() {
    let commons = Commons::new().await;
    let (mut ada, mut bea) = (commons.app.signed_in("ada").await, commons.app.signed_in("bea").await);
    let mut stranger = commons.app.browser();
    let home = stranger.get("/").await;
    assert!(home.body.contains("href=\"/spokespeople\""), "{}", home.body);
    assert!(stranger.get("/spokespeople/volunteer").await.url.contains("/sign-in"));
    let form = ada.get("/spokespeople/volunteer").await;
    form.assert_sound();
    assert!(form.text().contains("2026-05-29, which is the latest"), "{}", form.text());
    let form = form.form("/spokespeople/volunteer");
    let refused = ada.submit(&form.clone().fill("ends_on", "2026-06-01")).await;
    refused.assert_sound();
    assert_eq!((refused.status, refused.trouble().len()), (422, 3));
    assert!(refused.form("/volunteer").has("ends_on", "2026-06-01"), "what was typed is still there");
    let form = form.fill("purpose", "the press").fill("ends_on", LATEST).choose("publish_name", "yes");
    let waiting = ada.submit(&form).await;
    waiting.assert_sound();
    assert!(waiting.text().contains("as soon as another member backs you"), "{}", waiting.text());
    assert!(!stranger.get("/spokespeople").await.text().contains("Ada"), "who waits is for members");
    let again = ada.submit(&form).await;
    again.assert_sound();
    assert_eq!(again.status, 409);

    let seen = bea.get("/spokespeople").await;
    seen.assert_sound();
    let backed = bea.submit(&seen.form("/backing")).await;

    backed.assert_sound();
    assert!(backed.texts("#now ~ ul").concat().contains("Ada"), "{}", backed.text());
    let public = stranger.get("/spokespeople").await;
    public.assert_sound();
    let card = public.texts("#now ~ ul").concat();
    assert!(card.contains("the press since 1 March 2026 until the end of 29 May 2026"), "{card}");
    assert!(!public.text().contains("bea"), "who backed is for members: {}", public.text());
    assert!(ada.get("/spokespeople").await.text().contains("backed by bea"));
    assert!(ada.get("/account").await.text().contains("Another member has backed you"));
    let too_late = bea.submit(&seen.form("/backing")).await;
    too_late.assert_sound();
    assert_eq!(too_late.status, 409);
    assert!(too_late.body.contains("href=\"/spokespeople\""));
    let ended = ada.get("/spokespeople").await.form("/end");
    let ended = ada.submit(&ended).await;
    ended.assert_sound();
    assert!(ended.texts("#before ~ ul").concat().contains("Ada"), "{}", ended.text());
}

#[tokio::test]
async fn a_program_volunteers_backs_takes_back_and_steps_down() {
    let commons = Commons::new().await;
    let (ada, bea, cai) = (
        commons.app.api_of(commons.ada).await,
        commons.app.api_of(commons.bea).await,
        commons.app.api_of(commons.cai).await,
    );
    let offer = json!({"purpose": "the press", "ends_on": LATEST, "publish_name": true});
    let id = ada.post("/spokespeople", offer.clone()).await.created();
    ada.post("/spokespeople", offer).await.must_be(409);
    let one = format!("/spokespeople/{id}");
    commons.app.api().get(&one).await.must_be(404);
    assert_eq!(bea.get("/spokespeople").await.json()["waiting"][0]["state"], "waiting");
    assert_eq!(commons.app.api().get("/spokespeople").await.json()["waiting"], json!([]));
    ada.post(&format!("{one}/backing"), json!({})).await.must_be(403);

    let backed = bea.post(&format!("{one}/backing"), json!({})).await.must_be(200).json();

    assert_eq!((backed["state"].as_str(), backed["is_backed_by_me"].as_bool()), (Some("in_force"), Some(true)));
    cai.post(&format!("{one}/backing"), json!({})).await.must_be(409);
    let public = commons.app.api().get(&one).await.must_be(200).json();
    assert_eq!(public["ends_at"], "2026-05-30T00:00:00Z");
    assert_eq!(public["speaks_since"], public["begins_at"]);
    // As a word, for an id may hold these letters.
    let told = public.to_string();
    assert!(told.split(|letter: char| !letter.is_alphanumeric()).all(|word| word != "bea"), "{told}");
    let note = public["note"].as_str().unwrap().trim_start_matches(&commons.app.base).to_owned();
    assert_eq!(commons.app.fetch(&note, "application/activity+json").await.0, 200);
    commons.app.advance(TimeDelta::days(60));
    let more = json!({"purpose": "the press", "ends_on": "2026-07-01", "publish_name": true});
    let next = ada.post("/spokespeople", more).await.created();
    cai.post(&format!("/spokespeople/{next}/backing"), json!({})).await.must_be(200);
    bea.delete(&format!("/spokespeople/{next}/backing")).await.must_be(409);
    cai.delete(&format!("/spokespeople/{next}/backing")).await.must_be(204);
    cai.delete(&one).await.must_be(403);
    ada.delete(&one).await.must_be(204);
    ada.delete(&one).await.must_be(409);
    let listed = commons.app.api().get("/spokespeople?limit=1").await.must_be(200).json();
    assert_eq!((listed["items"][0]["state"].as_str(), listed["next"].as_str()), (Some("ended"), Some(id.as_str())));
    let rest = commons.app.api().get(&format!("/spokespeople?limit=1&before={id}")).await.json();
    assert_eq!((&rest["items"], &rest["next"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn hostile_values_change_nothing_and_are_told_where_they_are() {
    let commons = Commons::new().await;
    let ada = commons.app.api_of(commons.ada).await;
    let good = json!({"purpose": "the press", "ends_on": LATEST, "publish_name": true});
    for (field, value, status) in [
        ("purpose", json!(""), 422),
        ("purpose", json!("\u{200b}\u{202e}"), 422),
        ("purpose", json!("x".repeat(121)), 422),
        ("purpose", json!(["press"]), 422),
        ("ends_on", json!(""), 422),
        ("ends_on", json!("2026-02-28"), 422),
        ("ends_on", json!("2026-05-30"), 422),
        ("ends_on", json!("2026-13-01"), 422),
        ("ends_on", json!("+262142-12-31"), 422),
        ("ends_on", json!("2026-03-09T12:00:00Z"), 422),
        ("ends_on", json!("'; DROP TABLE spokespeople; --"), 422),
        ("ends_on", json!(20_260_309), 422),
        ("publish_name", json!(false), 422),
        ("publish_name", json!("yes"), 422),
        ("member_id", json!(commons.bea.to_string()), 422),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = ada.post("/spokespeople", body.clone()).await.must_be(status);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text);
    }
    for wrong in ["x", "%00", "0191f3a0-0000-7000-8000-000000000001", "..%2f"] {
        ada.post(&format!("/spokespeople/{wrong}/backing"), json!({})).await.must_be(404);
        ada.delete(&format!("/spokespeople/{wrong}")).await.must_be(404);
    }
    ada.get("/spokespeople?before=x").await.must_be(400);
    assert_eq!(commons.app.browser().get("/spokespeople?before=x").await.status, 404);
    assert!(dump(&commons.app)["spokespeople"].is_empty());

    let purpose = "<script>alert(1)</script> & \"press\" \u{202e}{{7*7}}";
    let mut body = good;
    body["purpose"] = json!(purpose);
    let id = ada.post("/spokespeople", body).await.created().parse().unwrap();
    commons.back(commons.bea, id).await.unwrap();
    let page = commons.app.browser().get("/spokespeople").await;
    page.assert_sound();
    assert!(page.text().contains("<script>alert(1)</script> & \"press\" {{7*7}}"), "{}", page.body);
    let (_, content) = commons.told().remove(0);
    assert!(
        content.contains("Purpose: &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;press&quot; {{7*7}}."),
        "{content}"
    );
}
