//! Downstreams: whom steps talk to, what each is asked to bear, and a person's word that one is back.

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::session::{Session, bounded};
use super::{json, time};
use ordain_proto::runs::v1::downstream_service_client::DownstreamServiceClient;
use ordain_proto::runs::v1::{
    BreakerState, CloseDownstreamBreakerRequest, Downstream, DownstreamLimits, ListDownstreamsRequest,
    SetDownstreamLimitsRequest,
};
use std::time::Duration;
use tonic::transport::Channel;

/// What whom steps talk to is asked to bear.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List those that a step has named since Ordain started, with their limits and breakers
    #[command(after_help = "Example: ordain downstream list")]
    List,
    /// Change what one is asked to bear, until Ordain stops; what is not named stays as it is
    Set(SetArgs),
    /// Let one be asked again at once, though its breaker is open
    Close(CloseArgs),
}

/// Which, what, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain downstream set dividebuy/shop-uk --per-second 5 --burst 10 \
    --reason 'they asked us to slow down'")]
pub struct SetArgs {
    /// As `ordain downstream list` names it
    downstream: String,
    /// Attempts under way at a time
    #[arg(long, value_name = "N")]
    at_a_time: Option<u32>,
    /// Attempts that may begin in a second; 0 for as often as they like
    #[arg(long, value_name = "N")]
    per_second: Option<u32>,
    /// Attempts that may begin at once after a rest [default: as many as in a second]
    #[arg(long, value_name = "N")]
    burst: Option<u32>,
    /// Failures in a row after which nothing is sent for a while
    #[arg(long, value_name = "N")]
    failures_max: Option<u32>,
    /// For how long: 30s, 5m
    #[arg(long, value_name = "SPAN", value_parser = time::span)]
    open_for: Option<Duration>,
    /// Logged with your name
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Which, and why.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain downstream close dividebuy/shop-uk --reason 'they say they are back'"
)]
pub struct CloseArgs {
    /// As `ordain downstream list` names it
    downstream: String,
    /// Logged with your name
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Does one of them, and shows how it stands.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    let mut client = session.downstreams().await?;
    let shown = match command {
        Command::List => list(&mut client).await?,
        Command::Set(args) => {
            let (downstream_id, reason) = (args.downstream.clone(), args.reason.clone());
            let known = list(&mut client).await?.into_iter().find(|it| it.downstream_id == downstream_id);
            // One that is not known is refused by whoever knows them.
            let limits = known.and_then(|it| it.limits).unwrap_or_default();
            let limits = Some(changed(limits, &args));
            let request = SetDownstreamLimitsRequest { downstream_id, limits, reason };
            let answer = client.set_downstream_limits(bounded(request)).await?.into_inner();
            answer.downstream.into_iter().collect()
        }
        Command::Close(CloseArgs { downstream: downstream_id, reason }) => {
            let request = CloseDownstreamBreakerRequest { downstream_id, reason };
            let answer = client.close_downstream_breaker(bounded(request)).await?.into_inner();
            answer.downstream.into_iter().collect()
        }
    };
    print(session.output(), &shown);
    Ok(())
}

async fn list(client: &mut DownstreamServiceClient<Channel>) -> Result<Vec<Downstream>, Failure> {
    let answer = client.list_downstreams(bounded(ListDownstreamsRequest {})).await?;
    Ok(answer.into_inner().downstreams)
}

/// The limits with what the flags say; a rate that ends takes its burst with it.
fn changed(now: DownstreamLimits, args: &SetArgs) -> DownstreamLimits {
    let pick = |flag: Option<u32>, now: i64| flag.map_or(now, i64::from);
    let per_second = pick(args.per_second, now.per_second);
    let kept = if now.burst == 0 { per_second } else { now.burst };
    let burst = if per_second == 0 && args.burst.is_none() { 0 } else { pick(args.burst, kept) };
    let open_for = args.open_for.and_then(|span| prost_types::Duration::try_from(span).ok());
    DownstreamLimits {
        at_a_time: pick(args.at_a_time, now.at_a_time),
        per_second,
        burst,
        failures_max: pick(args.failures_max, now.failures_max),
        open_for: open_for.or(now.open_for),
    }
}

fn print(output: &Output, downstreams: &[Downstream]) {
    if output.json {
        return downstreams.iter().for_each(|it| output.line(json::of("ordain.runs.v1.Downstream", it)));
    }
    if downstreams.is_empty() {
        return output.line("no step has named a downstream since Ordain started");
    }
    let columns = ["downstream", "breaker", "under way", "waiting", "failures", "at a time", "rate", "opens"];
    let mut table = Table::new(&columns);
    for it in downstreams {
        let limits = it.limits.unwrap_or_default();
        table.row(vec![
            Cell::new(&it.downstream_id),
            breaker(it.breaker()),
            Cell::number(it.under_way.to_string()),
            Cell::number(it.waiting.to_string()),
            Cell::number(it.failures.to_string()),
            Cell::number(limits.at_a_time.to_string()),
            Cell::new(rate(&limits)),
            Cell::new(opens(&limits)),
        ]);
    }
    output.table(&table);
}

fn breaker(state: BreakerState) -> Cell {
    let name = state.as_str_name();
    let word = name.strip_prefix("BREAKER_STATE_").unwrap_or(name);
    Cell::new(word).painted(match state {
        BreakerState::Closed => Paint::Good,
        BreakerState::Open => Paint::Bad,
        BreakerState::Probing => Paint::Warn,
        BreakerState::Unspecified => Paint::Dim,
    })
}

fn rate(limits: &DownstreamLimits) -> String {
    match limits.per_second {
        0 => "any".to_owned(),
        per_second => format!("{per_second}/s, burst {}", limits.burst),
    }
}

fn opens(limits: &DownstreamLimits) -> String {
    let span = limits.open_for.and_then(|span| Duration::try_from(span).ok()).unwrap_or_default();
    format!("after {} failures, for {}", limits.failures_max, time::lasted(span))
}

#[cfg(test)]
mod tests {
    use super::{SetArgs, changed};
    use ordain_proto::runs::v1::DownstreamLimits;

    fn args(per_second: Option<u32>, burst: Option<u32>) -> SetArgs {
        SetArgs {
            downstream: "a".into(),
            at_a_time: None,
            per_second,
            burst,
            failures_max: None,
            open_for: None,
            reason: "r".into(),
        }
    }

    /// What `(per_second, burst)` becomes when flags are given.
    #[track_caller]
    fn check(now: (i64, i64), flags: (Option<u32>, Option<u32>), expected: (i64, i64)) {
        let now = DownstreamLimits { at_a_time: 7, per_second: now.0, burst: now.1, ..Default::default() };
        let then = changed(now, &args(flags.0, flags.1));
        assert_eq!((then.at_a_time, then.per_second, then.burst), (7, expected.0, expected.1));
    }

    #[test]
    fn flags_change_what_they_name_and_nothing_else() {
        check((0, 0), (None, None), (0, 0));
        check((0, 0), (Some(5), None), (5, 5));
        check((5, 9), (Some(6), None), (6, 9));
        check((5, 9), (Some(0), None), (0, 0));
        check((5, 9), (None, Some(2)), (5, 2));
    }
}
