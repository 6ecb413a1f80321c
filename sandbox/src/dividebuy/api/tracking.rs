//! `tracking`: which articles left the shop in which parcels, or that they did not after all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::answer::Refusal;
use super::{Call, Outcome};
use crate::dividebuy::event::Event;
use crate::dividebuy::order::{Order, Parcel};
use crate::exact::{Fields, wrong};

/// Notes parcels, or deletes the note of them. Either may be repeated.
pub(super) fn track(call: &Call) -> Outcome {
    let order = call.order(call.retailer_in(call.fields)?, "storeOrderId")?;
    let deletes = match call.fields.whole("deleteTracking")? {
        0 => false,
        1 => true,
        _ => return Err(wrong("deleteTracking", "0 or 1").into()),
    };
    let parcels = parcels(call.fields)?;
    let known = order.basket.ordered();
    if let Some(stranger) = parcels.iter().find(|parcel| !known.contains_key(parcel.sku.as_str())) {
        return Err(Refusal::Rule(format!("Product {} is not part of the order.", stranger.sku)));
    }
    let key = || order.key.clone();
    let digest = || call.digest.clone();
    let events = if deletes {
        let deleted = |parcel| {
            Ok(Event::TrackingDeleted { key: key(), parcel: deletable(order, parcel)?, digest: digest() }
                .into())
        };
        parcels.into_iter().map(deleted).collect::<Result<Vec<_>, Refusal>>()?
    } else {
        enough_ordered(order, &parcels)?;
        parcels
            .into_iter()
            .map(|parcel| Event::Tracked { key: key(), parcel, digest: digest() }.into())
            .collect()
    };
    Ok((events, json!({"status": "ok"}).to_string()))
}

/// One parcel for each article; all the numbers of a call carry its articles together.
fn parcels(fields: &Fields) -> Result<Vec<Parcel>, Refusal> {
    let (mut courier, mut numbers) = (String::new(), BTreeSet::new());
    for info in fields.some_objects("trackingInfo")? {
        info.text("carrierCode")?;
        info.text_or_empty("description")?;
        courier = info.text("title")?;
        numbers.insert(info.text("trackNumber")?);
    }
    let mut parcels = Vec::<Parcel>::new();
    for product in fields.some_objects("productDetails")? {
        let (sku, qty) = (product.text("sku")?, product.whole("qty")?);
        if qty < 1 {
            return Err(wrong("qty", "at least 1").into());
        }
        if parcels.iter().any(|parcel| parcel.sku == sku) {
            return Err(Refusal::Rule(format!("Product {sku} occurs twice.")));
        }
        parcels.push(Parcel { courier: courier.clone(), numbers: numbers.clone(), sku, qty });
    }
    Ok(parcels)
}

/// Refuses when, with these, more of an article would be tracked than was ordered.
fn enough_ordered(order: &Order, parcels: &[Parcel]) -> Result<(), Refusal> {
    let ordered: BTreeMap<&str, i64> = order.basket.ordered();
    for parcel in parcels.iter().filter(|parcel| !order.is_tracked(parcel)) {
        let most = ordered.get(parcel.sku.as_str()).copied().unwrap_or(0) - order.tracked(&parcel.sku);
        if parcel.qty > most {
            return Err(Refusal::Rule(format!("Only {most} of product {} are left to track.", parcel.sku)));
        }
    }
    Ok(())
}

/// The parcel as it is noted, now or before it was deleted.
fn deletable(order: &Order, parcel: Parcel) -> Result<Parcel, Refusal> {
    let same = |known: &&Parcel| {
        known.sku == parcel.sku && known.qty == parcel.qty && parcel.numbers.is_subset(&known.numbers)
    };
    let noted = order.parcels.iter().find(same).or_else(|| order.deleted.iter().find(same));
    noted.cloned().ok_or_else(|| Refusal::Rule(format!("No such tracking for product {}.", parcel.sku)))
}
