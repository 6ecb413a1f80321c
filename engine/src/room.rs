//! What a busy moment of a run took, given back when it rests.
//!
//! Most runs wait most of the time, and an emptied map or queue keeps the room that it once needed: five times as much
//! as everything else of a run that waits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Something that keeps room when it is emptied.
pub(crate) trait Room {
    /// Gives it back, if there is nothing inside.
    fn give_back(&mut self);
}

macro_rules! room {
    ($($collection:ty: $($kind:ident),+;)+) => {$(
        impl<$($kind),+> Room for $collection {
            fn give_back(&mut self) {
                if self.is_empty() {
                    *self = Self::new();
                }
            }
        }
    )+};
}

room! {
    BTreeMap<K, V>: K, V;
    BTreeSet<T>: T;
    VecDeque<T>: T;
}
