//! The tests that every store of ownership and of the ledger passes, whatever it is kept in.
//!
//! `conformance!(make)` in a test module makes one test of each promise; `make(clock)` is awaited once a test and must
//! give an empty store, and what must live as long.

#![cfg(test)]

pub(crate) mod bench;
mod charges;
mod ends;
mod guests;
mod jobs;
mod keys;
mod lists;
mod owners;
mod quotas;
mod sharing;
mod subjects;

use std::any::Any;
use std::sync::Arc;

pub(crate) use bench::Kept;
use bench::NOON;
pub(crate) use charges::*;
pub(crate) use ends::*;
pub(crate) use guests::*;
pub(crate) use jobs::*;
pub(crate) use keys::*;
pub(crate) use lists::*;
pub(crate) use owners::*;
pub(crate) use quotas::*;
pub(crate) use sharing::*;
pub(crate) use subjects::*;

use crate::clock::Clock;

/// An empty store, its clock, and what must live as long.
pub(crate) struct Made {
    pub(crate) store: Arc<dyn Kept>,
    pub(crate) clock: Clock,
    pub(crate) _alive: Box<dyn Any + Send + Sync>,
}

/// At noon.
pub(crate) fn clock() -> Clock {
    Clock::manual(NOON)
}

macro_rules! conformance {
    ($make:expr) => {
        $crate::store::conformance::conformance!(@each $make;
            // Who owns what.
            iso_01_what_a_create_made_is_its_makers_and_nobody_elses
            iso_01_equal_ids_of_two_accounts_or_kinds_are_different_objects
            iso_01_an_id_that_no_object_can_have_is_nobodys_and_never_wraps
            iso_01_a_reply_with_somebody_elses_object_records_nothing_of_it
            iso_01_a_reply_with_an_object_that_names_anothers_create_records_nothing_of_it
            iso_01_an_object_belongs_to_whoever_made_the_create_that_it_names
            iso_01_a_create_of_another_account_gives_no_owner
            iso_01_a_prompt_that_names_no_create_belongs_to_the_owner_of_its_tune
            iso_01_the_create_that_a_prompt_names_counts_more_than_its_tune
            iso_01_a_known_object_keeps_its_owner_whatever_it_names
            iso_01_what_nobody_can_be_told_to_own_is_not_recorded
            closing_again_changes_nothing
            a_create_that_was_left_unknown_can_be_ended_later
            a_create_that_was_never_opened_cannot_be_closed
            a_create_cannot_be_opened_twice
            only_objects_of_before_make_a_repeat
            what_a_creates_own_callback_made_known_is_no_repeat
            a_shorter_reply_takes_nothing_away
            what_is_made_of_a_fast_tune_is_free
            a_forgotten_tune_leaves_its_prompts_in_doubt
            doubts_and_likes_stay_with_one_object
            lists_are_newest_first_and_page_without_gaps
            lists_hold_what_all_their_filters_let_pass
            a_tune_awaits_prompts_until_it_was_swept_or_the_time_is_over
            nobody_awaits_prompts_on_anothers_tune
            creates_whose_lease_ends_are_awaited_and_unknown
            what_is_due_is_looked_at_when_it_is_and_not_again_before_it_is_said
            an_end_user_whose_data_is_being_erased_makes_nothing_new
            what_a_create_made_before_the_erasure_is_recorded_all_the_same
            an_erasure_waits_for_creates_that_may_still_make_something
            an_erasure_forgets_one_end_user_and_nobody_else
            an_erasure_keeps_the_sums_and_forgets_names_keys_and_traces
            all_objects_of_an_end_user_are_read_once_each
            imported_objects_are_their_owners_unless_they_are_somebody_elses
            the_operator_finds_whose_a_number_is
            a_key_is_made_once_and_differs_by_name
            // Quotas.
            quota_01_a_reserve_that_would_pass_a_limit_is_refused_and_names_it
            quota_01_two_hundred_reserves_at_once_never_oversell_by_even_one
            quota_01_two_hundred_mixed_reserves_of_a_newcomer_take_exactly_what_fits
            quota_01_a_limit_of_zero_forbids
            quota_01_several_rules_hold_together_or_nothing_is_held
            quota_01_of_several_full_rules_the_one_that_lasts_longest_is_named
            quota_01_an_absurd_amount_is_refused_and_does_not_wrap
            quota_01_a_settle_above_its_reservation_is_booked_in_full_and_blocks_reserves
            quota_05_a_release_gives_everything_back
            quota_04_a_reservation_left_unknown_stays_held_however_long
            quota_04_a_dropped_reservation_is_left_unknown
            quota_04_a_reservation_of_a_cancelled_task_is_left_unknown
            a_reserve_that_is_cancelled_holds_nothing_or_is_left_unknown
            a_settle_below_its_reservation_gives_the_rest_back
            a_settle_may_book_a_measure_that_was_not_reserved
            a_settle_tells_where_the_end_user_stands_then
            a_rule_without_an_amount_in_the_request_is_not_asked
            a_grant_raises_the_end_users_own_rule_and_nobody_elses
            a_reservation_id_is_used_once
            one_users_usage_is_not_anothers
            usage_is_counted_across_plans_and_before_a_rule_existed
            a_new_day_and_a_new_month_begin_at_the_operators_midnight
            a_settle_after_midnight_counts_in_the_day_of_its_reserve
            quota_11_a_clock_that_jumps_back_finds_the_day_as_it_left_it
            quota_11_a_clock_that_jumps_ahead_and_back_refills_nothing_twice
            quota_11_days_of_23_and_25_hours_begin_at_their_own_midnights
            // Whose they are.
            a_tenants_quota_counts_everybody_of_the_tenant
            guests_have_a_quota_each_and_one_together
            quota_10_the_accounts_ceiling_counts_everybody
            several_scopes_are_reserved_all_or_none
            usage_counts_in_every_scope_before_a_rule_asks
            jobs_in_flight_are_unfinished_objects_and_creates_without_an_end
            a_theme_keeps_a_second_one_off_its_tunes_until_it_is_closed
            a_theme_whose_prompts_are_all_there_is_closed
            a_refused_theme_leaves_its_tunes_free
            // Keys.
            idem_02_a_stored_reply_is_given_again
            idem_04_a_key_is_in_progress_until_its_lease_ends_and_then_unknown
            idem_03_a_key_with_another_request_is_refused
            idem_01_keys_are_of_one_end_user_and_one_route
            idem_05_a_key_of_a_create_that_made_nothing_is_free_again_unless_it_has_a_reply
            idem_05_a_refused_reserve_leaves_its_key_free
            idem_06_a_reply_is_kept_until_it_expires
            idem_06_of_a_hundred_copies_one_is_called
            idem_02_the_key_of_an_unknown_create_is_answered_after_adoption
            a_late_reply_answers_a_key_whose_create_has_ended
            // What single objects cost.
            quota_06_what_is_seen_twice_is_booked_once
            quota_06_a_job_that_ends_is_made_right_once
            quota_06_an_object_seen_before_its_reply_is_booked_on_its_create
            quota_06_an_object_found_late_is_booked_whatever_became_of_its_create
            quota_06_an_object_found_after_its_hold_is_gone_counts_as_it_was_estimated
            quota_06_objects_of_another_account_or_owner_are_not_booked
            prompts_without_a_name_count_towards_the_theme_that_is_open_on_their_tune
            a_failed_job_is_given_back_or_kept_as_the_plan_says
            no_price_for_a_job_that_runs_is_no_price_and_of_a_free_one_is_none
            the_whole_price_of_a_reply_counts_instead_of_its_objects
            the_whole_price_of_a_reply_takes_the_place_of_what_was_booked_before_it
            an_incomplete_end_that_is_told_twice_books_once
            a_video_counts_its_images_as_videos
            what_costs_more_than_its_share_takes_it_from_the_hold_before_it_overruns
            a_repeat_is_released
            a_repeat_in_part_books_only_what_is_new
            // How creates end.
            what_is_incomplete_keeps_its_hold_until_it_is_completed
            what_nobody_finds_is_presumed_spent_and_taken_back_when_it_is_found
            what_was_presumed_is_given_back_when_it_was_missed
            a_look_at_what_is_known_takes_no_presumption_back
            a_part_that_nobody_finds_is_presumed_and_found
            an_overrun_is_told_booked_and_blocks
            a_conflict_leaves_the_create_unknown_and_held
            how_many_creates_stand_where_is_told
            the_last_costs_are_kept_one_of_a_kind
            // How jobs end, and who is told.
            each_change_of_an_object_is_told_once_and_to_its_owner
            events_are_numbered_by_end_user_and_what_is_not_kept_is_told
            what_is_imported_is_no_news
            cb_03_a_callback_changes_only_when_its_objects_are_looked_at
            f34_a_callback_before_its_creates_reply_waits_for_it
            cb_04_a_callback_about_anothers_object_has_no_effect
            callbacks_are_forgotten_in_their_time
            a_job_that_is_given_up_is_told_of_once_and_counts_when_it_ends_after_all
            what_vanishes_is_told_before_and_kept_without_content_after
            // Guests, and what becomes of theirs.
            guests_begin_until_a_network_or_all_have_had_enough_in_a_day
            a_guest_that_never_began_or_is_no_more_makes_nothing
            what_a_guest_made_becomes_the_end_users_and_is_told_to_them
            a_guest_is_claimed_once
            of_two_who_claim_a_guest_at_once_one_gets_all
            a_guest_without_anything_is_claimed_all_the_same
            what_a_guest_used_counts_for_the_end_user_even_beyond_their_limit
            a_guests_use_counts_for_all_guests_whoever_it_becomes
            a_create_that_is_under_way_ends_at_the_end_user
            a_create_of_which_nobody_knows_is_found_at_the_end_user
            a_guests_theme_goes_on_at_the_end_user
            a_guests_keys_are_the_end_users_unless_they_have_the_same
            a_guests_events_come_after_the_end_users_own
            an_erasure_of_the_end_user_erases_what_was_a_guests
            an_end_user_who_is_being_erased_claims_nothing
            guests_that_nobody_became_are_erased_in_their_time
        );
    };
    (@each $make:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let made: $crate::store::conformance::Made = $make($crate::store::conformance::clock()).await;
                $crate::store::conformance::$name(&made).await;
                let wrong = made.store.audit_ledger().await.unwrap();
                assert!(wrong.is_empty(), "totals that are not the sums of their entries: {wrong:?}");
            }
        )*
    };
}
pub(crate) use conformance;
