//! A clock that jumps, starts wrong, is set back, and what speaks for it.

use super::super::FixedClock;
use super::*;
use chrono::{TimeZone as _, Utc};

fn watched() -> (Timekeeper, Arc<FixedClock>, Stamp) {
    let start = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
    let clock = Arc::new(FixedClock::at(start));
    (Timekeeper::over(Arc::clone(&clock) as Arc<dyn Clock>), clock, start)
}

/// A program that starts so long after its last heartbeat.
fn started_after(absence: TimeDelta) -> (Timekeeper, Arc<FixedClock>, Stamp) {
    let (time, clock, now) = watched();
    time.resume(now - absence);
    (time, clock, now)
}

#[test]
fn time_that_passes_is_no_jump_however_long() {
    let (time, clock, start) = watched();
    clock.advance(TimeDelta::days(30));
    assert_eq!((time.now(), time.doubt()), (start + TimeDelta::days(30), None));
}

#[test]
fn after_a_jump_ahead_time_goes_on_steadily_until_it_is_undone() {
    let (time, clock, start) = watched();
    clock.jump(TimeDelta::days(8));
    assert_eq!(time.now(), start);
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(time.now(), start + TimeDelta::seconds(1));
    let doubt = time.doubt().unwrap();
    let claimed = start + TimeDelta::days(8) + TimeDelta::seconds(1);
    assert_eq!(doubt, Doubt { cause: Cause::Jump, since: start, claimed, ahead: TimeDelta::days(8) });
    assert_eq!(time.claimed(), claimed);

    clock.jump(TimeDelta::days(-8));

    assert_eq!((time.doubt(), time.now()), (None, start + TimeDelta::seconds(1)));
    assert_eq!(time.deadline(), start + TimeDelta::seconds(1));
    let ended = time.ended();
    assert_eq!(ended.iter().map(|ended| ended.was_right).collect::<Vec<_>>(), [false]);
    assert_eq!(time.ended(), ended, "until it is noted");
    time.forget_ended(1);
    assert!(time.ended().is_empty());
}

#[test]
fn a_confirmed_jump_is_believed_and_nothing_else_is_confirmed() {
    let (time, clock, start) = watched();
    time.confirm();
    clock.jump(TimeDelta::hours(1));
    assert!(time.doubt().is_some());
    time.confirm();
    assert_eq!((time.doubt(), time.now()), (None, start + TimeDelta::hours(1)));
    assert_eq!(time.ended().iter().map(|ended| ended.was_right).collect::<Vec<_>>(), [true]);
}

#[test]
fn five_minutes_are_no_jump_and_small_ones_add_up() {
    let (time, clock, start) = watched();
    clock.jump(TimeDelta::minutes(5));
    assert_eq!(time.now(), start + TimeDelta::minutes(5));
    clock.jump(TimeDelta::microseconds(1));
    assert!(time.doubt().is_some());
}

#[test]
fn slow_drift_is_followed_for_ever() {
    let (time, clock, start) = watched();
    for _ in 0..1_000 {
        clock.advance(TimeDelta::minutes(2));
        clock.jump(TimeDelta::milliseconds(900));
        assert!(time.doubt().is_none());
    }
    assert_eq!(time.now(), start + TimeDelta::minutes(2_000) + TimeDelta::seconds(900));
}

#[test]
fn deadlines_remember_how_late_it_was_until_they_are_put_back() {
    let (time, clock, start) = watched();
    clock.advance(TimeDelta::days(7));
    time.now();
    clock.jump(TimeDelta::days(-2));
    assert_eq!(time.now(), start + TimeDelta::days(5));
    assert_eq!(time.deadline(), start + TimeDelta::days(7));
    time.put_back();
    assert_eq!(time.deadline(), start + TimeDelta::days(5));
    clock.jump(TimeDelta::days(1));
    assert!(time.doubt().is_some(), "the moment from which jumps are measured is put back too");
}

#[test]
fn a_start_after_a_short_pause_is_believed_at_once() {
    let (time, _, now) = started_after(TimeDelta::minutes(5));
    assert_eq!((time.now(), time.deadline(), time.doubt()), (now, now, None));
    assert!(time.ended().is_empty());
}

#[test]
fn after_an_absence_the_clock_is_shown_but_deadlines_wait_for_a_steady_hour() {
    let (time, clock, now) = started_after(TimeDelta::days(8));
    let last = now - TimeDelta::days(8);
    assert_eq!((time.now(), time.deadline()), (now, last));
    assert_eq!(time.doubt().unwrap().cause, Cause::Absence { started_at: now });

    clock.advance(TimeDelta::minutes(59));
    time.weigh();
    assert_eq!(time.deadline(), last + TimeDelta::minutes(59));
    clock.advance(TimeDelta::minutes(1));
    time.weigh();

    assert_eq!((time.doubt(), time.deadline()), (None, now + TimeDelta::hours(1)));
}

#[test]
fn a_clock_that_is_put_right_after_the_start_bends_nothing() {
    let (time, clock, now) = started_after(TimeDelta::days(5_000));
    clock.advance(TimeDelta::minutes(50));
    time.weigh();
    // The server had been away for three hours.
    clock.jump(TimeDelta::hours(3) - TimeDelta::days(5_000));
    time.now();
    clock.advance(TimeDelta::minutes(50));
    time.weigh();
    assert!(time.doubt().is_some(), "the hour begins anew when the clock is set");

    clock.advance(TimeDelta::minutes(10));
    time.weigh();

    let started_at = now - TimeDelta::days(5_000) + TimeDelta::hours(3);
    assert_eq!((time.doubt(), time.deadline()), (None, started_at + TimeDelta::minutes(110)));
    assert_eq!(time.ended()[0].doubt.cause, Cause::Absence { started_at });
}

#[test]
fn a_clock_that_starts_too_early_and_is_put_right_was_absent_and_did_not_jump() {
    let (time, clock, now) = watched();
    time.resume(now + TimeDelta::days(300));
    assert_eq!((time.doubt(), time.deadline()), (None, now + TimeDelta::days(300)));
    clock.jump(TimeDelta::days(301));
    assert!(matches!(time.doubt().unwrap().cause, Cause::Absence { .. }));
    assert_eq!(time.deadline(), now + TimeDelta::days(300));
}

#[test]
fn three_servers_that_tell_the_same_time_are_enough_unless_others_tell_another() {
    let (time, _, now) = started_after(TimeDelta::days(8));
    for host in ["a", "b", "b"] {
        time.hear(host, now - TimeDelta::minutes(4), HeardFrom::Signature);
    }
    time.weigh();
    assert!(time.doubt().is_some(), "two are not enough");
    time.hear("c", now, HeardFrom::Answer);
    time.hear("x", now - TimeDelta::days(8), HeardFrom::Answer);
    time.hear("y", now + TimeDelta::days(8), HeardFrom::Answer);
    time.weigh();
    assert!(time.doubt().is_some(), "two tell another time");
    // An old signature says when it was made, not how late it is.
    time.hear("z", now - TimeDelta::minutes(50), HeardFrom::Signature);
    time.hear("d", now, HeardFrom::Signature);
    time.weigh();
    assert_eq!((time.doubt(), time.deadline()), (None, now));
}

#[test]
fn a_steady_hour_is_not_enough_after_a_jump_or_when_a_server_tells_another_time() {
    let (time, clock, now) = started_after(TimeDelta::days(8));
    time.hear("x", now - TimeDelta::days(8), HeardFrom::Answer);
    clock.advance(TimeDelta::days(30));
    time.weigh();
    assert!(time.doubt().is_some());

    let (time, clock, _) = watched();
    clock.jump(TimeDelta::days(8));
    time.now();
    clock.advance(TimeDelta::days(30));
    time.weigh();
    assert!(time.doubt().is_some());
}

#[test]
fn a_process_ahead_of_those_that_share_its_store_doubts_itself_until_it_is_confirmed() {
    let (time, clock, start) = watched();
    clock.advance(TimeDelta::hours(1));
    time.compare(start + TimeDelta::minutes(55), false);
    assert!(time.doubt().is_none());
    time.compare(start, false);
    assert_eq!((time.now(), time.doubt().unwrap().cause), (start, Cause::Jump));
    time.compare(start + TimeDelta::hours(1), false);
    assert!(time.doubt().is_some(), "the clock of the database may be the same clock");
    time.compare(start, false);

    time.confirm();
    time.compare(start, false);
    assert!(time.doubt().is_none(), "a person looked");
    clock.advance(TimeDelta::minutes(6));
    time.compare(start, false);
    assert!(time.doubt().is_some());
    time.compare(time.claimed(), true);
    assert!(time.doubt().is_none(), "another process vouches for it");
}

#[test]
fn an_absence_that_another_process_contradicts_is_a_jump() {
    let (time, _, now) = started_after(TimeDelta::days(8));
    time.compare(now - TimeDelta::days(7), true);
    assert_eq!(time.doubt().unwrap().cause, Cause::Jump);
    assert_eq!((time.now(), time.deadline()), (now - TimeDelta::days(7), now - TimeDelta::days(7)));
}
