//! The races that two engines on one store run, one test each.

use crate::hall::*;
use crate::simulation::{MS, simulate};
use ordain_engine::store::memory::Fault;
use ordain_engine::*;
use std::sync::Arc;

fn person(key: &str) -> Person {
    Person { actor: "ada".into(), reason: "to see".into(), key: key.into() }
}

#[test]
fn a_claim_against_a_fresh_timer_leaves_the_timer() {
    Hall::play(async |hall, a, b| {
        // Both have the run in memory; b remembers it with a nap of an hour.
        b.ask("long", Word::Nap(3600 * SECOND)).await.unwrap();
        a.ask("short", Word::Nap(30 * SECOND)).await.unwrap();
        a.crash();
        let took = hall.until_told(&b, "event Woke").await;
        assert!((30 * SECOND..32 * SECOND).contains(&took), "woke after {took} microseconds");
    });
}

#[test]
fn a_claim_pushes_no_timer_of_a_living_process() {
    Hall::play(async |hall, a, b| {
        a.ask("nap", Word::Nap(30 * SECOND)).await.unwrap();
        // b looks first, and finds that nothing is due yet.
        b.ask("count", Word::Count).await.unwrap();
        let took = hall.until_told(&b, "event Woke").await;
        assert!((30 * SECOND - 100 * MS..30 * SECOND + 100 * MS).contains(&took), "woke after {took}");
    });
}

#[test]
fn a_restarted_incarnation_is_somebody_else() {
    Hall::play(async |hall, a, b| {
        a.ask("ring", Word::Ring { parks: true }).await.unwrap();
        hall.until(async || !hall.bells.rung().is_empty()).await;
        a.crash();
        let a = hall.open("a");
        let took = hall.until_told(&a, "taken over").await;
        assert!((4 * SECOND..15 * SECOND).contains(&took), "taken over after {took} microseconds");
        hall.until_told(&b, "parked").await;
        assert_eq!(hall.bells.rung(), ["a"], "nobody knows whether it rang, so nobody rings again");
    });
}

#[test]
fn a_database_outage_with_both_nodes_healthy_moves_no_step() {
    Hall::play(async |hall, a, _b| {
        a.ask("ring", Word::Ring { parks: false }).await.unwrap();
        hall.until(async || !hall.bells.rung().is_empty()).await;
        hall.disk.set_down(true);
        hall.sleep(20 * SECOND).await;
        hall.disk.set_down(false);
        hall.sleep(30 * SECOND).await;
        assert_eq!(a.says("taken over").await, 0);
        hall.bells.are(Mood::Rings);
        hall.until_told(&a, "event Rung").await;
        assert_eq!(hall.bells.rung(), ["a"]);
    });
}

/// A commit of `a` whose answer is lost; meanwhile `b` goes on from it, or not.
#[track_caller]
fn check_ambiguous(goes_on: bool) {
    Hall::play(async |hall, a, b| {
        hall.bells.are(Mood::Rings);
        a.store.script(a.store.commits() + 1, Fault::AnswerLost);
        let asks = a.ask("ring", Word::Ring { parks: true });
        let meanwhile = async {
            hall.until_told(&b, "message ring").await;
            if goes_on {
                assert_eq!(b.ask("count", Word::Count).await, Ok(2));
            }
        };
        let (answer, ()) = tokio::join!(asks, meanwhile);
        assert_eq!(answer, Ok(1), "goes on: {goes_on}");
        hall.until_told(&b, "event Rung").await;
        hall.sleep(20 * SECOND).await;
        assert_eq!(hall.bells.rung().len(), 1, "goes on: {goes_on}");
        assert_eq!((b.says("parked").await, b.says("event Rung").await), (0, 1));
    });
}

#[test]
fn an_ambiguous_commit_releases_its_effects_once() {
    check_ambiguous(false);
    check_ambiguous(true);
}

#[test]
fn a_result_after_a_takeover_is_kept_as_evidence() {
    Hall::play(async |hall, a, b| {
        a.ask("ring", Word::Ring { parks: false }).await.unwrap();
        hall.until(async || !hall.bells.rung().is_empty()).await;
        a.store.set_paused(true);
        hall.until(async || hall.bells.rung() == ["a", "b"]).await;
        hall.bells.are(Mood::Rings);
        hall.until_told(&b, "event Rung").await;
        a.store.set_paused(false);
        hall.until_told(&b, "too late: kept as evidence").await;
        assert_eq!(b.says("event Rung").await, 1);
    });
}

#[test]
fn who_stood_still_does_not_try_again_what_was_taken_over() {
    Hall::play(async |hall, a, b| {
        hall.bells.are(Mood::Busy);
        a.ask("ring", Word::Ring { parks: false }).await.unwrap();
        hall.until(async || !hall.bells.rung().is_empty()).await;
        a.store.set_paused(true);
        hall.until(async || hall.bells.rung().last().is_some_and(|who| who == "b")).await;
        hall.bells.are(Mood::Rings);
        hall.until_told(&b, "event Rung").await;
        let rung = hall.bells.rung();
        a.store.set_paused(false);
        hall.sleep(60 * SECOND).await;
        assert_eq!(hall.bells.rung(), rung);
    });
}

#[test]
fn a_refused_record_s_answers_are_thrown_away() {
    Hall::play(async |hall, a, b| {
        b.ask("b has it in memory", Word::Count).await.unwrap();
        a.ask("so has a", Word::Count).await.unwrap();
        b.ask("up to here", Word::Count).await.unwrap();
        a.ask("and here", Word::Count).await.unwrap();
        let refusals = hall.disk.refusals();
        let (one, other) = tokio::join!(a.ask("one", Word::Count), b.ask("other", Word::Count));
        let mut answers = [one.unwrap(), other.unwrap()];
        answers.sort_unstable();
        assert_eq!(answers, [5, 6]);
        assert!(hall.disk.refusals() > refusals, "they were never at the same record");
    });
}

#[test]
fn a_message_for_a_paused_run_is_kept_and_shown_when_it_goes_on() {
    Hall::play(async |hall, a, b| {
        b.ask("b has it in memory", Word::Count).await.unwrap();
        a.engine.pause(hall.run, person("pause")).await.unwrap();
        let refused = b.ask("asked", Word::Count).await;
        assert!(matches!(&refused, Err(CallError::Stopped(why)) if why == "to see"), "{refused:?}");
        b.say("said", Word::Ring { parks: false }).await.unwrap();
        assert_eq!(hall.bells.rung().len(), 0, "a paused run does nothing");
        // b remembers it as paused; a lets it go on.
        a.engine.resume(hall.run, person("resume")).await.unwrap();
        assert_eq!(b.ask("after", Word::Count).await, Ok(3), "b refused what it remembered");
        hall.bells.are(Mood::Rings);
        hall.until_told(&b, "event Rung").await;
    });
}

#[test]
fn an_answer_that_another_node_s_turn_brings_reaches_its_caller() {
    Hall::play(async |hall, a, b| {
        let begin = ordain_engine::clock::Clock::now(hall.clock.as_ref());
        let other = async {
            hall.until_told(&b, "message hold").await;
            b.ask("count", Word::Count).await
        };
        assert_eq!(tokio::join!(a.ask("hold", Word::Hold), other), (Ok(2), Ok(2)));
        let took = ordain_engine::clock::Clock::now(hall.clock.as_ref()) - begin;
        assert!(took < SECOND, "a poll brings it, or sooner; it took {took} microseconds");
    });
}

#[test]
fn a_clean_stop_gives_back_what_was_not_done() {
    Hall::play(async |hall, a, b| {
        hall.bells.are(Mood::Busy);
        a.ask("ring", Word::Ring { parks: true }).await.unwrap();
        hall.until(async || !hall.bells.rung().is_empty()).await;
        a.engine.stop().await;
        hall.bells.are(Mood::Rings);
        let took = hall.until_told(&b, "rung by b").await;
        assert!(took < 3 * SECOND, "it took {took} microseconds");
        assert_eq!((b.says("released").await, b.says("parked").await), (1, 0));
    });
}

#[test]
fn a_machine_whose_clock_is_an_hour_off_lives_by_the_store_s() {
    for by in [-3600 * SECOND, 3600 * SECOND] {
        let mut hall = Hall::new();
        hall.disk = hall.disk.with_clock(hall.clock.clone());
        simulate(&hall.clock.clone(), async {
            let clock = Skewed { right: hall.clock.clone(), by };
            let (a, b) = (hall.open("a"), hall.open_release::<1>("b", Arc::new(clock)));
            a.start(1).await;
            hall.sleep(8 * SECOND).await;
            b.ask("nap", Word::Nap(30 * SECOND)).await.unwrap();
            b.crash();
            let took = hall.until_told(&a, "event Woke").await;
            assert!((29 * SECOND..32 * SECOND).contains(&took), "woke after {took}, off by {by}");
            assert_eq!(a.engine.inspect(hall.run).await.unwrap().reason, "");
        });
    }
}

#[test]
fn a_run_of_a_newer_build_is_left_to_it_and_still_receives() {
    let hall = Hall::new();
    simulate(&hall.clock, async {
        let (old, new) = (hall.open("old"), hall.open_release::<2>("new", hall.clock.clone()));
        new.start(2).await;
        old.say("nap", Word::Nap(10 * SECOND)).await.unwrap();
        assert_eq!(old.ask("count", Word::Count).await, Ok(2), "the newer build answers");
        hall.until_told(&old, "event Woke").await;
        assert!(new.engine.inspect(hall.run).await.unwrap().status.takes_turns());
        new.crash();
        // Nobody can show it, and nobody is told that anything is wrong with it.
        old.say("ring", Word::Ring { parks: false }).await.unwrap();
        hall.sleep(30 * SECOND).await;
        assert!(old.engine.inspect(hall.run).await.unwrap().status.takes_turns());
        assert!(hall.bells.rung().is_empty());
        hall.bells.are(Mood::Rings);
        let new = hall.open_release::<2>("new", hall.clock.clone());
        hall.until_told(&new, "event Rung").await;
        assert_eq!(hall.bells.rung(), ["new"]);
    });
}

#[test]
fn a_store_that_hangs_does_not_keep_a_process_from_stopping() {
    Hall::play(async |hall, a, _b| {
        a.store.script(a.store.commits() + 1, Fault::Hangs);
        let hangs = a.ask("count", Word::Count);
        let stops = async {
            hall.until(async || a.store.is_hanging()).await;
            a.engine.stop().await;
        };
        let (answer, ()) = tokio::join!(hangs, stops);
        assert_eq!(answer, Err(CallError::Unavailable));
    });
}
