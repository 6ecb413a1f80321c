//! `ordain.runs.v1.DownstreamService`: what whom steps talk to is asked to bear.

use super::runs::required;
use super::{Api, orders, refusal};
use ordain_engine::{BreakerState, DownstreamInfo, Limits, Rate};
use ordain_proto::runs::v1 as proto;
use ordain_proto::runs::v1::downstream_service_server::DownstreamService;
use std::num::NonZeroU32;
use std::time::Duration;
use tonic::{Request, Response, Status};

/// A breaker that stays open longer is a decision about the account, not about one bad hour.
const OPEN_FOR_MAX: Duration = Duration::from_secs(24 * 60 * 60);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl DownstreamService for Api {
    async fn list_downstreams(
        &self,
        _: Request<proto::ListDownstreamsRequest>,
    ) -> Answer<proto::ListDownstreamsResponse> {
        let downstreams = self.engine.downstreams().into_iter().map(told).collect();
        Ok(Response::new(proto::ListDownstreamsResponse { downstreams }))
    }

    async fn set_downstream_limits(
        &self,
        request: Request<proto::SetDownstreamLimitsRequest>,
    ) -> Answer<proto::SetDownstreamLimitsResponse> {
        let it = request.get_ref();
        let (reason, limits) = (required(&it.reason)?, limits(it.limits.as_ref())?);
        self.known(&it.downstream_id)?;
        self.engine.set_limits(&it.downstream_id, limits);
        let actor = orders::actor(&request);
        tracing::info!(downstream = it.downstream_id, ?limits, actor, reason, "limits set");
        let downstream = Some(self.known(&it.downstream_id)?);
        Ok(Response::new(proto::SetDownstreamLimitsResponse { downstream }))
    }

    async fn close_downstream_breaker(
        &self,
        request: Request<proto::CloseDownstreamBreakerRequest>,
    ) -> Answer<proto::CloseDownstreamBreakerResponse> {
        let it = request.get_ref();
        let reason = required(&it.reason)?;
        self.known(&it.downstream_id)?;
        self.engine.close_breaker(&it.downstream_id);
        let actor = orders::actor(&request);
        tracing::info!(downstream = it.downstream_id, actor, reason, "breaker closed");
        let downstream = Some(self.known(&it.downstream_id)?);
        Ok(Response::new(proto::CloseDownstreamBreakerResponse { downstream }))
    }
}

impl Api {
    /// A downstream that a step has named. Any other is a slip of the pen that would be remembered for ever.
    fn known(&self, id: &str) -> Result<proto::Downstream, Status> {
        let known = self.engine.downstreams().into_iter().find(|downstream| downstream.name == id);
        let unknown = || refusal::not_found("DOWNSTREAM_NOT_FOUND", "ordain.runs.v1.Downstream", id);
        known.map(told).ok_or_else(unknown)
    }
}

fn limits(asked: Option<&proto::DownstreamLimits>) -> Result<Limits, Status> {
    let asked = asked.ok_or_else(|| refusal::field("limits", "required"))?;
    let number = |field: &'static str, number: i64| {
        let number = u32::try_from(number).ok().and_then(NonZeroU32::new);
        number.ok_or_else(|| refusal::field(field, "1 or more, and no more than fits 32 bits"))
    };
    let rate = match (asked.per_second, asked.burst) {
        (0, 0) => None,
        (per_second, burst) => Some(Rate {
            per_second: number("limits.per_second", per_second)?,
            burst: number("limits.burst", burst)?,
        }),
    };
    let open_for = asked.open_for.and_then(|span| Duration::try_from(span).ok());
    let open_for = open_for.filter(|span| !span.is_zero() && *span <= OPEN_FOR_MAX);
    Ok(Limits {
        at_a_time: number("limits.at_a_time", asked.at_a_time)?,
        rate,
        failures_max: number("limits.failures_max", asked.failures_max)?,
        open_for: open_for
            .ok_or_else(|| refusal::field("limits.open_for", "above zero, and at most a day"))?,
    })
}

fn told(info: DownstreamInfo) -> proto::Downstream {
    let DownstreamInfo { name, limits, under_way, waiting, failures, breaker } = info;
    let breaker = match breaker {
        BreakerState::Closed => proto::BreakerState::Closed,
        BreakerState::Open => proto::BreakerState::Open,
        BreakerState::Probing => proto::BreakerState::Probing,
    };
    let Limits { at_a_time, rate, failures_max, open_for } = limits;
    let limits = proto::DownstreamLimits {
        at_a_time: at_a_time.get().into(),
        per_second: rate.map_or(0, |rate| rate.per_second.get().into()),
        burst: rate.map_or(0, |rate| rate.burst.get().into()),
        failures_max: failures_max.get().into(),
        open_for: prost_types::Duration::try_from(open_for).ok(),
    };
    proto::Downstream {
        downstream_id: name,
        limits: Some(limits),
        under_way: under_way.into(),
        waiting: waiting.into(),
        failures: failures.into(),
        breaker: breaker.into(),
    }
}
