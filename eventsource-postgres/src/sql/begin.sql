-- How each function that appends begins: with what a session behind a pooler does not have, and with the lock.
IF p_patience IS NOT NULL THEN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'appends need the isolation level `read committed`, and the default of this role or database is another'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('lock_timeout', p_patience, true), set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('jit', 'off', true);
    IF p_durable AND current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END IF;
IF NOT pg_try_advisory_xact_lock({lock}) THEN
    v_since := clock_timestamp();
    PERFORM pg_advisory_xact_lock({lock});
    v_waited := extract(epoch FROM clock_timestamp() - v_since) * 1000000;
END IF;
