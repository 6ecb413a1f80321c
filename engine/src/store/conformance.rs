//! What every store must do, as a suite that runs against any of them.
//!
//! ```no_run
//! # use ordain_engine::store::{conformance, memory::MemoryDisk};
//! # async fn example() {
//! conformance::check(async || Box::new(MemoryDisk::default().connect()) as _).await;
//! # }
//! ```
//! A rule that is broken panics and says which one.

mod claiming;
mod fence;
mod forgetting;
mod living;
mod looking;
mod samples;
mod starting;

use super::Store;

/// Runs the whole suite, each rule against a fresh and empty store.
///
/// # Panics
/// When the store breaks a rule.
pub async fn check(fresh: impl AsyncFn() -> Box<dyn Store>) {
    fence::a_number_is_written_once(&*fresh().await).await;
    fence::the_same_bytes_again_are_accepted_while_they_are_the_head(&*fresh().await).await;
    fence::a_refused_record_changes_nothing(&*fresh().await).await;
    fence::items_of_a_group_are_judged_one_by_one(&*fresh().await).await;
    fence::a_thousand_items_are_one_group(&*fresh().await).await;
    fence::a_history_is_read_from_anywhere(&*fresh().await).await;
    starting::a_start_happens_once_per_request_id(&*fresh().await).await;
    starting::a_start_happens_once_per_label(&*fresh().await).await;
    starting::tenants_do_not_share_keys(&*fresh().await).await;
    starting::a_start_whose_answer_was_lost_is_accepted_again(&*fresh().await).await;
    starting::two_starts_of_one_group_are_one(&*fresh().await).await;
    starting::a_data_key_stays_as_it_was_first_written(&*fresh().await).await;
    looking::a_row_moves_forward_only(&*fresh().await).await;
    looking::a_row_reads_back_as_it_was_written(&*fresh().await).await;
    looking::rows_are_found_by_what_they_hold(&*fresh().await).await;
    looking::pages_follow_each_other(&*fresh().await).await;
    looking::an_inbound_message_is_kept_once(&*fresh().await).await;
    looking::heads_are_told_of_runs_that_exist(&*fresh().await).await;
    looking::runs_to_be_woken_are_found(&*fresh().await).await;
    claiming::the_most_overdue_come_first(&*fresh().await).await;
    claiming::what_is_claimed_is_not_given_again_before_its_time(&*fresh().await).await;
    claiming::a_claim_moves_nothing_but_the_time(&*fresh().await).await;
    claiming::a_record_has_the_last_word_on_the_time(&*fresh().await).await;
    claiming::a_later_version_is_left_to_a_newer_build(&*fresh().await).await;
    claiming::a_clock_claims_its_own_runs_by_their_timers(&*fresh().await).await;
    looking::who_waits_on_a_clock_is_found(&*fresh().await).await;
    forgetting::a_closed_run_is_gone_with_everything(&*fresh().await).await;
    forgetting::a_run_that_is_not_closed_stays(&*fresh().await).await;
    living::a_beat_counts_one_and_tells_of_the_others(&*fresh().await).await;
    living::who_left_is_not_told_of(&*fresh().await).await;
    living::the_clock_does_not_go_back(&*fresh().await).await;
}
