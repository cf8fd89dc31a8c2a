-- Creates, changes and ends copies.

create function _wrappers_copy_deletes_allowed(max_deletes text, rows bigint) returns bigint
immutable strict parallel safe language sql
set search_path = pg_catalog, pg_temp
return case
  when max_deletes ~ '%' then greatest(100, floor(rows * trim(replace(max_deletes, '%', ''))::numeric / 100))::bigint
  else trim(max_deletes)::bigint
end;
comment on function _wrappers_copy_deletes_allowed is 'The most rows that one run of a copy deletes';

create function _wrappers_copy_check_options(
  every interval, deletes text, reconcile_every interval, max_deletes text, retain interval, kind text
) returns void
immutable language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if every is null or every < interval '1 second' then
    raise exception using errcode = '22023', message = format('every cannot be %s', coalesce(every::text, 'null')),
      hint = 'Give at least 1 second, as in every => ''5 minutes''.';
  end if;
  if deletes is null or deletes not in ('auto', 'reconcile', 'off') then
    raise exception using errcode = '22023', message = format('deletes cannot be %L', deletes),
      hint = 'It is ''auto'', ''reconcile'' or ''off''.';
  end if;
  if reconcile_every is null or reconcile_every < interval '1 minute' then
    raise exception using errcode = '22023',
      message = format('reconcile_every cannot be %s', coalesce(reconcile_every::text, 'null')),
      hint = 'Give at least 1 minute, as in reconcile_every => ''1 day''.';
  end if;
  if max_deletes is null or max_deletes !~ '^ *([0-9]{1,15}|[0-9]{1,3}(\.[0-9]+)? *%) *$' then
    raise exception using errcode = '22023', message = format('max_deletes cannot be %L', max_deletes),
      hint = 'Give a number of rows (''500'') or a share of the copy (''10 %'', which is at least 100 rows).';
  end if;
  if retain is not null and kind <> 'append' then
    raise exception using errcode = '22023', message = 'retain is only for tables whose rows never change',
      hint = 'Leave retain out: the rows of this copy are those of the API.';
  end if;
  if retain <= interval '0' then
    raise exception using errcode = '22023', message = format('retain cannot be %s', retain),
      hint = 'Give the age at which rows are deleted, as in retain => ''1 year''.';
  end if;
end
$$;

create function wrappers_copy(
  source regclass,
  target text,
  every interval default '5 minutes',
  deletes text default 'auto',
  reconcile_every interval default '1 day',
  max_deletes text default '10 %',
  history text default null,
  retain interval default null
) returns regclass
volatile language plpgsql
as $$
declare
  -- Names are resolved in the caller's search path, all else in pg_catalog.
  target_name constant text := @extschema@._wrappers_copy_qualified(target, 'target');
  history_name constant text := @extschema@._wrappers_copy_qualified(history, 'history');
begin
  return @extschema@._wrappers_copy_create(
    source, target_name, every, deletes, reconcile_every, max_deletes, history_name, retain);
end
$$;
comment on function wrappers_copy is 'Copies a foreign table into a table of yours, and keeps it to be refreshed';

create function _wrappers_copy_qualified(name text, argument text) returns text
stable language plpgsql
as $$
declare
  parts constant text[] := pg_catalog.parse_ident(name);
  number constant integer := pg_catalog.cardinality(parts);
begin
  if name is null then
    return null;
  elsif number operator(pg_catalog.=) 1 and pg_catalog.current_schema() is not null then
    return pg_catalog.format('%I.%I', pg_catalog.current_schema(), parts[1]);
  elsif number operator(pg_catalog.=) 2 then
    return pg_catalog.format('%I.%I', parts[1], parts[2]);
  end if;
  raise exception using errcode = '42602', message = pg_catalog.format('%s cannot be %L', argument, name),
    hint = 'Give the name of a table with its schema, as in ''local.users''.';
end
$$;

create function _wrappers_copy_create(
  source regclass, target_name text, every interval, deletes text, reconcile_every interval, max_deletes text,
  history_name text, retain interval
) returns regclass
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  properties record;
  new_columns text[];
  new_kind text;
  key_list text;
  new_target regclass := to_regclass(target_name);
  is_new constant boolean := new_target is null;
  copy @extschema@.wrappers_copies;
begin
  if source is null or target_name is null then
    raise exception using errcode = '22004', message = 'wrappers_copy needs a foreign table and the name of a table',
      hint = 'For example: select wrappers_copy(''auth0.users'', ''local.users'')';
  end if;
  select p.* into properties
  from pg_foreign_table t
  join pg_foreign_server s on s.oid = t.ftserver
  join pg_foreign_data_wrapper w on w.oid = s.srvfdw
  join pg_proc h on h.oid = w.fdwhandler,
  lateral @extschema@.wrappers_copy_source(t.ftrelid, h.prosrc) p
  where t.ftrelid = source;
  if not found then
    raise exception using errcode = '42809', message = format('%s is not a foreign table of wrappers', source),
      hint = 'Only foreign tables of this extension can be copied.';
  end if;
  if properties.key = '{}' then
    raise exception using errcode = '42704', message = format('the rows of %s have no key', source),
      hint = 'A copy needs to know which rows are the same: give the foreign table the option key, if it has one.';
  end if;
  if properties.missing <> '{}' then
    raise exception using errcode = '42703',
      message = format('%s has no column for its key: %s', source, array_to_string(properties.missing, ', ')),
      hint = format('Add it: alter foreign table %s add column %I text', source, properties.missing[1]);
  end if;

  select array_agg(attname::text order by attnum) into new_columns
  from pg_attribute where attrelid = source and attnum > 0 and not attisdropped;
  new_kind := properties.kind;
  if new_kind <> 'whole' and not exists (
    select from pg_attribute
    where attrelid = source and attname = properties.change_column and atttypid = 'timestamptz'::regtype)
  then
    new_kind := 'whole';
    raise notice using message = format('every run reads all rows of %s', source),
      detail = format('Its column "%s" is not of type timestamptz.', properties.change_column);
  end if;
  perform @extschema@._wrappers_copy_check_options(every, deletes, reconcile_every, max_deletes, retain, new_kind);

  select string_agg(quote_ident(k), ', ' order by n) into key_list
  from unnest(properties.key) with ordinality u(k, n);
  if is_new then
    execute format('create table %s (like %s, primary key (%s))', target_name, source, key_list);
    new_target := target_name::regclass;
  else
    perform @extschema@._wrappers_copy_check_target(new_target, source, new_columns, properties.key);
  end if;
  insert into @extschema@.wrappers_copies (
    target, source, kind, every, deletes, reconcile_every, max_deletes, retain, key_columns, columns,
    change_column, has_lookup, target_type, system_identifier)
  select new_target, source, new_kind, every, deletes, reconcile_every, max_deletes, retain, properties.key, new_columns,
    case when new_kind <> 'whole' then properties.change_column end, properties.has_lookup, c.reltype,
    (pg_control_system()).system_identifier
  from pg_class c where c.oid = new_target;
  if history_name is not null then
    perform @extschema@._wrappers_copy_keep_history(new_target, history_name, key_list);
  end if;

  select c.* into copy from @extschema@.wrappers_copies c where c.target = new_target;
  perform @extschema@._wrappers_copy_fill(copy, is_new);
  return new_target;
exception
  when unique_violation then
    if exists (select from @extschema@.wrappers_copies c where c.target = new_target) then
      raise exception using errcode = '42710', message = format('%s is a copy already', new_target),
        hint = 'Change it with wrappers_copy_alter, or end it with wrappers_copy_drop.';
    end if;
    raise;
end
$$;

create function _wrappers_copy_check_target(target regclass, source regclass, columns text[], key text[]) returns void
stable language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong text;
begin
  if not exists (
    select from pg_class
    where oid = target and relkind in ('r', 'p') and relowner = (select r.oid from pg_roles r where r.rolname = current_user))
  then
    raise exception using errcode = '42809', message = format('%s is not a table of %I', target, current_user),
      hint = 'A copy is written to a table of your own: name one that does not exist yet, or own this one.';
  end if;
  select string_agg(format('%I', s.attname), ', ' order by s.attnum) into wrong
  from pg_attribute s
  left join pg_attribute t on t.attrelid = target and t.attname = s.attname and not t.attisdropped
  where s.attrelid = source and s.attname = any (columns) and t.atttypid is distinct from s.atttypid;
  if wrong is not null then
    raise exception using errcode = '42804',
      message = format('%s does not have the columns of %s: %s', target, source, wrong),
      hint = 'Let wrappers_copy create the table, or give it these columns with the types of the foreign table.';
  end if;
  if not exists (
    select from pg_index i
    where i.indrelid = target and i.indisunique and i.indpred is null and i.indexprs is null and i.indisvalid
      and (select array_agg(a.attname::text order by a.attname)
           from pg_attribute a where a.attrelid = target and a.attnum = any (i.indkey[0:i.indnkeyatts - 1]))
        = (select array_agg(k order by k::name) from unnest(key) k))
  then
    raise exception using errcode = '42704', message = format('%s has no unique index on its key', target),
      hint = format('Create it: alter table %s add primary key (%s)', target, array_to_string(key, ', '));
  end if;
end
$$;

create function wrappers_copy_alter(
  target regclass,
  every interval default null,
  deletes text default null,
  reconcile_every interval default null,
  max_deletes text default null,
  retain interval default null
) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy constant @extschema@.wrappers_copies := @extschema@._wrappers_copy_of(target);
begin
  perform @extschema@._wrappers_copy_check_options(
    coalesce(every, copy.every), coalesce(deletes, copy.deletes), coalesce(reconcile_every, copy.reconcile_every),
    coalesce(max_deletes, copy.max_deletes), coalesce(retain, copy.retain), copy.kind);
  update @extschema@.wrappers_copies c
  set every = coalesce(wrappers_copy_alter.every, c.every),
    deletes = coalesce(wrappers_copy_alter.deletes, c.deletes),
    reconcile_every = coalesce(wrappers_copy_alter.reconcile_every, c.reconcile_every),
    max_deletes = coalesce(wrappers_copy_alter.max_deletes, c.max_deletes),
    retain = coalesce(wrappers_copy_alter.retain, c.retain),
    next_run_at = least(c.next_run_at, now() + coalesce(wrappers_copy_alter.every, c.every))
  where c.target = wrappers_copy_alter.target;
end
$$;
comment on function wrappers_copy_alter is 'Changes options of a copy; null leaves an option as it is';

create function wrappers_copy_pause(target regclass) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._wrappers_copy_of(target);
  update @extschema@.wrappers_copies c set is_paused = true where c.target = wrappers_copy_pause.target;
end
$$;
comment on function wrappers_copy_pause is 'Stops the runs of a copy until wrappers_copy_resume';

create function wrappers_copy_resume(target regclass) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._wrappers_copy_of(target);
  update @extschema@.wrappers_copies c
  set is_paused = false, failures = 0, next_run_at = now(),
    -- A dump has no keys to read again: a new comparison finds them.
    reconcile_watermark = null,
    system_identifier = (select s.system_identifier from pg_control_system() s)
  where c.target = wrappers_copy_resume.target;
end
$$;
comment on function wrappers_copy_resume is 'Lets a copy that was paused, or restored in another server, run again';

create function wrappers_copy_drop(target regclass) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy constant @extschema@.wrappers_copies := @extschema@._wrappers_copy_of(target);
begin
  if copy.history is not null then
    execute format('drop trigger if exists wrappers_copy_history_insert on %s', target);
    execute format('drop trigger if exists wrappers_copy_history_update on %s', target);
    execute format('drop trigger if exists wrappers_copy_history_delete on %s', target);
  end if;
  delete from @extschema@.wrappers_copies c where c.target = wrappers_copy_drop.target;
end
$$;
comment on function wrappers_copy_drop is 'Ends a copy; its table stays';

create function _wrappers_copy_of(target regclass) returns wrappers_copies
stable language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy @extschema@.wrappers_copies;
begin
  select c.* into copy from @extschema@.wrappers_copies c where c.target = _wrappers_copy_of.target;
  if not found then
    raise exception using errcode = '42704', message = format('%s is not a copy', coalesce(target::text, 'null')),
      hint = 'The view wrappers_copies lists the copies in your tables.';
  end if;
  return copy;
end
$$;
