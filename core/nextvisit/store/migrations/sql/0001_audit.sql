-- The audit chain. The hash covers every field, each behind its length, so no two events encode alike.
CREATE FUNCTION audit_framed(field text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN int4send(octet_length(convert_to(field, 'UTF8'))) || convert_to(field, 'UTF8');

CREATE FUNCTION audit_instant(instant timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION audit_append(
    p_actor text, p_action text, p_object_type text, p_object_id text, p_outcome text, p_body text,
    p_at timestamptz, p_shard integer
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    head public.audit_head%ROWTYPE;
    wall timestamptz;
    digest bytea;
BEGIN
    -- An entry is a line of an export, and none that is read again is longer than a MiB (`audit.verify`).
    IF octet_length(p_body) > 131072
        OR octet_length(p_actor || p_action || p_object_type || p_object_id || p_outcome) > 4096
    THEN
        RAISE EXCEPTION 'this is too long for an entry' USING ERRCODE = 'check_violation';
    END IF;
    IF btrim(p_actor) = '' OR btrim(p_action) = '' THEN
        RAISE EXCEPTION 'an entry says who did what' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO STRICT head FROM public.audit_head WHERE shard = p_shard FOR UPDATE;
    wall := clock_timestamp();
    digest := sha256(
        int4send(32) || head.hash
        || public.audit_framed(p_shard::text) || public.audit_framed((head.seq + 1)::text)
        || public.audit_framed(public.audit_instant(wall)) || public.audit_framed(public.audit_instant(p_at))
        || public.audit_framed(p_actor) || public.audit_framed(p_action)
        || public.audit_framed(p_object_type) || public.audit_framed(p_object_id)
        || public.audit_framed(p_outcome) || public.audit_framed(p_body)
    );
    INSERT INTO public.audit_event
        (shard, seq, at_wall, at, actor, action, object_type, object_id, outcome, body, prev, hash)
    VALUES
        (p_shard, head.seq + 1, wall, p_at, p_actor, p_action, p_object_type, p_object_id, p_outcome,
         p_body, head.hash, digest);
    UPDATE public.audit_head SET seq = head.seq + 1, hash = digest WHERE shard = p_shard;
    RETURN head.seq + 1;
END
$$;

-- Only what has a checkpoint's form, the next number and the name of the one before: no signature is proved here,
-- but nothing gets in that could keep `nextvisit audit verify` from reading on.
CREATE FUNCTION audit_checkpoint_append(p_note text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    number bigint;
    previous text;
    heads text;
    made bigint;
BEGIN
    LOCK TABLE public.audit_checkpoint IN SHARE ROW EXCLUSIVE MODE;
    SELECT count(*) + 1 INTO number FROM public.audit_checkpoint;
    SELECT encode(sha256(convert_to(note, 'UTF8')), 'hex') INTO previous
    FROM public.audit_checkpoint ORDER BY id DESC LIMIT 1;
    SELECT string_agg(format('head %s [0-9]{1,18} [0-9a-f]{64}\n', shard), '' ORDER BY shard) INTO heads
    FROM public.audit_head;
    IF p_note IS NULL OR length(p_note) > 4096 OR p_note !~ (
        '^nextvisit-audit\n' || (SELECT count(*) FROM public.audit_head) || '\n[A-Za-z0-9+/]{43}=\ncheckpoint '
        || number || '\nprevious ' || coalesce(previous, '-') || '\n' || heads
        || '\n\u2014 nextvisit-audit [A-Za-z0-9+/]{91}=\n$'
    ) THEN
        RAISE EXCEPTION 'this is no checkpoint, or not the next one' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO public.audit_checkpoint (at_wall, note) VALUES (clock_timestamp(), p_note) RETURNING id INTO made;
    RETURN made;
END
$$;

CREATE FUNCTION append_only() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_event_rows BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_checkpoint_rows BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_checkpoint_truncate BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- ALWAYS: also under session_replication_role = replica.
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_rows;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_truncate;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_rows;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_truncate;

INSERT INTO audit_head (shard, seq, hash)
SELECT shard, 0, decode(repeat('00', 32), 'hex') FROM generate_series(0, 7) AS shard;

-- Where a chain ends is said by its entries: one ahead, each time, and of no other chain.
CREATE FUNCTION audit_head_forward() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.shard = OLD.shard AND NEW.seq = OLD.seq + 1 AND EXISTS (
            SELECT FROM audit_event WHERE shard = NEW.shard AND seq = NEW.seq AND hash = NEW.hash
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a chain goes on by its next entry alone' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_head_rows BEFORE INSERT OR UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_forward();
CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_head_forward();
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_rows;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_truncate;

-- Consent is append-only for the runtime role; only the link to a patient who arrives later is filled in.
CREATE FUNCTION consent_adopt(p_patients uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH adopted AS (
        UPDATE public.consent_event AS c SET patient_id = p.id
        FROM public.patient AS p
        WHERE p.id = ANY (p_patients) AND c.patient_id IS NULL AND c.patient_digest = p.ref_digest
        RETURNING 1
    )
    SELECT count(*) FROM adopted;
$$;
