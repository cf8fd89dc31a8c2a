-- The promise of a copy, and the cost of its next run.

create function wrappers_wait(target regclass, at timestamptz default now(), timeout interval default '10 s')
returns timestamptz
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  deadline constant timestamptz := clock_timestamp() + timeout;
  copy @extschema@.wrappers_copies;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = '25001', message = 'wrappers_wait needs the isolation level READ COMMITTED',
      detail = 'A transaction with another level does not see what a refresh commits.';
  end if;
  loop
    copy := @extschema@._wrappers_copy_of(target);
    if copy.fresh_as_of >= at then
      return copy.fresh_as_of;
    elsif clock_timestamp() >= deadline then
      raise exception using errcode = '55000',
        message = format('the copy %s is fresh as of %s, not of %s', target, copy.fresh_as_of, at),
        detail = coalesce(format('Its last run failed: %s', copy.last_error), 'No run has read it since.'),
        hint = format('Wait longer, or refresh it: call wrappers_refresh(%L)', target);
    end if;
    perform pg_sleep(0.05);
  end loop;
end
$$;
comment on function wrappers_wait is 'Waits until a copy has every change before a time';

-- The estimated requests of a statement that reads one foreign table. With expected_rows, of that many rows.
create function _wrappers_copy_requests(statement text, expected_rows bigint default null) returns bigint
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  plan jsonb;
  requests numeric;
  planned_rows numeric;
begin
  execute 'explain (format json) ' || statement into plan;
  select sum(r::numeric) into requests from jsonb_path_query(plan, 'strict $.**."Requests (estimated)"') r;
  planned_rows := greatest(1, (plan -> 0 -> 'Plan' ->> 'Plan Rows')::numeric);
  return greatest(1, ceil(requests * coalesce(expected_rows, planned_rows) / planned_rows));
end
$$;

create function wrappers_copy_plan(target regclass, reconcile boolean default false)
returns table (step text, requests bigint, reason text)
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy constant @extschema@.wrappers_copies := @extschema@._wrappers_copy_of(target);
  q constant record := @extschema@._wrappers_copy_sql(copy);
  expected_rows bigint;
begin
  step := 'rows';
  if copy.kind = 'whole' then
    requests := @extschema@._wrappers_copy_requests(format('select %s from %s', q.column_list, copy.source), copy.rows);
    reason := 'all rows: nothing tells which have changed';
  else
    -- As many as in a time of the same length before the watermark.
    execute format('select count(*) from %s where %I >= $1 - (now() - $1)', copy.target, copy.change_column)
    using copy.watermark into expected_rows;
    requests := @extschema@._wrappers_copy_requests(
      format('select %s from %s where %I >= %L', q.column_list, copy.source, copy.change_column, copy.watermark),
      expected_rows);
    reason := format('about %s rows with %s from %s on', expected_rows, copy.change_column, copy.watermark);
  end if;
  return next;
  if copy.kind = 'incremental' and copy.deletes <> 'off' then
    step := 'reconcile';
    if @extschema@._wrappers_copy_reconciles(copy, reconcile) then
      requests := @extschema@._wrappers_copy_requests(
        format('select %s, %I from %s', q.key_list, copy.change_column, copy.source), copy.rows);
      reason := 'keys of all rows, to find deleted ones';
    else
      requests := 0;
      reason := format('due at %s', copy.reconcile_watermark + copy.reconcile_every);
    end if;
    return next;
  end if;
  step := 'keys';
  select count(*), format('%s keys to read again', count(*)) into requests, reason
  from @extschema@.wrappers_copy_keys k where k.target = wrappers_copy_plan.target and k.state <> 'gone';
  return next;
end
$$;
comment on function wrappers_copy_plan is 'Requests that the next run of a copy sends by estimate, and why';
