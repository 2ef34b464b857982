//! Time as others write it: zones, daylight saving, leap seconds, the past and the future (V-12, V-14, V-15).

use super::Hall;
use crate::support::TestApp;
use chrono::{TimeDelta, TimeZone as _, Utc};
use serde_json::json;

/// Moments that no vote is judged by.
const MOMENTS: [&str; 9] = [
    "2016-12-31T23:59:60Z",
    "2026-03-29T02:30:00+01:00",
    "2026-03-01T12:00:00.123456789+14:00",
    "2026-03-01T12:00:00-12:00",
    "1970-01-01T00:00:00Z",
    "2999-12-31T23:59:59Z",
    "2026-02-30T25:61:61Z",
    "yesterday",
    "",
];

#[tokio::test]
async fn a_week_is_a_week_where_clocks_are_changed_meanwhile() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    // A day before the clocks of Berlin go forward, in a second that is not whole.
    app.set_clock(Utc.with_ymd_and_hms(2026, 3, 28, 11, 0, 0).unwrap() + TimeDelta::milliseconds(400));

    let (_, poll) = app.open_vote(ada, bea).await;

    let row = app.poll_row(poll).await;
    assert_eq!(row.closes_at - row.opens_at, TimeDelta::seconds(604_800));
    assert_eq!(row.opens_at.timestamp_subsec_nanos(), row.closes_at.timestamp_subsec_nanos());
    let question = app.fetch_question(poll).await;
    let (opens, end) = (question["published"].as_str().unwrap(), question["endTime"].as_str().unwrap());
    assert!(opens.ends_with('Z') && end.ends_with('Z'), "{opens} {end}");
    let told: chrono::DateTime<Utc> = end.parse().unwrap();
    assert!((row.closes_at - told).abs() < TimeDelta::seconds(1), "{told} is told for {}", row.closes_at);
}

/// V-11: what counts is when it came, whatever it says.
#[tokio::test]
async fn what_a_vote_says_of_its_own_time_is_not_looked_at() {
    let (hall, members) = Hall::with(MOMENTS.len()).await;
    let row = hall.app.poll_row(hall.poll).await;
    let mut voters = Vec::new();
    for (number, member) in members.iter().enumerate() {
        voters.push(hall.account(*member, &format!("voter{number}")).await);
    }
    let dated = |voter, choice, moment: &str| {
        let mut vote = hall.vote(voter, choice);
        for key in ["published", "updated", "endTime", "closed", "startTime"] {
            vote[key] = json!(moment);
            vote["object"][key] = json!(moment);
        }
        vote
    };
    hall.app.advance(TimeDelta::days(3));
    for (voter, moment) in voters.iter().zip(MOMENTS) {
        hall.take(voter, &dated(voter, "For", moment)).await;
    }
    assert_eq!(hall.ballots(), MOMENTS.len());

    hall.app.set_clock(row.closes_at);
    for (voter, moment) in voters.iter().zip(MOMENTS) {
        hall.take(voter, &dated(voter, "Against", moment)).await;
    }

    let late = i32::try_from(MOMENTS.len()).unwrap();
    assert_eq!(hall.totals().await, [u32::try_from(MOMENTS.len()).unwrap(), 0, 0]);
    assert_eq!(hall.uncounted("late"), late);
    let after = hall.app.poll_row(hall.poll).await;
    assert_eq!((after.opens_at, after.closes_at), (row.opens_at, row.closes_at));
}
