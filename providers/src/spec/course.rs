//! Words of a table about an order's course: how its goods travel, and when its checkout ends.

/// What a provider must be told of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackingRule {
    /// Nothing.
    Optional,
    /// Who carries it, and its number there.
    Needed,
}

/// What ends at the time that a provider tells with an open checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutEnd {
    /// The link into the checkout: who is inside by then may pay later, and the order may end before.
    Link,
    /// The order itself, over there: until then it may be paid.
    Order,
}
