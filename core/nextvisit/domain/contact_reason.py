"""Why a message was not sent, or not yet."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A code; stored, counted and shown to staff."""

    JOURNEY_CLOSED = "journey_closed"  # the journey ended while the send was under way
    CAMPAIGN_STOPPED = "campaign_stopped"  # a person stopped the campaign for good
    CAMPAIGN_PAUSED = "campaign_paused"  # a person paused it; asked again every hour
    CAMPAIGN_FAULTY = "campaign_faulty"  # something in it cannot work, so it was paused; a person mends it
    RESTORE_UNCONFIRMED = (
        "restore_unconfirmed"  # a backup was restored, and nobody has said that it is seen to
    )
    BEFORE_RESTORE = "before_restore"  # it went out, or may have, between a backup and the loss
    PATIENT_ERASED = "patient_erased"  # the patient's data were erased on request
    PATIENT_DECEASED = "patient_deceased"  # the MIS says that the patient has died
    PATIENT_MERGED = "patient_merged"  # the record was merged into another one, which gets its own journey
    PATIENT_INACTIVE = "patient_inactive"  # the MIS says that the record is not in use
    PATIENT_TEST = "patient_test"  # the MIS says that the record is a test and nobody's
    PATIENT_RESTRICTED = "patient_restricted"  # the MIS says that the record is very restricted
    RECORD_UNREADABLE = "record_unreadable"  # the MIS says something of the patient that cannot be read yet
    REPLY_URGENT = "reply_urgent"  # what the patient wrote may be urgent, and nobody has seen to it yet
    REPLY_DECEASED = "reply_deceased"  # somebody wrote that the patient has died; a person finds out
    REPLY_HOLD = "reply_hold"  # the patient may want fewer messages or none; a person asks
    REPLY_UNREAD = "reply_unread"  # the patient wrote something that a person is still to read
    SUPPRESSED_CLINICAL = "suppressed_clinical"  # a clinician asked for silence
    SUPPRESSED_LEGAL = "suppressed_legal"  # a complaint, a restriction of processing, an operator's list
    SUPPRESSED_STAFF = "suppressed_staff"  # staff asked for silence
    SUPPRESSED_ADDRESS = "suppressed_address"  # the address bounced or is not the patient's
    MINOR_WITHOUT_GUARDIAN = "minor_without_guardian"  # under age, and the address is not a guardian's
    CONSENT_DENIED = "consent_denied"  # refused or withdrawn for this purpose and channel
    CONSENT_MISSING = "consent_missing"  # never given, and this purpose needs it
    CONSENT_EXPIRED = "consent_expired"  # given too long ago, or only until a day that has passed
    NO_ADDRESS = "no_address"  # no usable address on this channel
    NO_CONNECTION = "no_connection"  # the site has no such channel, or none for this purpose and country
    SHARED_ADDRESS = "shared_address"  # more patients share the address than the purpose allows
    SHARED_ADDRESS_RESTS = "shared_address_rests"  # somebody else there was written to a moment ago
    FREQUENCY_BUDGET = "frequency_budget"  # written to often enough lately
    QUIET_HOURS = "quiet_hours"  # night, Sunday or a holiday where the patient is
    NO_FORM = "no_form"  # the channel carries no form in which these words could go out
    NOT_REACHABLE = "not_reachable"  # the provider says that this address does not have the messenger
    SESSION_OVER = "session_over"  # only a template may go out there now, and the campaign has none
    DAILY_LIMIT = "daily_limit"  # the connection has taken as many messages today as it may
    CHANNEL_DOWN = "channel_down"  # the channel does not work at present
    DEADLINE_PASSED = "deadline_passed"  # too late for this message to make sense
    DEADLINE_TOO_NEAR = "deadline_too_near"  # it would have to wait until after its deadline
