//! Who looks at what, and who lives.
//!
//! A claim steps over rows that somebody else is claiming or writing just now, so it waits for nobody and nobody
//! waits for it.

use super::bulk::text;
use super::link::Links;
use super::read::{Values, ask_once, columns};
use super::{to_run, to_seq};
use crate::clock::Micros;
use crate::run_id::RunId;
use crate::store::{Claim, Pulse, StoreError};

pub(super) async fn claim(links: &Links, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
    let by_wake_at = "UPDATE run SET wake_at = $2 FROM (\
                 SELECT run, wake_at FROM run WHERE wake_at <= $1 AND EXISTS (\
                   SELECT FROM unnest($3::text[], $4::bigint[]) AS k(workflow, version) \
                   WHERE k.workflow = run.workflow AND run.version <= k.version) \
                 ORDER BY wake_at LIMIT $5 FOR UPDATE SKIP LOCKED) AS due \
               WHERE run.run = due.run RETURNING due.run, due.wake_at";
    let by_timer_at = "UPDATE run SET wake_at = $2 FROM (\
                 SELECT run, timer_at FROM run \
                 WHERE clock = $6 AND clock <> '' AND timer_at IS NOT NULL AND timer_at <= $1 AND EXISTS (\
                   SELECT FROM unnest($3::text[], $4::bigint[]) AS k(workflow, version) \
                   WHERE k.workflow = run.workflow AND run.version <= k.version) \
                 ORDER BY timer_at LIMIT $5 FOR UPDATE SKIP LOCKED) AS due \
               WHERE run.run = due.run RETURNING due.run, due.timer_at";
    let sql = if claim.clock.is_empty() { by_wake_at } else { by_timer_at };
    let values = Values::default()
        .with(claim.until)
        .with(claim.pushed_to)
        .with(claim.knows.iter().map(|(workflow, _)| workflow.as_str()).collect::<Vec<_>>())
        .with(claim.knows.iter().map(|(_, version)| i64::from(*version)).collect::<Vec<_>>())
        .with(i64::from(claim.limit));
    let values = if claim.clock.is_empty() { values } else { values.with(text(&claim.clock)) };
    let mut due: Vec<(Micros, RunId)> = Vec::new();
    for row in ask_once(links, sql, values).await? {
        let (run, at): (Vec<u8>, Micros) = columns(&row)?;
        due.push((at, to_run(&run)?));
    }
    due.sort_unstable();
    Ok(due.into_iter().map(|(_, run)| run).collect())
}

pub(super) async fn beat(links: &Links, incarnation: u64) -> Result<Pulse, StoreError> {
    // Both parts see the table as it was before, so each row is told of once, and the own one as it is now. Whoever
    // has not moved for an hour is long taken over; its row goes, or rows of every start would stay for ever.
    let sql = "WITH mine AS (\
                 INSERT INTO node AS n (incarnation, beats, beaten_at) VALUES ($1, 1, now()) \
                 ON CONFLICT (incarnation) DO UPDATE SET beats = n.beats + 1, beaten_at = now() \
                 RETURNING incarnation, beats), \
               gone AS (\
                 DELETE FROM node WHERE incarnation <> $1 AND beaten_at < now() - interval '1 hour' \
                 RETURNING incarnation) \
               SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, incarnation, beats FROM mine \
               UNION ALL SELECT 0, incarnation, beats FROM node \
               WHERE incarnation <> $1 AND incarnation NOT IN (SELECT incarnation FROM gone)";
    let (mut now, mut peers) = (0, Vec::new());
    for row in ask_once(links, sql, Values::default().with(incarnation.cast_signed())).await? {
        let (time, peer, beats): (Micros, i64, i64) = columns(&row)?;
        now = now.max(time);
        peers.push((peer.cast_unsigned(), to_seq(beats)?));
    }
    Ok(Pulse { now: Some(now), alone: false, peers })
}

pub(super) async fn leave(links: &Links, incarnation: u64) -> Result<(), StoreError> {
    let sql = "DELETE FROM node WHERE incarnation = $1";
    ask_once(links, sql, Values::default().with(incarnation.cast_signed())).await.map(drop)
}
