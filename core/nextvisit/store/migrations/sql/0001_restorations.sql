-- Ids of auto-replies and replies are derived from the inbox's numbers: after a restore none may name what came
-- in between, for a provider that knows our id would take another message for the same.
CREATE FUNCTION restoration_begin(p_taken timestamptz, p_lost timestamptz, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    inbox_ids CONSTANT text := pg_get_serial_sequence('public.inbox', 'id');
    number bigint;
BEGIN
    INSERT INTO public.restoration (taken_at, lost_at, restored_at, ran_until)
    VALUES (p_taken, p_lost, p_now, p_now) RETURNING id INTO number;
    -- More than a hospital hears in years, and less than one in a million million of what a bigint counts.
    PERFORM setval(inbox_ids, nextval(inbox_ids) + 10000000);
    RETURN number;
END
$$;

-- What was confirmed, and by whom, stays.
CREATE FUNCTION restoration_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.taken_at, NEW.restored_at) IS DISTINCT FROM (OLD.id, OLD.taken_at, OLD.restored_at)
        OR OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_at, NEW.confirmed_by, NEW.lost_at, NEW.not_sent)
            IS DISTINCT FROM (OLD.confirmed_at, OLD.confirmed_by, OLD.lost_at, OLD.not_sent)
        OR NEW.lost_at < NEW.taken_at OR NEW.ran < OLD.ran
    THEN
        PERFORM refuse_change('a restore is confirmed once');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_rows BEFORE UPDATE OR DELETE ON restoration FOR EACH ROW EXECUTE FUNCTION restoration_guard();
ALTER TABLE restoration ENABLE ALWAYS TRIGGER guard_rows;

REVOKE ALL ON FUNCTION restoration_begin(timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION restoration_begin(timestamptz, timestamptz, timestamptz) TO nextvisit_app;
GRANT UPDATE (lost_at, rehydrated_at, confirmed_at, confirmed_by, not_sent, ran, ran_until) ON restoration
    TO nextvisit_app;
