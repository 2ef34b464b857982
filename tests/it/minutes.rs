//! Minutes, the feed, the pages about a vote, and the recount of what is published (A8 to A13).

use crate::support::TestApp;
use crate::support::process::{caucus, run};
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::Value;

async fn closed_vote() -> (TestApp, Vec<MemberId>, AmendmentId, PollId) {
    let (app, ada) = TestApp::with_community().await;
    let mut members = vec![ada];
    for name in ["bea", "cai"] {
        members.push(app.member(name).await);
    }
    let (id, poll) = app.open_vote(ada, members[1]).await;
    members.push(app.member("dan").await);
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[1], &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[2], &[2]).await.unwrap();
    assert!(app.vote_on_the_web(poll, members[3], &[1]).await.is_err());
    for n in 0..3 {
        app.vote(poll, &app.remote(&format!("supporter{n}")).await, "Against").await;
    }
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    (app, members, id, poll)
}

#[tokio::test]
async fn the_minutes_tell_everything_and_name_members_to_members_only() {
    let (app, _, _, poll) = closed_vote().await;
    assert!(app.vote_on_the_web(poll, app.member("late").await, &[0]).await.is_err());

    let (status, page) = app.fetch(&format!("/polls/{poll}/minutes"), "text/html").await;

    assert_eq!(status, 200);
    let result = app.result(poll).await.unwrap();
    for words in [
        "Carried",
        "Everybody has one vote.",
        "Everybody has one vote, and one only.",
        "a member",
        "1 member",
        "3 members",
        "100.0 %",
        "66.7 %",
        "1 by people who were not on the roll at the opening",
        "1 too late",
        "0 for, 3 against, 0 abstained",
        "The server was up the whole time.",
        &result.record_sha256,
        "Head of the chain",
        &app.poll_row(poll).await.frozen.unwrap().roll_fingerprint,
        &app.app.urls.minutes(poll),
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains(": bea") && !page.contains("Ada"), "{page}");

    let (_, minutes) = app.fetch(&format!("/api/v1/polls/{poll}/minutes"), "application/json").await;
    let minutes: Value = serde_json::from_str(&minutes).unwrap();
    assert_eq!(minutes["totals"], serde_json::json!({"votes_for": 2, "votes_against": 0, "votes_abstain": 1}));
    assert_eq!(minutes["uncounted"], serde_json::json!({"off_roll": 1}), "as in the record");
    assert_eq!(minutes["uncounted_since"], serde_json::json!({"late": 1}));
    let change = &minutes["amendment"]["changes"][0];
    assert_eq!((&change["act"], &change["number"]), (&"reword".into(), &"2.1".into()));
    assert_eq!(minutes["amendment"]["summary"], "It says it better.");
    assert_eq!((&minutes["took_part"], &minutes["roll_size"]), (&Value::from(3), &Value::from(3)));
    let amendment = &minutes["amendment"];
    assert!(amendment.get("mover").is_none() && amendment.get("backers").is_none() && amendment["backers_count"] == 1);
}

#[tokio::test]
async fn members_read_in_the_minutes_who_moved_and_who_backed_what_was_decided_and_when() {
    let (app, members, _, poll) = closed_vote().await;

    let page = app.signed_in("bea").await.get(&format!("/polls/{poll}/minutes")).await;
    page.assert_sound();
    let minutes = app.api_of(members[1]).await.get(&format!("/polls/{poll}/minutes")).await.must_be(200).json();

    let text = page.text();
    for words in ["by Ada", "1 member: bea", "1 March 2026, 12:00 UTC", "8 March 2026, 12:00 UTC"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let amendment = &minutes["amendment"];
    assert_eq!((&amendment["mover"], &amendment["backers"]), (&"Ada".into(), &serde_json::json!(["bea"])));
    let times = (&minutes["opened_at"], &minutes["closed_at"]);
    assert_eq!(times, (&"2026-03-01T12:00:00Z".into(), &"2026-03-08T12:00:00Z".into()), "{minutes}");
}

#[tokio::test]
async fn there_are_no_minutes_before_the_close_and_none_of_an_advisory_poll() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let cabal = app.cabal(ada, "tea").await;
    let advisory = app.poll(ada, cabal, false, false).await;
    let (_, poll) = app.open_vote(ada, bea).await;

    for id in [poll, advisory] {
        for path in [
            format!("/polls/{id}/minutes"),
            format!("/api/v1/polls/{id}/minutes"),
            format!("/api/v1/polls/{id}/record"),
        ] {
            assert_eq!(app.fetch(&path, "text/html").await.0, 404, "{path}");
        }
        assert_eq!(app.fetch(&format!("/polls/{id}/secrecy"), "text/html").await.0, 200);
    }
    app.advance(TimeDelta::weeks(1));
    assert_eq!(app.fetch(&format!("/polls/{poll}/minutes"), "text/html").await.0, 200, "the first reader closes it");
}

#[tokio::test]
async fn the_feed_tells_of_amendments_and_results_and_escapes_what_people_wrote() {
    let (app, members, id, poll) = closed_vote().await;
    let rival = app.propose(members[0], "2.2", "<script>&\"").await;

    let (status, feed) = app.fetch("/feeds/amendments.atom", "*/*").await;

    assert_eq!(status, 200);
    for words in [app.app.urls.amendment(id), app.app.urls.amendment(rival), app.app.urls.minutes(poll)] {
        assert_eq!(feed.matches(&format!("<id>{words}</id>")).count(), 1, "{feed}");
    }
    let told = "Carried. For 2, against 0, abstained 1. For: 100.0 % of the votes cast for and against, 66.7 % of all \
                ballots with abstentions, 66.7 % of the 3 members who could vote. SHA-256 of the record of all ballots: ";
    assert!(feed.contains(&format!("{told}{}", app.result(poll).await.unwrap().record_sha256)), "{feed}");
    assert!(feed.starts_with("<?xml") && feed.ends_with("</feed>") && !feed.contains("<script"));
}

#[tokio::test]
async fn the_published_record_holds_in_the_recount_and_a_changed_byte_does_not() {
    let (app, _, _, poll) = closed_vote().await;
    let (_, record) = app.fetch(&format!("/polls/{poll}/record.json"), "*/*").await;
    let file = app.store.folder.path().join("record.json");
    let count = |record: &str, more: &[&str]| {
        std::fs::write(&file, record).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_caucus"));
        // Nothing of this server is within reach: an empty environment, another folder.
        command.env_clear().current_dir("/").arg("recount").arg(&file).args(more);
        run(&mut command, "")
    };

    let honest = count(&record, &["--sha256", &app.result(poll).await.unwrap().record_sha256]);
    let changed = count(&record.replace("\"off_roll\":1", "\"off_roll\":2"), &[]);

    let told = String::from_utf8(honest.stdout).unwrap();
    assert!(
        honest.status.success() && told.contains("For 2, Against 0, Abstain 1") && told.contains("carried"),
        "{told}"
    );
    assert_eq!(changed.status.code(), Some(1));
    let told = String::from_utf8(changed.stderr).unwrap();
    assert!(told.starts_with("caucus: This record does not hold: its checksum"), "{told}");
    let nothing = run(caucus(&app.store).arg("recount").arg("/nowhere/record.json"), "");
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("cannot be read"));
}

#[tokio::test]
async fn the_recount_page_lets_its_script_connect_to_nothing_and_pages_to_read_have_none() {
    let (app, _) = TestApp::with_community().await;
    #[expect(clippy::disallowed_types, reason = "the test plays a browser")]
    let get = async |path: &str| reqwest::Client::new().get(app.url(path)).send().await.unwrap();

    let page = get("/recount").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'none'"), "{policy}");
    let body = page.text().await.unwrap();
    assert!(body.contains("caucus recount record.json"), "the way without scripts");
    let script = body.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = get(script).await;
    assert!(script.headers()["content-type"].to_str().unwrap().contains("javascript"));
    let source = script.text().await.unwrap();
    for word in ["fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "innerHTML", "eval"] {
        assert!(!source.contains(word), "{word}");
    }
    for path in ["/", "/amendments", "/about"] {
        let other = get(path).await;
        assert!(other.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'none'"));
        assert!(!other.text().await.unwrap().contains("<script"));
    }
}

#[tokio::test]
async fn whether_one_may_vote_is_told_to_oneself_only() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(bea, "bea").await;
    let id = app.propose(ada, "2.1", "Better.").await;
    let standing = async |member: Option<MemberId>| {
        let now = app.app.now();
        app.app
            .read(move |conn| caucus::services::can_i_vote::can_i_vote(conn, id, member, now))
            .await
            .unwrap()
            .as_str()
    };
    assert_eq!((standing(None).await, standing(Some(bea)).await), ("unknown", "when_it_opens"));
    app.back(bea, id).await.unwrap();
    let poll = app.open(ada, id).await.unwrap();
    let cai = app.member("cai").await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    assert_eq!(standing(Some(ada)).await, "voted");
    assert_eq!((standing(Some(bea)).await, standing(Some(cai)).await), ("yes", "joined_later"));

    let is_mine = async |member: MemberId, handle: &str| {
        let handle = handle.to_owned();
        app.app.read(move |conn| caucus::services::can_i_vote::is_my_handle(conn, id, (member, &handle))).await.unwrap()
    };
    for handle in ["@bea@far.example", "BEA@far.example ", hers.as_str()] {
        assert!(is_mine(bea, handle).await, "{handle}");
        assert!(!is_mine(cai, handle).await, "{handle} is nobody else's business");
    }
    for handle in ["", "@", "@nobody@far.example", "<script>", "@bea@far.example@x"] {
        assert!(!is_mine(bea, handle).await, "{handle}");
    }
    let (status, page) = app.fetch(&format!("/amendments/{id}/can-i-vote?handle=%3Cb%3E"), "text/html").await;
    assert!(status == 200 && !page.contains("<b>") && page.contains("Please sign in"), "{page}");
    let path = format!("/amendments/{id}/can-i-vote?handle=@bea@far.example");
    let by_token = async |member| app.api_of(member).await.get(&path).await.must_be(200).json();
    assert_eq!(
        (&by_token(bea).await["is_my_handle"], &by_token(cai).await["is_my_handle"]),
        (&true.into(), &false.into())
    );
    let to_a_stranger = app.api().get(&path).await.must_be(200).json();
    assert!(to_a_stranger["standing"] == "unknown" && to_a_stranger.get("is_my_handle").is_none(), "{to_a_stranger}");
    app.advance(TimeDelta::weeks(1));
    assert_eq!(standing(Some(bea)).await, "over");
    let withdrawn = app.propose(ada, "2.2", "Never mind.").await;
    app.api_of(ada).await.delete(&format!("/amendments/{withdrawn}")).await;
    let none = app.api().get(&format!("/amendments/{withdrawn}/can-i-vote")).await.must_be(200).json();
    assert_eq!(none["standing"], "no_vote", "{none}");
}

#[tokio::test]
async fn the_page_that_tells_whether_one_may_vote_says_what_to_do_next_at_each_time() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "Better.").await;
    let path = format!("/amendments/{id}/can-i-vote");
    let (mut hers, mut visitor) = (app.signed_in("bea").await, app.browser());
    let mut says = async |handle: &str| {
        let page = hers.get(&format!("{path}?handle={handle}")).await;
        page.assert_sound();
        page.text()
    };

    let strange = visitor.get(&path).await.text();
    assert!(
        strange.contains("also if they join before that") && !strange.contains("when the vote opened"),
        "{strange}"
    );
    assert!(says("@x@far.example").await.contains("link it before you vote"));
    for handle in ["bea", "@bea", "bea@", "@far.example"] {
        let page = says(handle).await;
        assert!(
            page.contains("in the form @name@server") && !page.contains("your linked accounts"),
            "{handle}: {page}"
        );
    }
    app.back(bea, id).await.unwrap();
    app.open(ada, id).await.unwrap();
    assert!(says("@x@far.example").await.contains("link it and vote again"));
    app.advance(TimeDelta::weeks(1));
    let over = says("@x@far.example").await;
    assert!(over.contains("this vote is over") && !over.contains("vote again"), "{over}");
}
