//! The filter of lists: `state = AUTHORIZED AND conditions:PARKED`.
//!
//! A part of AIP-160: comparisons for equality, joined by `AND`. Everything is bound as a parameter.

use super::refusal;
use ordain_engine::store::RunQuery;
use tonic::Status;

const FIELDS: &str = "state, conditions, account, client_reference";

/// Narrows a query by a filter.
pub(super) fn apply(filter: &str, query: &mut RunQuery) -> Result<(), Status> {
    if filter.trim().is_empty() {
        return Ok(());
    }
    for term in filter.split(" AND ") {
        let (field, value) = term
            .split_once('=')
            .or_else(|| term.split_once(':'))
            .ok_or_else(|| invalid(&format!("`{}` is no comparison", term.trim())))?;
        let value = value.trim().trim_matches('"').to_owned();
        let place = match field.trim() {
            "state" => &mut query.state,
            "conditions" => &mut query.flag,
            "account" => &mut query.owner,
            "client_reference" => &mut query.label,
            other => return Err(invalid(&format!("unknown field `{other}`"))),
        };
        if value.is_empty() {
            return Err(invalid(&format!("`{}` lacks a value", term.trim())));
        }
        if place.replace(value).is_some() {
            return Err(invalid(&format!("`{}` is compared twice", field.trim())));
        }
    }
    Ok(())
}

fn invalid(what: &str) -> Status {
    refusal::field("filter", format!("{what}: write `field = value`, joined by AND; the fields are {FIELDS}"))
}

#[cfg(test)]
mod tests {
    use super::apply;
    use ordain_engine::store::RunQuery;

    #[test]
    fn comparisons_narrow_the_query() {
        let mut query = RunQuery::default();
        apply("state = AUTHORIZED AND conditions:PARKED AND client_reference = \"A 1\"", &mut query)
            .expect("a filter");
        assert_eq!(query.state.as_deref(), Some("AUTHORIZED"));
        assert_eq!(query.flag.as_deref(), Some("PARKED"));
        assert_eq!(query.label.as_deref(), Some("A 1"));
    }

    #[test]
    fn anything_else_is_refused_with_the_fields() {
        for bad in ["state", "colour = red", "state = A AND state = B", "state ="] {
            let refused = apply(bad, &mut RunQuery::default()).expect_err(bad);
            assert!(refused.message().contains("client_reference"), "{refused}");
        }
    }
}
