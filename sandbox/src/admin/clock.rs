//! `PUT /_sandbox/clock`: an account's time, set and looked at by whoever owns the account.
//!
//! ```text
//! {"credential": "…", "at": "2026-03-01T09:30:00Z"}   it is that time from now on, and stands still
//! {"credential": "…"}                                 only look
//! {"credential": "…", "remove": true}                 real time again
//! ```
//! The answer says what is still to happen: `busy` things by now, and the first of the others at `next_due`. `changes`
//! is another number whenever anything has happened at this host.

use super::{broken, parsed, refuse};
use crate::checkout::Checkout;
use crate::host::Host;
use crate::journal::Broken;
use crate::simulator::Simulator;
use crate::state::State;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    credential: String,
    at: Option<Timestamp>,
    #[serde(default)]
    remove: bool,
}

#[derive(Serialize)]
struct Face {
    account: String,
    /// None in real time.
    at: Option<Timestamp>,
    busy: usize,
    next_due: Option<Timestamp>,
    changes: u64,
}

/// Sets an account's clock, or looks at it.
pub(super) async fn set<S: Checkout>(host: Extracted<Arc<Host<S>>>, body: Bytes) -> Response {
    let wish = match parsed::<Wish>(&body) {
        Ok(wish) => wish,
        Err(refused) => return *refused,
    };
    let Some(account) = host.state().own.account_with(&wish.credential) else {
        return refuse(StatusCode::NOT_FOUND, "no account has this credential");
    };
    if wish.at.is_some() || wish.remove {
        let at = wish.at.filter(|_| !wish.remove);
        // Asked again after a lost answer, it is no change.
        let known = host.state().clocks.of(&account);
        if known != at
            && let Err(Broken) = host.set_clock(account.clone(), at).await
        {
            return broken();
        }
    }
    match host.read(|state| face(state, account)).await {
        Ok(face) => axum::Json(Face { changes: host.journal.last(), ..face }).into_response(),
        Err(Broken) => broken(),
    }
}

fn face<S: Simulator>(state: &State<S>, account: String) -> Face {
    let now = state.clocks.now(&account);
    let mine = state.own.timers().filter(|(_, of)| *of == account).map(|(at, _)| at);
    let pending = state
        .due
        .iter()
        .filter(|(_, id)| state.webhooks.get(id).is_some_and(|webhook| webhook.notice.account == account));
    let times: Vec<Timestamp> = mine.chain(pending.map(|(at, _)| *at)).collect();
    let busy = times.iter().filter(|at| **at <= now).count();
    let next_due = times.into_iter().filter(|at| *at > now).min();
    Face { at: state.clocks.of(&account), account, busy, next_due, changes: 0 }
}
