//! What a host may choose when it opens an engine; the default is right for a test and for a single node.

use crate::downstream::Limits;
use std::collections::BTreeMap;

/// What a host may choose.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What downstreams are asked to bear, by name; others begin with [`Limits::default`].
    pub limits: BTreeMap<String, Limits>,
}
