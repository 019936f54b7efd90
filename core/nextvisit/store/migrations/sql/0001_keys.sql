-- The key ring. The runtime role adds no key and changes none: one function makes the whole ring, and only in a
-- database in which nothing is. A state goes forward, whoever moves it.
CREATE FUNCTION key_ring_found(p_purposes text[], p_wrapped bytea[], p_public bytea, p_at timestamptz)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    purposes CONSTANT text[] :=
        ARRAY['patient', 'index', 'payload', 'blob', 'audit', 'token', 'inbox', 'dedupe'];
    name text;
    holds boolean;
    number integer;
BEGIN
    -- Two at once make one ring; the lock is let go at the end of the transaction.
    LOCK TABLE public.key_ring IN EXCLUSIVE MODE;
    FOR name IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND c.relname NOT IN ('alembic_version', 'audit_head')
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO holds;
        IF holds THEN
            RETURN name;
        END IF;
    END LOOP;
    IF p_purposes <> purposes OR cardinality(p_wrapped) <> cardinality(purposes)
        OR array_position(p_wrapped, NULL) IS NOT NULL OR octet_length(p_public) <> 32 THEN
        RAISE EXCEPTION 'a ring has one key for each purpose' USING ERRCODE = 'check_violation';
    END IF;
    FOR number IN 1 .. cardinality(purposes) LOOP
        INSERT INTO public.key_ring (kid, purpose, state, wrapped, public, created_at_wall)
        VALUES (number, purposes[number], 'active', p_wrapped[number],
            CASE purposes[number] WHEN 'inbox' THEN p_public END, clock_timestamp());
        PERFORM public.audit_append('system', 'key.created', 'key', number::text, 'ok',
            (SELECT public.key_entry(k) FROM public.key_ring k WHERE k.kid = number), p_at, 0);
    END LOOP;
    RETURN NULL;
END
$$;

-- What an audit entry says of a key: `digest` is over the row, so that a row that was changed is found.
CREATE FUNCTION key_entry(k public.key_ring) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN format(
    '{"covers":"key_ring","digest":"%s","purpose":"%s","row":"%s","state":"%s"}',
    encode(sha256(
        public.audit_framed('key_ring') || public.audit_framed(k.kid::text) || public.audit_framed(k.purpose)
        || public.audit_framed(k.state) || public.audit_framed(encode(sha256(k.wrapped), 'hex'))
        || CASE WHEN k.public IS NULL THEN int4send(1) || '\x00'::bytea
            ELSE public.audit_framed(encode(k.public, 'hex')) END
        || public.audit_framed(public.audit_instant(k.created_at_wall))
    ), 'hex'),
    k.purpose, k.kid, k.state
);

CREATE FUNCTION key_ring_forward() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    states CONSTANT text[] := ARRAY['active', 'retired', 'destroyed'];
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'a key stays in the ring' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.kid, NEW.purpose, NEW.public, NEW.created_at_wall)
            IS DISTINCT FROM (OLD.kid, OLD.purpose, OLD.public, OLD.created_at_wall)
        OR array_position(states, NEW.state) <= array_position(states, OLD.state)
        OR NEW.wrapped IS DISTINCT FROM (CASE NEW.state WHEN 'destroyed' THEN ''::bytea ELSE OLD.wrapped END)
    THEN
        RAISE EXCEPTION 'of a key only the state changes, and only forward'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER key_ring_rows BEFORE UPDATE OR DELETE ON key_ring
    FOR EACH ROW EXECUTE FUNCTION key_ring_forward();
CREATE TRIGGER key_ring_truncate BEFORE TRUNCATE ON key_ring
    FOR EACH STATEMENT EXECUTE FUNCTION key_ring_forward();
ALTER TABLE key_ring ENABLE ALWAYS TRIGGER key_ring_rows;
ALTER TABLE key_ring ENABLE ALWAYS TRIGGER key_ring_truncate;

REVOKE ALL ON FUNCTION
    key_ring_found(text[], bytea[], bytea, timestamptz), key_entry(public.key_ring)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION key_ring_found(text[], bytea[], bytea, timestamptz) TO nextvisit_app;
