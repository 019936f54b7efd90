-- Taking a person out. The runtime role may delete nobody by itself: this does all of it or nothing, once, and says
-- so in the audit trail. The row stays without a key, so that the MIS brings nobody back. What was merged stays
-- known (kinship holds digests of the MIS's references alone): a refusal that reached another record still does.
CREATE FUNCTION patient_erase(p_patient uuid, p_actor text, p_why text, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    who public.patient%ROWTYPE;
BEGIN
    SELECT * INTO who FROM public.patient WHERE id = p_patient FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such patient' USING ERRCODE = 'no_data_found';
    END IF;
    IF p_why NOT IN ('request', 'unlawful', 'retention') THEN
        RAISE EXCEPTION 'this is no reason' USING ERRCODE = 'check_violation';
    END IF;
    IF who.erased_at IS NOT NULL THEN
        RETURN false;
    END IF;
    DELETE FROM public.related_digest WHERE related_id IN (
        SELECT id FROM public.related_person
        WHERE source = who.source AND patient_digest = who.ref_digest
    );
    DELETE FROM public.related_person WHERE source = who.source AND patient_digest = who.ref_digest;
    DELETE FROM public.patient_hold WHERE source = who.source AND patient_digest = who.ref_digest;
    DELETE FROM public.personal_number WHERE source = who.source AND ref_digest = who.ref_digest;
    DELETE FROM public.replaced_record WHERE source = who.source AND ref_digest = who.ref_digest;
    DELETE FROM public.mis_looked_up WHERE source = who.source AND ref_digest = who.ref_digest;
    DELETE FROM public.appointment
    WHERE patient_id = p_patient OR (source = who.source AND patient_digest = who.ref_digest);
    DELETE FROM public.coverage WHERE patient_id = p_patient OR (source = who.source AND patient_digest = who.ref_digest);
    DELETE FROM public.condition WHERE patient_id = p_patient OR (source = who.source AND patient_digest = who.ref_digest);
    DELETE FROM public.procedure WHERE patient_id = p_patient OR (source = who.source AND patient_digest = who.ref_digest);
    DELETE FROM public.result_ready WHERE patient_id = p_patient OR (source = who.source AND patient_digest = who.ref_digest);
    DELETE FROM public.payment WHERE patient_id = p_patient OR (source = who.source AND patient_digest = who.ref_digest);
    -- From a number that is somebody else's, too, somebody else may have called. What is told of it again is
    -- known by its name alone.
    UPDATE public.phone_call c SET forgotten = true, gone = true, caller_digest = NULL, answered = NULL,
        at = NULL, line = NULL, mis_version = ''
    FROM public.contact_digest d
    WHERE d.patient_id = p_patient AND c.caller_digest = d.digest AND NOT EXISTS (
        SELECT FROM public.contact_digest o WHERE o.kind = d.kind AND o.digest = d.digest AND o.patient_id <> p_patient
    );
    DELETE FROM public.contact_digest WHERE patient_id = p_patient;
    DELETE FROM public.patient_identity WHERE patient_id = p_patient;
    DELETE FROM public.tag WHERE patient_id = p_patient;
    DELETE FROM public.reply WHERE patient_id = p_patient;
    DELETE FROM public.link WHERE message_id IN (SELECT id FROM public.message WHERE patient_id = p_patient);
    UPDATE public.reply_hold SET released_at = p_at, released_by = p_actor
    WHERE patient_id = p_patient AND released_at IS NULL;
    UPDATE public.inbox SET sealed_body = NULL WHERE patient_id = p_patient;
    UPDATE public.patient SET
        dek = NULL, dek_kid = NULL, birth_date = NULL, sex = 'unknown', language = NULL, zone = NULL,
        active = false, deceased = false, test = false, restricted = false, has_email = false,
        has_phone = false, replaced_by_digest = NULL, merged_into_digest = NULL, mis_version = '',
        erased_at = p_at
    WHERE id = p_patient;
    PERFORM public.audit_append(p_actor, 'patient.erased', 'patient', p_patient::text, 'ok',
        format('{"why":"%s"}', p_why), p_at, 0);
    RETURN true;
END
$$;

-- The words of a ban on an address may name whoever had it; the ban itself stays.
CREATE FUNCTION suppression_forget_words(p_ids uuid[], p_actor text, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH forgotten AS (
        UPDATE public.suppression SET sealed_reason = NULL, sealed_lift_reason = NULL
        WHERE id = ANY (p_ids) AND (sealed_reason IS NOT NULL OR sealed_lift_reason IS NOT NULL)
        RETURNING id
    )
    SELECT public.audit_append(
        p_actor, 'suppression.words_forgotten', 'suppression', id::text, 'ok', '{}', p_at, 0
    ) FROM forgotten ORDER BY id;
$$;

REVOKE ALL ON FUNCTION patient_erase(uuid, text, text, timestamptz), suppression_forget_words(uuid[], text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION patient_erase(uuid, text, text, timestamptz), suppression_forget_words(uuid[], text, timestamptz)
    TO nextvisit_app;
