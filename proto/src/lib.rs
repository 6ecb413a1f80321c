//! The wire contract, generated from `proto/ordain/**`, and the messages that stored histories are made of.
//!
//! There is no logic here. Start with `ordain/orders/v1/order_service.proto`; the meaning of every field is written
//! there, once.
#![allow(
    missing_docs,
    clippy::all,
    clippy::too_many_lines,
    reason = "generated; the protos carry the documentation"
)]

/// Orders and everything that is done to them.
pub mod orders {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.orders.v1");
    }
}

/// Merchants' accounts at providers.
pub mod accounts {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.accounts.v1");
    }
}

/// The providers of a build, as tables.
pub mod providers {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.providers.v1");
    }
}

/// Runs, histories, replay, and a person's way out.
pub mod runs {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.runs.v1");
    }
}

/// What is done at set times.
pub mod schedules {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.schedules.v1");
    }
}

/// Statements of providers against orders.
pub mod reconciliation {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.reconciliation.v1");
    }
}

/// What a stored history consists of.
pub mod history {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("ordain.history.v1");
    }
}

/// All descriptors, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
