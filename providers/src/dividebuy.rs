//! DivideBuy: placeholder until its codec lands.
use crate::{Call, Cx, EncodeError, FieldFault, Inbound, InboundError, InboundReply, Ingested, Op, OrderContent, Outcome, Provider, ProviderSpec, Reply};
/// DivideBuy.
pub struct DivideBuy;
impl Provider for DivideBuy {
    fn spec(&self) -> &'static ProviderSpec { todo!() }
    fn check(&self, _: &OrderContent) -> Vec<FieldFault> { todo!() }
    fn encode(&self, _: &Op, _: &Cx<'_>) -> Result<Call, EncodeError> { todo!() }
    fn decode(&self, _: &Op, _: &Reply, _: &Cx<'_>) -> Outcome { todo!() }
    fn ingest(&self, _: &Inbound, _: &Cx<'_>) -> Result<Ingested, InboundError> { todo!() }
    fn answer(&self, _: &Ingested, _: crate::inbound::Verdict<'_>, _: &Cx<'_>) -> InboundReply { todo!() }
    fn reject(&self, _: &InboundError) -> InboundReply { todo!() }
}
