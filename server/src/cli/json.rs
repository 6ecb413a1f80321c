//! Messages as JSON, read and written by the protos' own descriptors, so that no field can be forgotten.
//!
//! Fields are spelled as in the protos, and 64-bit integers are numbers: amounts in minor units stay far below what
//! a double holds exactly, and `jq` can add them up.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;
use std::sync::LazyLock;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(ordain_proto::DESCRIPTORS).expect("our own descriptors are well-formed")
});

/// The message as JSON. `name` is its full name: `ordain.orders.v1.Order`.
///
/// # Panics
/// If `name` is not the message's name; that is our own mistake.
#[must_use]
pub fn of(name: &str, message: &impl Message) -> Value {
    let options = SerializeOptions::new().stringify_64_bit_integers(false).use_proto_field_name(true);
    let bytes = message.encode_to_vec();
    let dynamic =
        DynamicMessage::decode(descriptor(name), bytes.as_slice()).expect("we have just encoded it");
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &options)
        .expect("every message has a JSON form")
}

/// Reads a message from JSON; fields may be spelled as in the protos or in camel case.
///
/// # Errors
/// What is wrong with the text, and where.
///
/// # Panics
/// If `name` is not the message's name; that is our own mistake.
pub fn read<M: Message + Default>(name: &str, text: &str) -> Result<M, String> {
    let mut source = serde_json::Deserializer::from_str(text);
    let dynamic =
        DynamicMessage::deserialize(descriptor(name), &mut source).map_err(|error| error.to_string())?;
    source.end().map_err(|error| error.to_string())?;
    dynamic.transcode_to().map_err(|error| error.to_string())
}

fn descriptor(name: &str) -> prost_reflect::MessageDescriptor {
    POOL.get_message_by_name(name).expect("the name is one of our messages'")
}

#[cfg(test)]
mod tests {
    use super::{of, read};
    use ordain_proto::orders::v1::{Money, Order, OrderState};

    #[test]
    fn amounts_are_numbers_and_states_are_words() {
        let total = Some(Money { currency_code: "GBP".to_owned(), minor_units: 1999 });
        let order = Order { total, state: OrderState::Authorized.into(), ..Order::default() };
        let json = of("ordain.orders.v1.Order", &order);
        assert_eq!(json["total"]["minor_units"], 1999);
        assert_eq!(json["state"], "ORDER_STATE_AUTHORIZED");
        assert_eq!(read::<Order>("ordain.orders.v1.Order", &json.to_string()), Ok(order));
    }

    #[test]
    fn misspelt_fields_are_named() {
        let error = read::<Order>("ordain.orders.v1.Order", r#"{ "totals": 1 }"#).unwrap_err();
        assert!(error.contains("totals"), "{error}");
    }
}
