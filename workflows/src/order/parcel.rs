//! Parcels: what a provider must be told of one, and two that it would take for one.

use crate::order::amounts::is_goods;
use crate::order::plan::Objection;
use crate::order::{Booked, Operation, OperationKind, OperationState, Order, RefusalReason};
use ordain_providers::ProviderSpec;
use ordain_providers::call::Tracking;
use ordain_providers::spec::{Effect, OnUnknown, Support, TrackingRule};

impl Order {
    /// Refuses a shipment that the provider would not take, or would take for one that it knows.
    pub(super) fn may_travel(
        &self,
        portions: &[Booked],
        tracking: Option<&Tracking>,
        spec: &ProviderSpec,
    ) -> Result<(), Objection> {
        let objection =
            |message: String| Err(Objection::new(RefusalReason::Invalid, "fulfilment.tracking", message));
        let told = tracking.filter(|parcel| !parcel.carrier.is_empty() && !parcel.number.is_empty());
        if spec.tracking == TrackingRule::Needed && told.is_none() {
            let message = "this provider takes a shipment with its carrier and tracking number only";
            return objection(message.to_owned());
        }
        let Some(parcel) = tracking.filter(|parcel| !parcel.number.is_empty() && takes_twice_for_once(spec))
        else {
            return Ok(());
        };
        let goods = self.goods_of(portions);
        let alike = |known: &&Operation| {
            known.kind == OperationKind::Fulfilment
                && (known.reserves() || known.state == OperationState::Succeeded)
                && known.tracking.as_ref().is_some_and(|it| it.number == parcel.number)
                && self.goods_of(&known.portions) == goods
        };
        match self.operations.iter().find(alike) {
            None => Ok(()),
            Some(known) => objection(format!(
                "fulfilment {} reports the same goods under this number, and the provider would take both for one: \
                 give this parcel a number of its own",
                known.id
            )),
        }
    }

    /// What a provider is told of the goods in a parcel, in no order: shipping and fees only go along.
    fn goods_of(&self, portions: &[Booked]) -> Vec<(&str, i64)> {
        let told = |part: &Booked| {
            let line = self.lines.iter().find(|line| line.line.line_id == part.line_id)?;
            is_goods(line.line.kind).then_some((line.line.sku.as_str(), part.quantity.micros()))
        };
        let mut goods: Vec<(&str, i64)> = portions.iter().filter_map(told).collect();
        goods.sort_unstable();
        goods
    }
}

/// Whether the provider has no key of ours to tell a second shipment from the first one told again.
const fn takes_twice_for_once(spec: &ProviderSpec) -> bool {
    let fulfil = &spec.operations.fulfil;
    matches!(fulfil.support, Support::Native)
        && matches!(fulfil.effect, Effect::Mutates(OnUnknown::SameAgain))
}
