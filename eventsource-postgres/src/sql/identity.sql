-- Compares where the store is with where it was, and gives it a new incarnation if that is another place, or if a head
-- that somebody knows is not there any more. What the server does not tell is NULL, and not compared.
CREATE FUNCTION {schema}.witness_v1(
    p_system bigint, p_timeline bigint, p_database bigint, p_head bigint, p_known uuid, p_anew boolean, p_fresh uuid
) RETURNS uuid LANGUAGE plpgsql AS $function$
DECLARE
    m {schema}.meta;
    v_events bigint := '{schema}.events'::regclass::oid::bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    SELECT * INTO m FROM {schema}.meta;
    IF NOT p_anew AND m.events_oid = v_events
        AND coalesce(m.system_identifier = p_system, true) AND coalesce(m.timeline = p_timeline, true)
        AND coalesce(m.database_oid = p_database, true)
        AND (m.incarnation <> p_known OR p_head <= greatest(m.high_water,
            (SELECT e.position FROM {schema}.events e ORDER BY e.position DESC LIMIT 1)))
    THEN
        UPDATE {schema}.meta SET system_identifier = p_system
        WHERE system_identifier IS NULL AND p_system IS NOT NULL;
        RETURN m.incarnation;
    END IF;
    UPDATE {schema}.meta SET incarnation = p_fresh, events_oid = v_events, system_identifier = p_system,
        timeline = p_timeline, database_oid = p_database;
    RETURN p_fresh;
END
$function$;
