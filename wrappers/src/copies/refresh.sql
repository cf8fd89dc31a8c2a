-- Runs of copies. A run is several transactions; each is one call of _wrappers_copy_step:
--
--   rows       the rows that changed since the watermark, or the whole list; keys to read again are noted
--   reconcile  compares all keys with those of the target, if it is due, and notes the keys that differ
--   keys       reads noted keys by key, a few at a time: only the API's answer for a key deletes its row
--   finish     moves fresh_as_of and deletes_as_of
--
-- A run that is killed loses nothing: its watermark and the keys it noted were committed together, and the next run
-- reads these keys.

-- The parts of statements that depend on the columns of a copy. t is the target and s the rows that were read.
create function _wrappers_copy_sql(
  copy wrappers_copies,
  out column_list text, out s_columns text, out key_list text, out first_key text, out same_key text, out s_key text,
  out differs text, out on_conflict text, out is_current text, out note_missing text
)
stable language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone text;
  t_key text;
begin
  select string_agg(quote_ident(c), ', ' order by n) into gone
  from unnest(copy.columns) with ordinality u(c, n)
  where not exists (select from pg_attribute a where a.attrelid = copy.source and a.attname = c and not a.attisdropped)
    or not exists (select from pg_attribute a where a.attrelid = copy.target and a.attname = c and not a.attisdropped);
  if gone is not null then
    raise exception using errcode = '42703', message = format('columns of the copy %s are gone: %s', copy.target, gone),
      hint = format('Add them again to %s and %s, or end the copy with wrappers_copy_drop and make another.',
        copy.source, copy.target);
  end if;
  select string_agg(quote_ident(c), ', ' order by n), string_agg(format('s.%I', c), ', ' order by n)
  into column_list, s_columns
  from unnest(copy.columns) with ordinality u(c, n);
  select string_agg(quote_ident(k), ', ' order by n), string_agg(format('t.%1$I = s.%1$I', k), ' and ' order by n),
    format('array[%s]', string_agg(format('s.%I::text', k), ', ' order by n)),
    format('array[%s]', string_agg(format('t.%I::text', k), ', ' order by n))
  into key_list, same_key, s_key, t_key
  from unnest(copy.key_columns) with ordinality u(k, n);
  first_key := quote_ident(copy.key_columns[1]);
  -- Types without an equality operator are compared as text.
  select coalesce(
      string_agg(format(case when as_text then 't.%1$I::text is distinct from s.%1$I::text'
        else 't.%1$I is distinct from s.%1$I' end, c), ' or ' order by n),
      'false'),
    coalesce('do update set ' || string_agg(format('%1$I = excluded.%1$I', c), ', ' order by n), 'do nothing')
  into differs, on_conflict
  from unnest(copy.columns) with ordinality u(c, n)
  join pg_attribute a on a.attrelid = copy.target and a.attname = c and not a.attisdropped
  join pg_type y on y.oid = a.atttypid,
  lateral (select coalesce(nullif(y.typbasetype, 0), y.oid) in ('json'::regtype, 'xml'::regtype)
    or y.typcategory = 'G' as as_text) l
  where c <> all (copy.key_columns);
  on_conflict := format('on conflict (%s) %s', key_list, on_conflict);
  -- A search may lag behind the rows that were read by key.
  is_current := case when copy.change_column is null then 'true'
    else format('(t.%1$I is null or s.%1$I is null or s.%1$I >= t.%1$I)', copy.change_column) end;
  -- The keys of the target $1 that a common table expression list does not have.
  note_missing := format(
    'insert into @extschema@.wrappers_copy_keys as k (target, key, state)
     select $1, %s, ''missing'' from %s t where not exists (select from list s where %s)
     on conflict (target, key) do update set state = excluded.state returning k.key',
    t_key, copy.target, same_key);
end
$$;

-- Reads rows of the list, those that changed since a time or all, and writes what differs. With finds_missing, notes
-- the keys of the target that the list does not have.
create function _wrappers_copy_rows(
  copy wrappers_copies, since timestamptz, finds_missing boolean,
  out written bigint, out inserted bigint, out missing bigint, out lateness interval
)
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  q constant record := @extschema@._wrappers_copy_sql(copy);
  conditions text[] := '{}';
begin
  if since is not null then
    conditions := conditions || format('%I >= $2', copy.change_column);
  end if;
  if copy.retain is not null then
    conditions := conditions || format('%I >= now() - $4', copy.change_column);
  end if;
  execute format(
    'with list as materialized (select %1$s from %2$s%3$s),
     gone as materialized (
       select k.key from @extschema@.wrappers_copy_keys k where k.target = $1 and k.state in (''gone'', ''returned'')),
     changed as materialized (
       select %4$s, t.%5$s is null as "is new",
         t.%5$s is null and exists (select from gone g where g.key = %6$s) as "is returned", %12$s as "changed at"
       from list s left join %7$s t on %8$s
       where t.%5$s is null or (%9$s and (%10$s))),
     written as (
       insert into %7$s (%1$s) select %4$s from changed s where not "is returned" %11$s returning 1),
     returned as (
       update @extschema@.wrappers_copy_keys k set state = ''returned''
       where k.target = $1 and k.state = ''gone'' and k.key in (select %6$s from changed s where "is returned")),
     read as (
       delete from @extschema@.wrappers_copy_keys k
       where $5 and k.target = $1 and k.state = ''differs'' and k.key in (select %6$s from list s)),
     missing as (%13$s)
     select (select count(*) from written), (select count(*) from changed where "is new" and not "is returned"),
       (select count(*) from missing), (select max($3 - "changed at") from changed where "changed at" < $3)',
    q.column_list, copy.source,
    case when conditions <> '{}' then ' where ' || array_to_string(conditions, ' and ') else '' end,
    q.s_columns, q.first_key, q.s_key, copy.target, q.same_key, q.is_current, q.differs, q.on_conflict,
    coalesce('s.' || quote_ident(copy.change_column), 'null::timestamptz'),
    case when finds_missing then q.note_missing else 'select null::text[] where false' end)
  using copy.target, since, copy.watermark + copy.overlap, copy.retain, since is null
  into written, inserted, missing, lateness;
end
$$;

-- Compares the keys and times of change of the whole list with the target, and notes the keys that differ.
create function _wrappers_copy_compare(copy wrappers_copies, out differing bigint, out missing bigint)
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  q constant record := @extschema@._wrappers_copy_sql(copy);
begin
  execute format(
    'with list as materialized (select %1$s, %2$I from %3$s),
     differing as (
       insert into @extschema@.wrappers_copy_keys as k (target, key, state)
       select $1, %4$s, ''differs'' from list s left join %5$s t on %6$s
       where t.%7$s is null or s.%2$I > t.%2$I or (s.%2$I is null) <> (t.%2$I is null)
       on conflict (target, key) do update
       set state = case when k.state in (''gone'', ''returned'') then ''returned'' else excluded.state end
       returning 1),
     missing as (%8$s)
     select (select count(*) from differing), (select count(*) from missing)',
    q.key_list, copy.change_column, copy.source, q.s_key, copy.target, q.same_key, q.first_key, q.note_missing)
  using copy.target
  into differing, missing;
end
$$;

-- Reads noted keys again, each by a request of its own where the API has one for a key, and writes or deletes their
-- rows. pending is the number of keys that are left.
create function _wrappers_copy_keys(
  copy wrappers_copies, out written bigint, out inserted bigint, out deleted bigint, out pending bigint
)
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Requests of one statement are sent side by side, and each adds to its planning.
  most constant integer := case when copy.has_lookup then 20 else 100000 end;
  q constant record := @extschema@._wrappers_copy_sql(copy);
  asked text;
  answer text;
begin
  with chosen as (
    select k.key, row_number() over (order by k.key) as n
    from @extschema@.wrappers_copy_keys k where k.target = copy.target and k.state <> 'gone' order by k.key limit most),
  literals as (
    select c.n, a.n as part, format('%I', a.name) as name,
      format('%L::%s', c.key[a.n], format_type(t.atttypid, t.atttypmod)) as value
    from chosen c, unnest(copy.key_columns) with ordinality a(name, n)
    join pg_attribute t on t.attrelid = copy.target and t.attname = a.name)
  select string_agg(format('(%s)', r.row_values), ', ' order by r.n),
    string_agg(format('(select %s from %s where %s)', q.column_list, copy.source, r.condition), ' union all ' order by r.n)
  into asked, answer
  from (
    select l.n, string_agg(l.value, ', ' order by l.part) as row_values,
      string_agg(l.name || ' = ' || l.value, ' and ' order by l.part) as condition
    from literals l group by l.n) r;
  if asked is null then
    written := 0;
    inserted := 0;
    deleted := 0;
    pending := 0;
    return;
  end if;
  if not copy.has_lookup then
    answer := format('select %s from %s t where exists (select from asked s where %s)', q.column_list, copy.source, q.same_key);
  end if;
  execute format(
    'with asked (%1$s) as materialized (values %2$s),
     answer as materialized (%3$s),
     changed as materialized (
       select %4$s, t.%5$s is null as "is new" from answer s left join %6$s t on %7$s
       where t.%5$s is null or (%8$s)),
     written as (insert into %6$s (%9$s) select %4$s from changed s %10$s returning 1),
     absent as materialized (
       select s.* from asked s where not exists (select from answer t where %7$s)),
     deleted as (delete from %6$s t using absent s where %7$s returning 1),
     read as (
       delete from @extschema@.wrappers_copy_keys k where k.target = $1 and k.key in (select %11$s from answer s)),
     gone as (
       update @extschema@.wrappers_copy_keys k set state = ''gone'', since = now()
       where k.target = $1 and k.key in (select %11$s from absent s))
     select (select count(*) from written), (select count(*) from changed where "is new"), (select count(*) from deleted)',
    q.key_list, asked, answer, q.s_columns, q.first_key, copy.target, q.same_key, q.differs, q.column_list,
    q.on_conflict, q.s_key)
  using copy.target
  into written, inserted, deleted;
  select count(*) into pending
  from @extschema@.wrappers_copy_keys k where k.target = copy.target and k.state <> 'gone';
end
$$;

-- Refuses a run that would delete what looks like a mistake.
create function _wrappers_copy_brake(copy wrappers_copies) returns void
stable language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  allowed constant bigint := @extschema@._wrappers_copy_deletes_allowed(copy.max_deletes, copy.rows);
  missing bigint;
  examples text;
begin
  select count(*) into missing
  from @extschema@.wrappers_copy_keys k where k.target = copy.target and k.state = 'missing';
  if missing <= allowed then
    return;
  end if;
  select string_agg(array_to_string(k.key, ', '), '; ') into examples
  from (select k.key from @extschema@.wrappers_copy_keys k
    where k.target = copy.target and k.state = 'missing' order by k.key limit 5) k;
  raise exception using errcode = '54000',
    message = format('%s of %s rows of the copy %s are not in %s any more: more than max_deletes allows', missing,
      copy.rows, copy.target, copy.source),
    detail = format('At most %s are deleted in one run. Nothing was deleted. Among the missing keys: %s', allowed, examples),
    hint = format('If the rows are gone indeed: select wrappers_copy_alter(%L, max_deletes => ''100 %%''), refresh, and set it back.',
      copy.target);
end
$$;

-- Removes keys that were found gone a day ago, and the rows that are older than the copy retains.
create function _wrappers_copy_expire(copy wrappers_copies, out deleted bigint)
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from @extschema@.wrappers_copy_keys k
  where k.target = copy.target and k.state = 'gone' and k.since < now() - interval '1 day';
  deleted := 0;
  if copy.retain is not null then
    execute format('delete from %s where %I < now() - $1', copy.target, copy.change_column) using copy.retain;
    get diagnostics deleted = row_count;
  end if;
end
$$;

-- The first fill, in the transaction that creates the copy.
create function _wrappers_copy_fill(copy wrappers_copies, is_new boolean) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  -- More requests in each run are worth a notice.
  most_requests constant bigint := 100;
  started constant timestamptz := clock_timestamp();
  filled record;
  reads record;
  as_of timestamptz;
begin
  perform @extschema@.wrappers_session_reads();
  filled := @extschema@._wrappers_copy_rows(copy, null, not is_new and copy.kind <> 'append' and copy.deletes <> 'off');
  reads := @extschema@.wrappers_session_reads();
  as_of := least(reads.api_time, started) - copy.overlap;
  -- Rows that the table had before and the list has not are asked for by the next run.
  execute format('select count(*) from %s', copy.target) into copy.rows;
  update @extschema@.wrappers_copies c
  set watermark = as_of, fresh_as_of = as_of, rows = copy.rows,
    deletes_as_of = case when is_new and copy.kind <> 'append' and copy.deletes <> 'off' then as_of end,
    reconcile_watermark = as_of,
    last_changes = filled.written, last_deletes = 0, last_requests = reads.requests,
    last_started_at = started, last_succeeded_at = clock_timestamp(),
    next_run_at = case when is_new then started + copy.every else started end
  where c.target = copy.target;
  if copy.kind = 'whole' and reads.requests > most_requests then
    raise notice using message = format('each run of %s sends about %s requests, every %s', copy.target, reads.requests, copy.every),
      hint = format('To send them less often: select wrappers_copy_alter(%L, every => ''1 day'')', copy.target);
  end if;
end
$$;

-- Starts a run: checks that it may run, and gives it the number by which its other transactions know that no other
-- run has begun.
create function _wrappers_copy_begin(target regclass) returns bigint
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy constant @extschema@.wrappers_copies := @extschema@._wrappers_copy_of(target);
  number constant bigint := copy.run + 1;
begin
  if not exists (
    select from pg_class c join pg_roles r on r.oid = c.relowner where c.oid = target and r.rolname = current_user)
  then
    raise exception using errcode = '42501', message = format('the copy %s is not a table of %I', target, current_user),
      hint = 'A run has the rights of the role that calls it: call it as the owner of the table.';
  end if;
  if copy.system_identifier <> (select s.system_identifier from pg_control_system() s) then
    raise exception using errcode = '55000', message = format('the copy %s was restored in another server', target),
      detail = 'It is paused, so that a clone does not send requests to the API that the original reads.',
      hint = format('To run it here: select wrappers_copy_resume(%L)', target);
  end if;
  if copy.is_paused then
    raise exception using errcode = '55000', message = format('the copy %s is paused', target),
      hint = format('To run it again: select wrappers_copy_resume(%L)', target);
  end if;
  perform @extschema@._wrappers_copy_lock(target);
  perform @extschema@.wrappers_session_reads();
  update @extschema@.wrappers_copies c
  set run = number, last_started_at = clock_timestamp(), last_changes = 0, last_deletes = 0, last_requests = 0
  where c.target = _wrappers_copy_begin.target;
  return number;
end
$$;

-- One run of a copy at a time. The lock ends with the transaction.
create function _wrappers_copy_lock(target regclass) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The first key is that of copies, the second one the table's.
  if not pg_try_advisory_xact_lock(1668247673, target::oid::bigint::bit(32)::integer) then
    raise exception using errcode = '55P03', message = format('the copy %s is being refreshed by another session', target),
      hint = 'wrappers_wait waits until it is fresh.';
  end if;
end
$$;

-- One transaction of a run. Returns the next step, null after the last one. An error is kept in the copy and returned.
create function _wrappers_copy_step(
  target regclass, run bigint, step text, reconcile boolean, out next_step text, out failure jsonb
)
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy @extschema@.wrappers_copies := @extschema@._wrappers_copy_of(target);
  state text;
  message text;
  detail text;
  hint text;
begin
  perform @extschema@._wrappers_copy_lock(target);
  if copy.run <> _wrappers_copy_step.run then
    raise exception using errcode = '55P03', message = format('another session has begun to refresh the copy %s', target);
  end if;
  begin
    next_step := @extschema@._wrappers_copy_do(copy, step, reconcile);
  exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, detail = pg_exception_detail,
      hint = pg_exception_hint;
    failure := jsonb_build_object('code', state, 'message', message, 'detail', detail, 'hint', hint);
    next_step := null;
    update @extschema@.wrappers_copies c
    set failures = copy.failures + 1, last_error_code = state, last_error_at = clock_timestamp(),
      -- The pause doubles with each failure, up to an hour or the interval of the runs.
      next_run_at = clock_timestamp()
        + least(copy.every * (2 ^ least(copy.failures, 20)), greatest(copy.every, interval '1 hour'))
    where c.target = _wrappers_copy_step.target;
    delete from @extschema@.wrappers_copy_errors e where e.target = _wrappers_copy_step.target;
    insert into @extschema@.wrappers_copy_errors values (_wrappers_copy_step.target, message);
  end;
end
$$;

-- True if a run compares the keys of all rows: they have not been compared for long, or the caller wants it.
create function _wrappers_copy_reconciles(copy wrappers_copies, reconcile boolean) returns boolean
volatile language sql
set search_path = pg_catalog, pg_temp
as $$
  select copy.kind = 'incremental' and copy.deletes <> 'off'
    and (reconcile or copy.reconcile_watermark is null
      or copy.reconcile_watermark < clock_timestamp() - copy.reconcile_every)
$$;

-- The work of a step, with the numbers of the run brought up to date.
create function _wrappers_copy_do(copy wrappers_copies, step text, reconcile boolean) returns text
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  -- More keys than this are cheaper to read as a list.
  most_keys constant bigint := 500;
  started constant timestamptz := clock_timestamp();
  finds_missing constant boolean := copy.kind = 'whole' and copy.deletes <> 'off';
  next_step text;
  done record;
  reads record;
  as_of timestamptz;
  written bigint := 0;
  inserted bigint := 0;
  deleted bigint := 0;
  lateness interval;
begin
  case step
    when 'rows', 'list' then
      deleted := @extschema@._wrappers_copy_expire(copy);
      done := @extschema@._wrappers_copy_rows(
        copy, case when step = 'rows' and copy.kind <> 'whole' then copy.watermark end, finds_missing);
      written := done.written;
      inserted := done.inserted;
      lateness := done.lateness;
      next_step := case when step = 'rows' and @extschema@._wrappers_copy_reconciles(copy, reconcile) then 'reconcile' else 'keys' end;
    when 'reconcile' then
      done := @extschema@._wrappers_copy_compare(copy);
      next_step := case when done.differing > most_keys then 'list' else 'keys' end;
    when 'keys' then
      done := @extschema@._wrappers_copy_keys(copy);
      written := done.written;
      inserted := done.inserted;
      deleted := done.deleted;
      next_step := case when done.pending > 0 then 'keys' else 'finish' end;
    when 'finish' then null;
  end case;
  if step <> 'finish' then
    perform @extschema@._wrappers_copy_brake(copy);
  end if;

  reads := @extschema@.wrappers_session_reads();
  as_of := least(reads.api_time, started) - copy.overlap;
  update @extschema@.wrappers_copies c
  set last_requests = c.last_requests + reads.requests,
    last_changes = c.last_changes + written + deleted,
    last_deletes = c.last_deletes + deleted,
    rows = c.rows + inserted - deleted,
    -- A search that lagged behind may lag as long again.
    overlap = case when step = 'rows' then greatest(c.overlap, least(2 * lateness, interval '1 hour')) else c.overlap end,
    watermark = case when step in ('rows', 'list') then greatest(c.watermark, as_of) else c.watermark end,
    reconcile_watermark = case when step = 'reconcile' or (step = 'rows' and finds_missing) then as_of
      else c.reconcile_watermark end,
    fresh_as_of = case when step = 'finish' then greatest(c.fresh_as_of, c.watermark) else c.fresh_as_of end,
    deletes_as_of = case when step = 'finish' and c.deletes <> 'off' and c.kind <> 'append'
      then greatest(c.deletes_as_of, c.reconcile_watermark) else c.deletes_as_of end
  where c.target = copy.target;
  if step = 'finish' then
    update @extschema@.wrappers_copies c
    set failures = 0, last_error_code = null, last_error_at = null,
      last_succeeded_at = clock_timestamp(), next_run_at = c.last_started_at + c.every
    where c.target = copy.target;
    delete from @extschema@.wrappers_copy_errors e where e.target = copy.target;
  end if;
  return next_step;
end
$$;

create procedure _wrappers_copy_run(target regclass, reconcile boolean, inout failure jsonb default null)
language plpgsql
as $$
declare
  run bigint;
  step text := 'rows';
begin
  run := @extschema@._wrappers_copy_begin(target);
  commit;
  while step is not null loop
    select s.next_step, s.failure into step, failure
    from @extschema@._wrappers_copy_step(target, run, step, reconcile) s;
    commit;
  end loop;
end
$$;

create procedure wrappers_refresh(target regclass, reconcile boolean default false)
language plpgsql
as $$
declare
  failure jsonb;
begin
  call @extschema@._wrappers_copy_run(target, reconcile, failure);
  if failure is not null then
    perform @extschema@._wrappers_copy_raise(failure);
  end if;
end
$$;
comment on procedure wrappers_refresh is 'Refreshes a copy now; with reconcile, finds all deleted rows too';

create function _wrappers_copy_raise(failure jsonb) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  code constant text := failure ->> 'code';
  message constant text := failure ->> 'message';
  detail constant text := failure ->> 'detail';
  hint constant text := failure ->> 'hint';
begin
  -- An empty detail or hint would be shown as an empty line.
  if detail <> '' and hint <> '' then
    raise exception using errcode = code, message = message, detail = detail, hint = hint;
  elsif detail <> '' then
    raise exception using errcode = code, message = message, detail = detail;
  elsif hint <> '' then
    raise exception using errcode = code, message = message, hint = hint;
  else
    raise exception using errcode = code, message = message;
  end if;
end
$$;

create procedure wrappers_refresh_due()
language plpgsql
as $$
declare
  due constant regclass[] := @extschema@._wrappers_copies_due();
  copy regclass;
  failure jsonb;
begin
  foreach copy in array due loop
    -- Another session may be refreshing it, and it may have been paused or dropped.
    if @extschema@._wrappers_copy_is_free(copy) then
      failure := null;
      call @extschema@._wrappers_copy_run(copy, false, failure);
      if failure is not null then
        raise warning using errcode = failure operator(pg_catalog.->>) 'code',
          message = pg_catalog.format('the copy %s was not refreshed: %s', copy, failure operator(pg_catalog.->>) 'message');
      end if;
    end if;
    commit;
  end loop;
end
$$;
comment on procedure wrappers_refresh_due is 'Refreshes the copies of the current role that are due; a scheduler calls it';

create function _wrappers_copies_due() returns regclass[]
stable language sql
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(c.target order by c.next_run_at), '{}')
  from @extschema@.wrappers_copies c
  join pg_class t on t.oid = c.target
  join pg_roles r on r.oid = t.relowner
  where r.rolname = current_user and not c.is_paused and c.next_run_at <= now()
    and c.system_identifier = (select s.system_identifier from pg_control_system() s)
$$;

create function _wrappers_copy_is_free(target regclass) returns boolean
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._wrappers_copy_lock(target);
  return target = any (@extschema@._wrappers_copies_due());
exception when lock_not_available then
  return false;
end
$$;
