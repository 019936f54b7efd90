-- What a row may become. Triggers that hold for every role, the owner's and a superuser's too; only whoever
-- disables them gets past, and then `nextvisit audit verify` finds what was changed.
--
-- A message and an auto-reply:  planned -> claimed | skipped
--                               claimed -> planned | sent | unknown | skipped
--                               unknown -> sent
-- The names of the delivery ladder are in messages/delivery_ladder.py.
CREATE FUNCTION refuse_change(what text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%', what USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION ledger_move(came_from text, goes_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE came_from
    WHEN 'planned' THEN goes_to IN ('planned', 'claimed', 'skipped')
    WHEN 'claimed' THEN goes_to IN ('claimed', 'planned', 'sent', 'unknown', 'skipped')
    WHEN 'unknown' THEN goes_to IN ('unknown', 'sent')
    ELSE goes_to = came_from
END;

CREATE FUNCTION delivery_climbs(old_status text, new_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN old_status IS NULL OR old_status IS NOT DISTINCT FROM new_status OR coalesce(
    array_position(
        ARRAY['queued', 'accepted', 'sent', 'unknown', 'failed', 'delivered', 'opened', 'read'], new_status
    ) > array_position(
        ARRAY['queued', 'accepted', 'sent', 'unknown', 'failed', 'delivered', 'opened', 'read'], old_status
    ), false);

CREATE FUNCTION message_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'planned' OR NEW.claim IS NOT NULL OR NEW.sent_at IS NOT NULL THEN
            PERFORM refuse_change('a message begins as planned');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT ledger_move(OLD.state, NEW.state) THEN
        PERFORM refuse_change(format('a message that is %s does not become %s', OLD.state, NEW.state));
    END IF;
    IF (NEW.id, NEW.journey_id, NEW.patient_id, NEW.campaign, NEW.version, NEW.node, NEW.occurrence, NEW.rung,
            NEW.purpose, NEW.template, NEW.awaits, NEW.planned_at)
        IS DISTINCT FROM (OLD.id, OLD.journey_id, OLD.patient_id, OLD.campaign, OLD.version, OLD.node,
            OLD.occurrence, OLD.rung, OLD.purpose, OLD.template, OLD.awaits, OLD.planned_at)
        OR NEW.deadline IS DISTINCT FROM OLD.deadline AND (OLD.state <> 'planned' OR NEW.deadline < OLD.deadline)
    THEN
        PERFORM refuse_change('what a message is does not change');
    END IF;
    IF OLD.state <> 'planned' AND (NEW.to_space, NEW.to_digest, NEW.language, NEW.channel, NEW.provider,
            NEW.offer_id, NEW.attempts)
        IS DISTINCT FROM (OLD.to_space, OLD.to_digest, OLD.language, OLD.channel, OLD.provider, OLD.offer_id,
            OLD.attempts)
    THEN
        PERFORM refuse_change('what was claimed does not change');
    END IF;
    -- A release, from claimed to planned, gives these back.
    IF OLD.state <> 'planned' AND NEW.state <> 'planned'
        AND (NEW.claim, NEW.claimed_at, NEW.sealed_content)
            IS DISTINCT FROM (OLD.claim, OLD.claimed_at, OLD.sealed_content)
    THEN
        PERFORM refuse_change('what was claimed does not change');
    END IF;
    IF NEW.missed_at IS DISTINCT FROM OLD.missed_at
        AND (OLD.missed_at IS NOT NULL OR OLD.state <> 'claimed' OR NEW.state <> 'planned')
    THEN
        PERFORM refuse_change('a message is found missing once');
    END IF;
    IF NEW.sent_at IS DISTINCT FROM OLD.sent_at AND (OLD.state = 'sent' OR NEW.state <> 'sent')
        OR (NEW.price, NEW.currency) IS DISTINCT FROM (OLD.price, OLD.currency) AND NEW.state <> 'sent'
        OR OLD.state = 'skipped' AND (NEW.reason, NEW.scope) IS DISTINCT FROM (OLD.reason, OLD.scope)
        OR OLD.provider_ref <> NEW.provider_ref AND OLD.state = 'sent'
        OR OLD.provider_ref IS NOT NULL AND NEW.provider_ref IS NULL AND OLD.state = 'sent'
        OR OLD.state = NEW.state AND NOT delivery_climbs(OLD.status, NEW.status)
        OR OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at
        OR OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at
        OR OLD.replied_at IS NOT NULL AND NEW.replied_at IS DISTINCT FROM OLD.replied_at
    THEN
        PERFORM refuse_change('how a message ended is written once');
    END IF;
    RETURN NEW;
END
$$;

-- Erasure takes the sealed parts of a reply away that belonged to nobody known; nothing puts others there.
CREATE FUNCTION auto_reply_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    forgotten CONSTANT boolean := NEW.sealed_to = ''::bytea AND NEW.sealed_content IS NULL;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'planned' OR NEW.claim IS NOT NULL OR NEW.sent_at IS NOT NULL THEN
            PERFORM refuse_change('an auto-reply begins as planned');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT ledger_move(OLD.state, NEW.state) THEN
        PERFORM refuse_change(format('an auto-reply that is %s does not become %s', OLD.state, NEW.state));
    END IF;
    IF (NEW.id, NEW.kind, NEW.ref, NEW.said_ref, NEW.said_at, NEW.came_in_on, NEW.channel, NEW.to_space,
            NEW.to_digest, NEW.language, NEW.patient_id, NEW.journey_id, NEW.campaign, NEW.purpose, NEW.offer_id,
            NEW.choice, NEW.deadline, NEW.planned_at)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.ref, OLD.said_ref, OLD.said_at, OLD.came_in_on, OLD.channel,
            OLD.to_space, OLD.to_digest, OLD.language, OLD.patient_id, OLD.journey_id, OLD.campaign, OLD.purpose,
            OLD.offer_id, OLD.choice, OLD.deadline, OLD.planned_at)
        OR NEW.sealed_to IS DISTINCT FROM OLD.sealed_to AND NOT forgotten
    THEN
        PERFORM refuse_change('what an auto-reply is does not change');
    END IF;
    IF OLD.state <> 'planned' AND NEW.state <> 'planned' AND (
        (NEW.claim, NEW.claimed_at, NEW.provider) IS DISTINCT FROM (OLD.claim, OLD.claimed_at, OLD.provider)
        OR NEW.sealed_content IS DISTINCT FROM OLD.sealed_content AND NOT forgotten
    ) THEN
        PERFORM refuse_change('what was claimed does not change');
    END IF;
    IF NEW.sent_at IS DISTINCT FROM OLD.sent_at AND (OLD.state = 'sent' OR NEW.state <> 'sent')
        OR (NEW.price, NEW.currency) IS DISTINCT FROM (OLD.price, OLD.currency) AND NEW.state <> 'sent'
        OR OLD.state = 'skipped' AND NEW.reason IS DISTINCT FROM OLD.reason
        OR OLD.state = NEW.state AND NOT delivery_climbs(OLD.status, NEW.status)
        OR OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at
        OR OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at
    THEN
        PERFORM refuse_change('how an auto-reply ended is written once');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION booking_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' OR NEW.settled_at IS NOT NULL THEN
            PERFORM refuse_change('a booking begins as pending');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state NOT IN ('pending', 'unknown')
        OR (NEW.state NOT IN ('booked', 'taken', 'failed', 'unknown')
            AND (OLD.state, NEW.state, OLD.asked_at) IS DISTINCT FROM ('pending', 'pending', NULL))
        OR (OLD.asked_at IS NOT NULL AND NEW.asked_at IS DISTINCT FROM OLD.asked_at)
        OR (NEW.id, NEW.journey_id, NEW.node, NEW.occurrence, NEW.offer_id, NEW.source, NEW.slot_ref,
            NEW.start_at, NEW.requested_at)
            IS DISTINCT FROM (OLD.id, OLD.journey_id, OLD.node, OLD.occurrence, OLD.offer_id, OLD.source,
            OLD.slot_ref, OLD.start_at, OLD.requested_at)
    THEN
        PERFORM refuse_change('a booking is settled once, and what was asked for does not change');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION journey_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome IS NOT NULL OR NEW.ended_at IS NOT NULL THEN
            PERFORM refuse_change('a journey begins open');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.campaign, NEW.version, NEW.patient_id, NEW.channels, NEW.started_at)
        IS DISTINCT FROM (OLD.id, OLD.campaign, OLD.version, OLD.patient_id, OLD.channels, OLD.started_at)
    THEN
        PERFORM refuse_change('what a journey is does not change');
    END IF;
    IF NEW.event_count < OLD.event_count OR NEW.actions < OLD.actions THEN
        PERFORM refuse_change('a journey counts upwards');
    END IF;
    IF OLD.outcome IS NOT NULL AND (NEW.outcome, NEW.ended_at, NEW.state, NEW.pending, NEW.result, NEW.actions)
        IS DISTINCT FROM (OLD.outcome, OLD.ended_at, OLD.state, OLD.pending, OLD.result, OLD.actions)
    THEN
        PERFORM refuse_change('an outcome is final');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION enrolment_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state <> 'pending' OR NEW.state <> 'started')
        OR (NEW.id, NEW.seq, NEW.campaign, NEW.version, NEW.patient_id, NEW.occurrence, NEW.arm, NEW.flags,
            NEW.due_at, NEW.enrolled_at)
            IS DISTINCT FROM (OLD.id, OLD.seq, OLD.campaign, OLD.version, OLD.patient_id, OLD.occurrence,
            OLD.arm, OLD.flags, OLD.due_at, OLD.enrolled_at)
    THEN
        PERFORM refuse_change('of an enrolment only the state changes, from pending to started');
    END IF;
    RETURN NEW;
END
$$;

-- A stopped campaign goes on only by an activation: whoever may not write active_version cannot bring it back.
CREATE FUNCTION campaign_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.active_version IS NOT NULL THEN
            PERFORM refuse_change('a campaign begins as a draft');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.campaign <> OLD.campaign OR NEW.state <> OLD.state AND NOT (CASE NEW.state
        WHEN 'running' THEN OLD.state IN ('draft', 'paused') AND NEW.active_version IS NOT NULL
        WHEN 'paused' THEN OLD.state = 'running'
        WHEN 'stopped' THEN OLD.state IN ('running', 'paused')
        WHEN 'draft' THEN OLD.state = 'stopped'
            AND has_column_privilege(current_user, 'public.campaign', 'active_version', 'UPDATE')
        ELSE false
    END) THEN
        PERFORM refuse_change(format('a campaign that is %s does not become %s', OLD.state, NEW.state));
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION campaign_version_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF (NEW.campaign, NEW.version, NEW.files, NEW.purpose, NEW.applied_by, NEW.applied_at)
        IS DISTINCT FROM (OLD.campaign, OLD.version, OLD.files, OLD.purpose, OLD.applied_by, OLD.applied_at)
        OR OLD.approved_by IS NOT NULL
        OR NEW.approved_by IS NULL OR NEW.approved_at IS NULL OR NEW.audience_at_approval IS NULL
    THEN
        PERFORM refuse_change('a version is approved once, as a whole');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION consent_event_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    adopted public.consent_event%ROWTYPE := OLD;
BEGIN
    adopted.patient_id := NEW.patient_id;
    IF OLD.patient_id IS NOT NULL OR NEW IS DISTINCT FROM adopted THEN
        PERFORM refuse_change('consent is append-only');
    END IF;
    RETURN NEW;
END
$$;

-- A person's key is made once and destroyed by the erasure alone, which writes its entry; nobody comes back.
CREATE FUNCTION patient_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF (NEW.id, NEW.source, NEW.ref_digest) IS DISTINCT FROM (OLD.id, OLD.source, OLD.ref_digest)
        OR OLD.erased_at IS NOT NULL AND (NEW.erased_at, NEW.dek) IS DISTINCT FROM (OLD.erased_at, OLD.dek)
        OR (NEW.erased_at IS NULL OR current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID))
            AND (NEW.erased_at, NEW.dek, NEW.dek_kid) IS DISTINCT FROM (OLD.erased_at, OLD.dek, OLD.dek_kid)
    THEN
        PERFORM refuse_change('who a patient is, and their key, do not change');
    END IF;
    RETURN NEW;
END
$$;

-- A ban is put as a whole and lifted once; its words can be forgotten, and nothing else of it changes.
CREATE FUNCTION suppression_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lifted CONSTANT boolean := TG_OP = 'UPDATE' AND OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL;
BEGIN
    IF (NEW.lifted_at IS NULL) <> (NEW.lifted_by IS NULL) OR btrim(NEW.put_by) = '' OR btrim(NEW.lifted_by) = '' THEN
        PERFORM refuse_change('whoever lifts a ban is named');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.lifted_at IS NOT NULL THEN
            PERFORM refuse_change('a ban begins in force');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.kind, NEW.patient_id, NEW.space, NEW.address_digest, NEW.purposes, NEW.channels, NEW.since,
            NEW.until, NEW.code, NEW.put_by)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.patient_id, OLD.space, OLD.address_digest, OLD.purposes,
            OLD.channels, OLD.since, OLD.until, OLD.code, OLD.put_by)
        OR (NEW.lifted_at, NEW.lifted_by) IS DISTINCT FROM (OLD.lifted_at, OLD.lifted_by) AND NOT lifted
        OR NEW.sealed_reason IS DISTINCT FROM OLD.sealed_reason AND NEW.sealed_reason IS NOT NULL
        OR NEW.sealed_lift_reason IS DISTINCT FROM OLD.sealed_lift_reason AND NEW.sealed_lift_reason IS NOT NULL
            AND NOT lifted
    THEN
        PERFORM refuse_change('a ban is lifted once, and what it is does not change');
    END IF;
    RETURN NEW;
END
$$;

-- Which version new enrolments use: one that is there, and that somebody else has approved than applied it (the
-- account behind a name makes nobody else of them). A
-- stopped campaign waits as a draft then until it is run. The state that it had.
CREATE FUNCTION campaign_activate(p_campaign text, p_version text, p_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    was text;
BEGIN
    PERFORM FROM public.campaign_version
    WHERE campaign = p_campaign AND version = p_version AND split_part(approved_by, ' [', 1) <> split_part(applied_by, ' [', 1);
    IF NOT FOUND THEN
        PERFORM public.refuse_change('this version is not approved by somebody else than applied it');
    END IF;
    SELECT state INTO STRICT was FROM public.campaign WHERE campaign = p_campaign FOR UPDATE;
    UPDATE public.campaign SET active_version = p_version, updated_at = p_at,
        state = CASE state WHEN 'stopped' THEN 'draft' ELSE state END
    WHERE campaign = p_campaign;
    RETURN was;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['message', 'auto_reply', 'booking', 'journey', 'campaign', 'suppression'] LOOP
        EXECUTE format('CREATE TRIGGER guard_rows BEFORE INSERT OR UPDATE ON %1$I'
            ' FOR EACH ROW EXECUTE FUNCTION %1$s_guard()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['enrolment', 'campaign_version', 'consent_event', 'patient'] LOOP
        EXECUTE format('CREATE TRIGGER guard_rows BEFORE UPDATE ON %1$I'
            ' FOR EACH ROW EXECUTE FUNCTION %1$s_guard()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['journey_event', 'journey_decision', 'campaign_firing'] LOOP
        EXECUTE format('CREATE TRIGGER guard_rows BEFORE UPDATE ON %1$I'
            ' FOR EACH ROW EXECUTE FUNCTION append_only()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['message', 'auto_reply', 'booking', 'journey', 'campaign', 'enrolment',
        'campaign_version', 'consent_event', 'journey_event', 'journey_decision', 'campaign_firing', 'patient',
        'suppression'] LOOP
        EXECUTE format('CREATE TRIGGER guard_stays BEFORE DELETE ON %I'
            ' FOR EACH ROW EXECUTE FUNCTION append_only()', name);
        EXECUTE format('CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION append_only()', name);
        -- ALWAYS: also under session_replication_role = replica.
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER guard_rows, ENABLE ALWAYS TRIGGER guard_stays,'
            ' ENABLE ALWAYS TRIGGER guard_truncate', name);
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION campaign_activate(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION campaign_activate(text, text, timestamptz) TO nextvisit_app;
