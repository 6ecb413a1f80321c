//! Which port each simulated provider listens on: `7711`, `0`, `divit=7800`.

use super::{KINDS, Kind};
use std::str::FromStr;

/// One `--sandbox-port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Whose; everybody's, counted on from there, if none.
    kind: Option<&'static str>,
    port: u16,
}

impl Port {
    /// Free ones for all.
    pub const FREE: Self = Self { kind: None, port: 0 };
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, port) = match text.split_once('=') {
            Some((id, port)) => {
                let kind = super::find(id).ok_or_else(|| format!("there is no simulated `{id}`"))?;
                (Some(kind.id), port)
            }
            None => (None, text),
        };
        let port: u16 = port.parse().map_err(|_| format!("`{port}` is no port"))?;
        let last = u16::MAX - KINDS.iter().map(following).max().unwrap_or(0);
        if kind.is_none() && port > last {
            return Err(format!("the others follow it, so {last} is the last that can be the first one"));
        }
        Ok(Self { kind, port })
    }
}

/// How far after the first one's its port is.
const fn following(kind: &Kind) -> u16 {
    kind.port - KINDS[0].port
}

/// The port of a kind: its own, or counted on from a common first one, or its usual one.
#[must_use]
pub fn of(kind: &Kind, wishes: &[Port]) -> u16 {
    let own = wishes.iter().rev().find(|wish| wish.kind == Some(kind.id));
    let common = wishes.iter().rev().find(|wish| wish.kind.is_none());
    match (own, common) {
        (Some(own), _) => own.port,
        (None, Some(common)) if common.port == 0 => 0,
        (None, Some(common)) => common.port + following(kind),
        (None, None) => kind.port,
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::{Port, of};

    #[track_caller]
    fn check(wishes: &[&str], expected: [u16; 2]) {
        let wishes: Vec<Port> = wishes.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(["dividebuy", "divit"].map(|id| of(find(id).unwrap(), &wishes)), expected);
    }

    #[test]
    fn ports_follow_the_first_one_unless_told_apart() {
        check(&[], [7711, 7712]);
        check(&["0"], [0, 0]);
        check(&["9000"], [9000, 9001]);
        check(&["0", "divit=9100"], [0, 9100]);
        check(&["divit=9100"], [7711, 9100]);
        check(&["65531", "divit=65535"], [65_531, 65_535]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "x", "nobody=1", "divit=", "70000", "65532"] {
            assert!(text.parse::<Port>().is_err(), "{text}");
        }
    }
}
