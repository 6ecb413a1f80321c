//! Resource names: `merchants/{m}/orders/{o}/refunds/{r}`.

use super::refusal;
use ordain_engine::RunId;
use tonic::Status;

/// Characters of a merchant's or account's id.
const ID_MAX: usize = 63;

/// The merchant of `merchants/{m}`; `-` means all, where that is allowed.
pub(super) fn merchant(field: &str, parent: &str) -> Result<String, Status> {
    let id = parent.strip_prefix("merchants/").filter(|id| is_id(id));
    id.map(str::to_owned).ok_or_else(|| {
        refusal::field(field, "expected `merchants/{merchant}`, lower-case letters, digits and dashes")
    })
}

/// The tenant of a list: none for `merchants/-`.
pub(super) fn tenant(field: &str, parent: &str) -> Result<Option<String>, Status> {
    if parent == "merchants/-" { Ok(None) } else { merchant(field, parent).map(|id| Some(tenant_of(&id))) }
}

/// What the engine calls a merchant's orders.
pub(super) fn tenant_of(merchant: &str) -> String {
    format!("merchants/{merchant}")
}

/// An order's name.
pub(super) fn order(merchant: &str, order: &str) -> String {
    format!("merchants/{merchant}/orders/{order}")
}

/// Merchant and run of `merchants/{m}/orders/{o}`.
pub(super) fn parse_order(field: &str, name: &str) -> Result<(String, RunId), Status> {
    let (merchant, order) = name
        .strip_prefix("merchants/")
        .and_then(|rest| rest.split_once("/orders/"))
        .ok_or_else(|| refusal::field(field, "expected `merchants/{merchant}/orders/{order}`"))?;
    // An id that none of ours can have is an order that does not exist.
    let run = order.parse().map_err(|_| order_not_found(name))?;
    Ok((merchant.to_owned(), run))
}

/// Order's name and operation's id of `merchants/{m}/orders/{o}/{kind}/{id}`.
pub(super) fn parse_operation(field: &str, name: &str, kind: &str) -> Result<(String, String), Status> {
    let parts =
        name.rsplit_once('/').and_then(|(rest, id)| Some((rest.strip_suffix(kind)?.strip_suffix('/')?, id)));
    let expected =
        || refusal::field(field, format!("expected `merchants/{{merchant}}/orders/{{order}}/{kind}/{{id}}`"));
    parts.map(|(order, id)| (order.to_owned(), id.to_owned())).ok_or_else(expected)
}

/// Merchant and account of `merchants/{m}/accounts/{a}`.
pub(super) fn parse_account(field: &str, name: &str) -> Result<(String, String), Status> {
    let parts = name.strip_prefix("merchants/").and_then(|rest| rest.split_once("/accounts/"));
    match parts {
        Some((merchant, account)) if is_id(merchant) && is_id(account) => {
            Ok((merchant.into(), account.into()))
        }
        _ => Err(refusal::field(field, "expected `merchants/{merchant}/accounts/{account}`")),
    }
}

/// An account's name.
pub(super) fn account(merchant: &str, account: &str) -> String {
    format!("merchants/{merchant}/accounts/{account}")
}

/// The name of an account's test clock.
pub(super) fn clock(merchant: &str, account_id: &str) -> String {
    format!("{}/testClock", account(merchant, account_id))
}

/// The account of `merchants/{m}/accounts/{a}/testClock`.
pub(super) fn parse_clock(field: &str, name: &str) -> Result<String, Status> {
    let expected = || refusal::field(field, "expected `merchants/{merchant}/accounts/{account}/testClock`");
    name.strip_suffix("/testClock").map(str::to_owned).ok_or_else(expected)
}

/// Whether a text can be a merchant's or an account's id: it becomes part of names and URLs.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= ID_MAX && text.bytes().all(plain) && !text.starts_with('-')
}

/// No such order.
pub(super) fn order_not_found(name: &str) -> Status {
    refusal::not_found("ORDER_NOT_FOUND", "ordain.orders.v1.Order", name)
}

#[cfg(test)]
mod tests {
    use super::{is_id, parse_operation, parse_order};

    #[test]
    fn names_are_taken_apart() {
        let (merchant, run) =
            parse_order("name", "merchants/demo/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV").expect("a name");
        assert_eq!((merchant.as_str(), run.to_string().as_str()), ("demo", "01ARZ3NDEKTSV4RRFFQ69G5FAV"));
        let (order, id) =
            parse_operation("name", "merchants/m/orders/o/refunds/3", "refunds").expect("a name");
        assert_eq!((order.as_str(), id.as_str()), ("merchants/m/orders/o", "3"));
        assert!(parse_operation("name", "merchants/m/orders/o/fulfilments/3", "refunds").is_err());
    }

    #[test]
    fn ids_are_plain() {
        assert!(is_id("demo-1"));
        for bad in ["", "-", "Demo", "a/b", "a b", "é"] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
