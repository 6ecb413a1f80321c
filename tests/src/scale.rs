//! How much of a campaign is run: a tenth, or what `ORDAIN_TEST_SCALE` says; 1 is all of it.

/// So many of `full`; two at least.
#[must_use]
pub fn scaled(full: u64) -> u64 {
    let scale: f64 =
        std::env::var("ORDAIN_TEST_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(0.1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        clippy::float_arithmetic,
        reason = "a handful, never money"
    )]
    let scaled = (full as f64 * scale).ceil() as u64;
    scaled.max(2)
}
