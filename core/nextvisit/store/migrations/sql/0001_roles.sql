-- The runtime role. Passwords and LOGIN are the administrator's (or the embedded server's) business.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nextvisit_app') THEN
        CREATE ROLE nextvisit_app NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO nextvisit_app;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO nextvisit_app;

-- Facts and working state.
GRANT INSERT, UPDATE ON
    patient, patient_identity, contact_digest, appointment, mis_connection, mis_looked_up, mis_pace, inbox, outbox,
    offer, slot_hold, task, link, channel_day, channel_health,
    practitioner, location, service, coverage, condition, procedure, result_ready, payment, phone_call, slot_freed
    TO nextvisit_app;
-- The ledger, and what runs: which moves are lawful, 0001_guards.sql says.
GRANT INSERT, UPDATE ON enrolment, journey, message, auto_reply, booking TO nextvisit_app;
GRANT INSERT (campaign, state, updated_at) ON campaign TO nextvisit_app;
GRANT UPDATE (state, updated_at, fault_code, fault_place, fault_at) ON campaign TO nextvisit_app;
GRANT INSERT, UPDATE, DELETE ON
    replaced_record, patient_hold, related_person, related_digest, mis_oddity, heard, heard_once, address_check
    TO nextvisit_app;
GRANT DELETE ON contact_digest, slot_hold TO nextvisit_app;

-- Signs of life.
GRANT INSERT, UPDATE, DELETE ON heartbeat TO nextvisit_app;
GRANT INSERT, UPDATE ON listener, second_reader, refused_action TO nextvisit_app;
GRANT INSERT, UPDATE, DELETE ON listener_lease TO nextvisit_app;
GRANT INSERT, UPDATE, DELETE ON plugin_trouble TO nextvisit_app;

-- Evidence: what is written stays.
GRANT INSERT ON tag, consent_event, journey_event, journey_decision, campaign_firing, reply TO nextvisit_app;
GRANT INSERT (campaign, version, files, purpose, applied_by, applied_at) ON campaign_version TO nextvisit_app;
GRANT INSERT ON kinship, personal_number, suppression, reply_hold TO nextvisit_app;
GRANT UPDATE (until) ON kinship, personal_number TO nextvisit_app;
GRANT UPDATE (lifted_at, lifted_by, sealed_lift_reason) ON suppression TO nextvisit_app;
GRANT UPDATE (task_id, released_at, released_by) ON reply_hold TO nextvisit_app;
GRANT UPDATE (approved_by, approved_at, audience_at_approval) ON campaign_version TO nextvisit_app;

REVOKE ALL ON FUNCTION
    audit_append(text, text, text, text, text, text, timestamptz, integer),
    audit_checkpoint_append(text),
    consent_adopt(uuid[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    audit_append(text, text, text, text, text, text, timestamptz, integer),
    audit_checkpoint_append(text),
    consent_adopt(uuid[])
    TO nextvisit_app;
