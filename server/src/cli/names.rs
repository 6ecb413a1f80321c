//! Resource names: a bare id belongs to the session's merchant, a full name says everything itself.

/// `merchants/{m}/orders/{o}` for a bare id; a full name as it is.
#[must_use]
pub fn order(merchant: &str, text: &str) -> String {
    named(merchant, "orders", text)
}

/// `merchants/{m}/accounts/{a}` for a bare id; a full name as it is.
#[must_use]
pub fn account(merchant: &str, text: &str) -> String {
    named(merchant, "accounts", text)
}

/// `merchants/{m}/accounts/{a}/testClock` for an account's bare id; a full name as it is.
#[must_use]
pub fn clock(merchant: &str, text: &str) -> String {
    let account = account(merchant, text);
    if account.ends_with("/testClock") { account } else { format!("{account}/testClock") }
}

/// A run's id: the last part of whatever names it, since an order's run has the order's id.
#[must_use]
pub fn run(text: &str) -> String {
    last(text).to_owned()
}

/// The last part of a name.
#[must_use]
pub fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn named(merchant: &str, collection: &str, text: &str) -> String {
    if text.contains('/') { text.to_owned() } else { format!("merchants/{merchant}/{collection}/{text}") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bare_ids_belong_to_the_merchant_and_full_names_to_themselves() {
        assert_eq!(super::order("demo", "01J"), "merchants/demo/orders/01J");
        assert_eq!(super::order("demo", "merchants/acme/orders/01J"), "merchants/acme/orders/01J");
        assert_eq!(super::run("merchants/acme/orders/01J"), "01J");
    }
}
