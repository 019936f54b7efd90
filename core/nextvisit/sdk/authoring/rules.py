"""What a good plugin keeps, by tiers. Tests of the kit prove each rule; what no test proves is no rule.

tests/sdk/authoring/test_rules.py holds them together with the suites: every test of a kit proves a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["mis", "channel", "reader"]


@dataclass(frozen=True, slots=True)
class Rule:
    """says: what is kept. tests: those of the suite that prove it, by the names of their functions."""

    says: str
    tests: tuple[str, ...]


Tier = Mapping[str, Rule]

_HEARS: Final = (
    "test_what_comes_in_means_what_it_says",
    "test_what_comes_in_means_the_same_in_any_order_and_any_process",
)
_CALLS: Final = (
    "test_a_callback_that_was_cut_short_is_refused_in_order",
    "test_a_forged_call_is_rejected",
    "test_a_stranger_s_call_is_rejected_and_not_stumbled_over",
    "test_a_repeated_call_is_one_thing_and_different_calls_are_two",
)
_CHALLENGES: Final = Rule(
    "a challenge is answered to who proves to be the other side, and to nobody else",
    ("test_a_challenge_is_answered_to_nobody_else",),
)
_SESSION: Final = ("test_what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged",)

MIS: Final[Mapping[str, Tier]] = {
    "reads": {
        "answers": Rule(
            "check says what answered, no port is half there, and no call blocks",
            ("test_check_answers", "test_no_port_is_half_there", "test_no_call_blocks_the_event_loop"),
        ),
        "capabilities": Rule(
            "it can what its capabilities say, and reads what they say",
            (
                "test_its_capabilities_are_those_of_its_ports",
                "test_it_reads_what_its_capabilities_say",
            ),
        ),
        "everything": Rule(
            "a pull reads everything, and each record is a sound one",
            (
                "test_a_pull_reads_everything_and_nothing_is_unreadable",
                "test_every_record_is_one",
            ),
        ),
        "as_meant": Rule(
            "each row becomes the record that it is",
            ("test_each_row_becomes_the_record_that_is_expected",),
        ),
        "patients": Rule(
            "each record is of the patient whom its row names",
            ("test_each_record_is_of_the_patient_whom_its_row_names",),
        ),
        "local_times": Rule(
            "times without a zone are read in the clinic's",
            ("test_times_without_a_zone_are_read_in_the_clinic_s",),
        ),
        "resumes": Rule(
            "who is killed goes on where it stopped, and comes to rest",
            (
                "test_a_pull_that_was_killed_after_any_page_loses_nothing",
                "test_pulling_again_comes_to_rest",
            ),
        ),
        "changes": Rule(
            "an edit is told of, and so are two of one instant",
            (
                "test_a_change_is_told_of_by_the_next_pull",
                "test_two_things_that_change_at_one_instant_are_both_told_of",
            ),
        ),
        "their_clock": Rule(
            "edits are told of whatever the clock of the MIS says",
            ("test_a_change_is_told_of_whatever_the_clock_of_the_mis_says",),
        ),
        "pure": Rule(
            "parse is pure, and survives garbage",
            ("test_parse_is_pure", "test_parse_survives_garbage"),
        ),
        "no_guess": Rule("an unknown word is no guess", ("test_a_word_that_it_does_not_know_is_no_guess",)),
        "unreadable": Rule(
            "what cannot be read is shown, and costs itself alone",
            ("test_what_cannot_be_read_is_shown_and_costs_itself",),
        ),
        "details": Rule(
            "for a detail that cannot be read nobody is held",
            ("test_a_detail_that_cannot_be_read_holds_nobody",),
        ),
        "absent": Rule("an absent server is asked again later", ("test_an_absent_server_is_retried_later",)),
        "login": Rule("a wrong login stops the connection", ("test_a_wrong_login_stops_the_connection",)),
        "paced": Rule(
            "it asks no more often than it is let, in all processes together",
            ("test_each_request_takes_its_turn", "test_a_wish_to_be_left_alone_is_everybody_s"),
        ),
        "silent": Rule(
            "no error and no log holds anything of a patient", ("test_nothing_of_a_patient_is_said",)
        ),
        "hears": Rule("what comes unasked means what it says", _HEARS),
        "calls": Rule("calls over HTTP are verified, and kept once", _CALLS),
        "challenges": _CHALLENGES,
        "session": Rule("what a session brings is kept before it is acknowledged", _SESSION),
    },
    "books": {
        "free": Rule(
            "free times are in order and inside the query",
            ("test_free_slots_are_in_order_and_inside_the_query",),
        ),
        "whose": Rule(
            "free times are those of whom was asked for",
            ("test_free_slots_are_those_of_whom_was_asked_for",),
        ),
        "once": Rule(
            "one booking is made once, in another process too",
            ("test_booking_twice_with_one_id_books_once", "test_booking_again_in_another_process_books_once"),
        ),
        "found": Rule(
            "a booking is found and read back; another patient's is not",
            ("test_a_booking_is_found_and_read_back", "test_another_patient_s_booking_is_not_found"),
        ),
        "taken": Rule("a taken time is not booked again", ("test_a_taken_slot_is_not_booked_again",)),
        "cancels": Rule("what is cancelled is free again", ("test_a_cancelled_booking_gives_its_slot_back",)),
        "moves": Rule(
            "a visit is moved once, in another process too, and never to nowhere",
            (
                "test_a_visit_is_moved_and_gives_its_old_time_back",
                "test_moving_again_in_another_process_moves_once",
                "test_a_move_to_a_taken_time_leaves_the_visit_where_it_was",
            ),
        ),
        "silent": Rule("nothing of a booking is said", ("test_nothing_of_a_booking_is_said",)),
    },
    "survives_cuts": {
        "cut_pull": Rule(
            "a pull that is cut loses nothing", ("test_a_pull_that_is_cut_is_retried_and_loses_nothing",)
        ),
        "throttled_pull": Rule(
            "a MIS that is asked too often is given its time",
            ("test_a_mis_that_is_asked_too_often_is_given_its_time",),
        ),
        "cut_booking": Rule(
            "a booking whose answer was cut is never made twice",
            ("test_a_booking_whose_answer_was_cut_is_never_made_twice",),
        ),
        "cut_move": Rule(
            "a move whose answer was cut is finished, and made once",
            ("test_a_move_whose_answer_was_cut_is_finished_and_made_once",),
        ),
        "refused_booking": Rule(
            "a booking that was throttled, or that nobody answered, has not happened",
            (
                "test_a_booking_that_is_throttled_has_not_happened",
                "test_a_booking_when_nobody_answers_is_retried_later",
            ),
        ),
    },
    "proves_deletes": {
        "learns": Rule("a deletion is learnt of", ("test_a_deletion_is_learnt_of",)),
        "lists": Rule("a listing names what there is", ("test_a_listing_names_what_a_pull_tells_of",)),
    },
}

CHANNEL: Final[Mapping[str, Tier]] = {
    "sends": {
        "answers": Rule(
            "check says what answered, no port is half there, and no call blocks",
            (
                "test_it_is_a_channel",
                "test_check_answers",
                "test_no_way_in_is_half_there",
                "test_no_call_blocks_the_event_loop",
            ),
        ),
        "addresses": Rule(
            "its kind has a name, and each address one spelling",
            (
                "test_its_kind_can_be_named_and_carries_something",
                "test_an_address_has_one_spelling",
                "test_a_space_that_is_shared_is_spelt_alike",
                "test_nonsense_is_no_address",
            ),
        ),
        "promises": Rule(
            "it carries what its capabilities promise, and there is a way in for what they say comes in",
            (
                "test_it_carries_each_form_that_it_promises_and_no_other",
                "test_what_its_capabilities_promise_has_a_way_in",
            ),
        ),
        "longest": Rule(
            "the longest text arrives whole", ("test_the_longest_text_that_it_promises_arrives_whole",)
        ),
        "arrives": Rule(
            "what is accepted arrives, once and as it was written; check sends nothing",
            (
                "test_an_accepted_message_has_arrived",
                "test_letters_arrive_as_they_were_written",
                "test_messages_that_are_sent_at_once_arrive_once_each",
                "test_check_sends_nothing",
            ),
        ),
        "templates": Rule(
            "what fills a template's gaps arrives in their order",
            ("test_what_fills_a_template_s_gaps_arrives_in_their_order",),
        ),
        "whole_templates": Rule(
            "a template is told under its name and in its language, with its gaps' names and its buttons",
            ("test_a_template_is_told_whole",),
        ),
        "media": Rule(
            "the media that it promises arrive beside the words", ("test_the_media_that_it_promises_arrive",)
        ),
        "no_media": Rule(
            "other media than it promises are refused, and nothing is sent",
            ("test_it_refuses_media_that_it_does_not_promise",),
        ),
        "refusals": Rule(
            "a refused address is rejected, and spoils nobody else's message",
            ("test_a_refused_recipient_is_rejected", "test_a_refusal_does_not_spoil_the_next_message"),
        ),
        "unknown_refusals": Rule(
            "a refusal that nobody knows is not taken for a bad address",
            ("test_a_refusal_that_nobody_knows_is_not_the_recipient_s_fault",),
        ),
        "absent": Rule("an absent server is asked again later", ("test_an_absent_server_is_retried_later",)),
        "login": Rule(
            "a wrong login is not the recipient's fault", ("test_a_wrong_login_is_not_the_recipients_fault",)
        ),
        "throttled": Rule(
            "a provider that is asked too often is given its time",
            ("test_a_provider_that_is_asked_too_often_is_given_its_time",),
        ),
        "throttled_until": Rule(
            "how long it wishes to be left alone is told",
            ("test_how_long_a_provider_wishes_to_be_left_alone_is_told",),
        ),
        "prices": Rule("what messages cost can be added up", ("test_what_messages_cost_can_be_added_up",)),
        "silent": Rule(
            "no error and no log holds anything of a patient",
            ("test_nothing_of_the_patient_is_said", "test_a_message_shows_no_patient_data"),
        ),
    },
    "reports": {
        "means": Rule(
            "what comes in means what it says, and an unknown word is no guess",
            (
                *_HEARS,
                "test_a_word_that_it_does_not_know_is_no_guess",
            ),
        ),
        "find_their_message": Rule(
            "a report names its message as the send did", ("test_reports_that_need_an_id_get_one",)
        ),
    },
    "receives": {
        "calls": Rule("calls over HTTP are verified, and kept once", _CALLS),
        "challenges": _CHALLENGES,
        "session": Rule("what a session brings is kept before it is acknowledged", _SESSION),
    },
    "talks": {
        "quotes": Rule(
            "what a message answers is told to the provider",
            ("test_what_a_message_answers_is_told_to_the_provider",),
        ),
        "sessions": Rule(
            "free words out of a session are said to be so",
            ("test_free_words_out_of_a_session_are_said_to_be_so",),
        ),
        "is_there": Rule(
            "whether an address is there is what the provider says, and no guess",
            (
                "test_whether_an_address_is_there_is_what_the_provider_says",
                "test_silence_is_not_taken_for_an_address_that_is_not_there",
            ),
        ),
        "unknown_status": Rule(
            "a status of an address that nobody knows is no answer",
            ("test_a_status_that_it_does_not_know_is_no_answer",),
        ),
    },
    "asks_back": {
        "cut_send": Rule(
            "a send whose answer was cut is not sent again",
            ("test_a_send_whose_answer_was_cut_is_not_sent_again",),
        ),
        "finds": Rule(
            "a message is found by our id, and what cannot be known is not taken for its absence",
            (
                "test_a_message_that_was_sent_is_found",
                "test_a_message_whose_answer_was_cut_is_found",
                "test_another_message_is_not_found",
                "test_silence_is_not_taken_for_a_message_that_is_not_there",
                "test_who_is_not_let_in_does_not_say_that_a_message_is_not_there",
            ),
        ),
        "elsewhere": Rule(
            "an address that leads elsewhere is not taken for a message's absence",
            ("test_an_address_that_leads_elsewhere_does_not_say_that_a_message_is_not_there",),
        ),
        "sends_again": Rule(
            "a send that is repeated with its id arrives once",
            ("test_a_send_that_is_repeated_with_its_id_arrives_once",),
        ),
    },
}

READER: Final[Mapping[str, Tier]] = {
    "reads": {
        "answers": Rule(
            "check says what reads; it says what it can, and what it takes",
            (
                "test_it_is_a_reader",
                "test_check_answers",
                "test_it_says_what_it_can_and_what_it_takes",
            ),
        ),
        "any_text": Rule(
            "any text in any language has scores from 0 to 1, and one without words none",
            (
                "test_it_scores_any_text_from_0_to_1",
                "test_a_text_without_words_is_one_without_an_opinion",
                "test_a_language_that_it_does_not_know_breaks_nothing",
            ),
        ),
        "pure": Rule(
            "the same text has the same scores, in any thread",
            (
                "test_the_same_text_gives_the_same_scores",
                "test_it_reads_in_another_thread_than_it_was_made_in",
            ),
        ),
        "silent": Rule("nothing of a patient is logged", ("test_nothing_of_the_patient_is_logged",)),
    },
}

TIERS: Final[Mapping[Kind, Mapping[str, Tier]]] = {"mis": MIS, "channel": CHANNEL, "reader": READER}
SUITES: Final[Mapping[Kind, str]] = {
    "mis": "MisAdapterSuite",
    "channel": "ChannelSuite",
    "reader": "IntentReaderSuite",
}
