//! Several amendments that are carried in one moment, and one that is applied once (V-48, V-49).

use crate::support::TestApp;
use crate::support::rows::dump;
use caucus::domain::amendment::AmendmentState;
use caucus::ids::PollId;
use caucus::services::close_ballot::settle;
use chrono::TimeDelta;
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn amendments_that_are_carried_in_one_second_all_stand_whoever_closes_them_in_what_order() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let other = app.second_process();
    let words =
        [("1", "We help everybody."), ("2.1", "Everybody has one vote, and one only."), ("2.2", "Three quarters.")];
    let (mut amendments, mut polls): (Vec<_>, Vec<PollId>) = (Vec::new(), Vec::new());
    for (clause, text) in words {
        let id = app.propose(ada, clause, text).await;
        app.back(bea, id).await.unwrap();
        polls.push(app.open(ada, id).await.unwrap());
        amendments.push(id);
    }
    for poll in &polls {
        app.vote_on_the_web(*poll, ada, &[0]).await.unwrap();
        app.vote_on_the_web(*poll, bea, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::weeks(1));

    let forth = join_all(polls.iter().map(|poll| settle(&app.app, *poll)));
    let back = join_all(polls.iter().rev().map(|poll| settle(&other, *poll)));
    let (forth, back) = futures_util::join!(forth, back);

    let closed = forth.into_iter().chain(back).filter(|closed| *closed.as_ref().unwrap()).count();
    assert_eq!(closed, 3, "each once");
    for id in amendments {
        assert_eq!(app.state(id).await, AmendmentState::Carried);
    }
    let clauses = app.clauses().await;
    for (number, text) in words {
        assert_eq!(clauses.iter().find(|clause| clause.number == number).unwrap().text, text);
    }
    let rows = dump(&app);
    assert_eq!((rows["document_versions"].len(), rows["results"].len()), (4, 3), "one version for each");
    // Whoever comes again changes nothing.
    for poll in polls.iter().cycle().take(10) {
        assert!(!settle(&app.app, *poll).await.unwrap());
    }
    assert_eq!(dump(&app), rows);
}
