//! Statements of providers: fetched, laid beside the orders line by line, and told to the orders as evidence.
//!
//! These are the steps of a reconciliation's run. What a line means is the rules' affair
//! ([`ordain_workflows::reconciliation`]), how a statement is read the codec's; here both meet the store.

mod evidence;
mod fetching;

use crate::books::{Books, shown_order};
use crate::jobs::Desk;
use crate::jobs::reconciliation::ask_account;
use crate::transport::Transport;
use crate::walk::{Walk, first_of};
use fetching::{Fetch, NotFetched};
use futures::StreamExt;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ordain_engine::{Activity, ActivityCx, Attempt, Engine, Workflow as _};
use ordain_providers::question::{Findings, StatementHead, StatementLine};
use ordain_workflows::OrderWorkflow;
use ordain_workflows::reconciliation::{Judged, Place, judge, missing_there};
use ordain_workflows::reconciliation_workflow::{
    AskOrders, CompareStatement, Compared, FindUnsettled, ListStatements, Listed, NewReconciliation,
};
use std::time::Duration;

/// Differences of one statement that are told: more of them are one fault.
const DISCREPANCIES_MAX: usize = 250;
/// Money that became ours longer after its order began is no shop's business with these providers.
const SHIPPED_WITHIN_US: i64 = 180 * 24 * 60 * 60 * 1_000_000;
/// Pages of a list that are read; thirty statements stand on one.
const PAGES_MAX: u32 = 100;
/// Lines that are looked up at a time.
const AT_ONCE: usize = 16;
/// Until a statement that is not there yet is asked for again.
const NOT_YET: Duration = Duration::from_secs(10 * 60);
/// Until our own store, or a provider that did not answer, is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// What these steps work with.
#[derive(Clone)]
pub struct Statements {
    /// Where the engine is, once it is open.
    pub desk: Desk,
    /// Where orders and accounts are.
    pub books: Books,
    /// The way out.
    pub transport: Transport,
}

impl Statements {
    /// Which statements there are of the days.
    pub async fn list(self, cx: ActivityCx, step: ListStatements) -> Attempt<Listed> {
        let last = cx.attempt >= step.policy().attempts_max;
        let fetch = Fetch { books: &self.books, transport: &self.transport, cx: &cx, of: &step.0 };
        match listed(&fetch, &step.0).await {
            Ok(heads) => Attempt::Done(Listed { heads, fault: String::new() }),
            Err(why) if last || why.is_final() => {
                Attempt::Done(Listed { heads: Vec::new(), fault: why.to_string() })
            }
            Err(why) => again(&why),
        }
    }

    /// One statement against the orders.
    pub async fn compare(self, cx: ActivityCx, step: CompareStatement) -> Attempt<Compared> {
        let last = cx.attempt >= step.policy().attempts_max;
        let id = step.head.id.clone();
        let Some(engine) = self.desk.engine() else { return not_up() };
        let fetch = Fetch { books: &self.books, transport: &self.transport, cx: &cx, of: &step.of };
        let compared = match fetch.statement(&id).await {
            Ok(Findings::Statement { lines }) => self.compare_lines(&engine, &step, lines).await,
            Ok(_) => Err(NotFetched::Unmapped),
            Err(why) => Err(why),
        };
        match compared {
            Ok(compared) => Attempt::Done(compared),
            Err(why) if last || why.is_final() => Attempt::Done(Compared::unavailable(&id, &why.to_string())),
            Err(why) => again(&why),
        }
    }

    async fn compare_lines(
        &self,
        engine: &Engine,
        step: &CompareStatement,
        lines: Vec<StatementLine>,
    ) -> Result<Compared, NotFetched> {
        let mut compared = Compared { lines: lines.len() as u64, ..Compared::default() };
        let judging: Vec<_> =
            (1..).zip(lines).map(|(n, line)| self.judge_line(engine, step, (n, line))).collect();
        // In the order of the lines, so that the same statement always reads the same.
        let mut judging = futures::stream::iter(judging).buffered(AT_ONCE);
        while let Some(judged) = judging.next().await {
            match judged?.discrepancy {
                None => compared.matched += 1,
                Some(_) if compared.discrepancies.len() >= DISCREPANCIES_MAX => compared.more += 1,
                Some(discrepancy) => compared.discrepancies.push(discrepancy),
            }
        }
        Ok(compared)
    }

    async fn judge_line(
        &self,
        engine: &Engine,
        step: &CompareStatement,
        (number, line): (usize, StatementLine),
    ) -> Result<Judged, NotFetched> {
        let run = line.order_id.as_deref().and_then(|id| id.parse().ok());
        let shown = match run {
            Some(run) => self.books.order(run).await?.filter(|it| it.order.account == step.of.account),
            None => None,
        };
        let spec = provider(&step.of)?.spec;
        let place = Place { statement: &step.head.id, line: number };
        let judged = judge(place, &line, shown.as_ref().map(|shown| &shown.order), spec);
        if let (Some(shown), Some(facts)) = (&shown, &judged.evidence) {
            evidence::tell(engine, shown, (place, facts), judged.discrepancy.is_some()).await?;
        }
        Ok(judged)
    }

    /// Tells the orders of the days to ask, each once however often the step is attempted.
    pub async fn ask_orders(self, cx: ActivityCx, step: AskOrders) -> Attempt<u64> {
        let Some(engine) = self.desk.engine() else { return not_up() };
        match ask_account(&engine, &step.0, &format!("reconciliation {}", cx.run)).await {
            Ok(asked) => Attempt::Done(asked),
            Err(error) => Attempt::Retry { why: error.to_string(), after: Some(AGAIN) },
        }
    }

    /// Orders whose money should have been settled by now.
    pub async fn find_unsettled(self, cx: ActivityCx, step: FindUnsettled) -> Attempt<Compared> {
        let Some(engine) = self.desk.engine() else { return not_up() };
        match unsettled(&engine, &step.0).await {
            Ok(compared) => Attempt::Done(compared),
            Err(why) if cx.attempt >= step.policy().attempts_max => {
                Attempt::Done(Compared::unavailable("orders", &why.to_string()))
            }
            Err(why) => again(&why),
        }
    }
}

fn not_up<T>() -> Attempt<T> {
    Attempt::Retry { why: "this node is not up yet".into(), after: Some(AGAIN) }
}

fn again<T>(why: &NotFetched) -> Attempt<T> {
    let after = if matches!(why, NotFetched::Later(_)) { NOT_YET } else { AGAIN };
    Attempt::Retry { why: why.to_string(), after: Some(after) }
}

fn provider(of: &NewReconciliation) -> Result<&'static ordain_providers::Provider, NotFetched> {
    ordain_providers::find(&of.provider)
        .ok_or_else(|| NotFetched::Refused("this build lacks the provider".into()))
}

/// Where statements are listed, those of the days; where there is one a day, each day's, whether there is one or not.
async fn listed(fetch: &Fetch<'_>, of: &NewReconciliation) -> Result<Vec<StatementHead>, NotFetched> {
    if !fetch.is_listed()? {
        let days = of.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= of.to);
        return Ok(days.map(|day| StatementHead { id: day.to_string(), day }).collect());
    }
    let mut heads = Vec::new();
    for page in 1..=PAGES_MAX {
        let listed = fetch.page(page).await?;
        // Newest first: an older day than the first ends the search.
        let over = listed.last().is_none_or(|head| head.day < of.from);
        heads.extend(listed.into_iter().filter(|head| of.from <= head.day && head.day <= of.to));
        if over {
            break;
        }
    }
    heads.reverse();
    Ok(heads)
}

/// Each reconciliation looks for what became ours so long before its own days, so that daily ones leave nothing out.
async fn unsettled(engine: &Engine, of: &NewReconciliation) -> Result<Compared, NotFetched> {
    let spec = provider(of)?.spec;
    let Some(settles_within) = spec.settles_within else { return Ok(Compared::default()) };
    let lag = SignedDuration::try_from(settles_within / of.pace.max(1)).unwrap_or(SignedDuration::ZERO);
    let midnight = |day: jiff::civil::Date| -> Option<Timestamp> {
        day.to_zoned(TimeZone::UTC).ok()?.timestamp().checked_sub(lag).ok()
    };
    let tomorrow = of.to.tomorrow().ok();
    let (Some(from), Some(to)) = (midnight(of.from), tomorrow.and_then(midnight)) else {
        return Ok(Compared::default());
    };
    let to = to.min(ordain_workflows::time::timestamp(engine.now()).checked_sub(lag).unwrap_or(to));
    let mut compared = Compared::default();
    let oldest = first_of(from.as_microsecond().saturating_sub(SHIPPED_WITHIN_US));
    // An order's money may become ours long after the order began, but no sooner.
    let mut walk = Walk::of_account(OrderWorkflow::NAME, &of.account, Some(first_of(to.as_microsecond())));
    while let Some(page) = walk.page(engine.store()).await? {
        let over = page.last().is_some_and(|row| row.run < oldest);
        for shown in page.into_iter().filter_map(|row| shown_order(row).ok().flatten()) {
            match missing_there(&shown.order, (from, to), spec) {
                None => {}
                Some(_) if compared.discrepancies.len() >= DISCREPANCIES_MAX => compared.more += 1,
                Some(discrepancy) => compared.discrepancies.push(discrepancy),
            }
        }
        if over {
            break;
        }
    }
    Ok(compared)
}
