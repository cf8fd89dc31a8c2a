-- What 0.2.0 creates, changes and drops since 0.1.0, for `alter extension wrappers update`.

CREATE  FUNCTION "auth0_log_types"() RETURNS TABLE (
	"code" TEXT,
	"outcome" TEXT,
	"meaning" TEXT
)
IMMUTABLE STRICT PARALLEL SAFE
LANGUAGE c
AS 'MODULE_PATHNAME', 'auth0_log_types_wrapper';

CREATE OR REPLACE FUNCTION "rest_check_server"(
	"server" TEXT
) RETURNS TABLE (
	"subject" TEXT,
	"verdict" TEXT,
	"message" TEXT
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'rest_check_server_wrapper';

CREATE OR REPLACE FUNCTION "rest_fdw_handler"() RETURNS fdw_handler
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'rest_fdw_handler_wrapper';

CREATE OR REPLACE FUNCTION "rest_fdw_meta"() RETURNS TABLE (
	"name" TEXT,
	"version" TEXT
)
STRICT
LANGUAGE c
AS 'MODULE_PATHNAME', 'rest_fdw_meta_wrapper';

CREATE OR REPLACE FUNCTION "rest_fdw_validator"(
	"options" TEXT[],
	"catalog" oid
) RETURNS void

LANGUAGE c
AS 'MODULE_PATHNAME', 'rest_fdw_validator_wrapper';

CREATE  FUNCTION "wrappers_copy_source"(
	"source" oid,
	"handler" TEXT
) RETURNS TABLE (
	"key" TEXT[],
	"missing" TEXT[],
	"kind" TEXT,
	"change_column" TEXT,
	"has_lookup" bool
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'wrappers_copy_source_wrapper';

CREATE  FUNCTION "wrappers_session_reads"() RETURNS TABLE (
	"requests" bigint,
	"api_time" timestamp with time zone
)
STRICT VOLATILE
LANGUAGE c
AS 'MODULE_PATHNAME', 'wrappers_session_reads_wrapper';

-- Copies: begin (scripts/schema writes wrappers/src/copies/*.sql here)
-- The state of the copies. A dump of the database has it: rows and watermark are of one snapshot. Every role may read it,
-- since a role that may not could not dump the database; so it has no value from a row.
create table wrappers_copy_states (
  target regclass primary key,
  source regclass not null,
  kind text not null,
  every interval not null,
  deletes text not null,
  reconcile_every interval not null,
  max_deletes text not null,
  history regclass,
  retain interval,
  overlap interval not null default '1 minute',
  is_paused boolean not null default false,
  fresh_as_of timestamptz,
  deletes_as_of timestamptz,
  rows bigint not null default 0,
  last_changes bigint,
  last_deletes bigint,
  last_requests bigint,
  last_started_at timestamptz,
  last_succeeded_at timestamptz,
  next_run_at timestamptz not null default pg_catalog.now(),
  failures integer not null default 0,
  last_error_code text,
  last_error_at timestamptz,
  key_columns text[] not null,
  columns text[] not null,
  change_column text,
  has_lookup boolean not null,
  watermark timestamptz,
  reconcile_watermark timestamptz,
  run bigint not null default 0,
  target_type regtype not null,
  system_identifier bigint not null
);

-- Keys whose rows are read again by key, and keys that were found gone.
--   missing   in the target and not in the list: deleted if the API has no row with this key
--   differs   in the list with a later change than in the target, or not in the target
--   returned  in a list after it was found gone
--   gone      found gone less than a day ago: a list that still has it does not bring it back
create table wrappers_copy_key_states (
  target regclass not null references wrappers_copy_states on delete cascade,
  key text[] not null,
  state text not null,
  since timestamptz not null default pg_catalog.now(),
  primary key (target, key)
);

-- The message of the last run's error, which may quote a value.
create table wrappers_copy_error_states (
  target regclass primary key references wrappers_copy_states on delete cascade,
  message text not null
);

select pg_catalog.pg_extension_config_dump('wrappers_copy_states', '');
grant select on wrappers_copy_states to public;

-- A copy belongs to the owner of its target. The views show and change only rows of copies that the current role owns
-- by itself or by membership. (Row-level security would be in a dump a second time.)
create view wrappers_copies with (security_barrier) as
  select *, (select e.message from wrappers_copy_error_states e where e.target operator(pg_catalog.=) s.target) as last_error
  from wrappers_copy_states s
  where pg_catalog.pg_has_role(
    (select c.relowner from pg_catalog.pg_class c
     where c.oid operator(pg_catalog.=) target and c.reltype operator(pg_catalog.=) target_type), 'USAGE')
  with check option;

create view wrappers_copy_keys with (security_barrier) as
  select * from wrappers_copy_key_states
  where pg_catalog.pg_has_role(
    (select c.relowner from pg_catalog.pg_class c where c.oid operator(pg_catalog.=) target), 'USAGE')
  with check option;

create view wrappers_copy_errors with (security_barrier) as
  select * from wrappers_copy_error_states
  where pg_catalog.pg_has_role(
    (select c.relowner from pg_catalog.pg_class c where c.oid operator(pg_catalog.=) target), 'USAGE')
  with check option;

grant select, insert, update, delete on wrappers_copies, wrappers_copy_keys, wrappers_copy_errors to public;

comment on table wrappers_copy_states is 'State of all copies; see the view wrappers_copies';
comment on table wrappers_copy_key_states is 'Keys that copies read again; see the view wrappers_copy_keys';
comment on table wrappers_copy_error_states is 'Errors of the last runs of copies; see the view wrappers_copies';
comment on view wrappers_copies is 'Copies of foreign tables in tables of the current role';
comment on view wrappers_copy_keys is 'Keys of copies that are read again, or were found gone';
comment on view wrappers_copy_errors is 'Errors of the last runs of copies in tables of the current role';
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
-- Versions of the rows of a copy: each change of the target closes one and opens another.

create function _wrappers_copy_keep_history(target regclass, history_name text, key_list text) returns void
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('create table %s (like %s, valid_from timestamptz not null, valid_to timestamptz)', history_name, target);
  execute format('create unique index on %s (%s) where valid_to is null', history_name, key_list);
  execute format('create index on %s (%s, valid_from)', history_name, key_list);
  execute format('insert into %s select t.*, clock_timestamp(), null from %s t', history_name, target);
  update @extschema@.wrappers_copies c set history = history_name::regclass
  where c.target = _wrappers_copy_keep_history.target;
  execute format(
    'create trigger wrappers_copy_history_insert after insert on %s referencing new table as new_rows
     for each statement execute function @extschema@.wrappers_copy_history()', target);
  execute format(
    'create trigger wrappers_copy_history_update after update on %s
     referencing old table as old_rows new table as new_rows
     for each statement execute function @extschema@.wrappers_copy_history()', target);
  execute format(
    'create trigger wrappers_copy_history_delete after delete on %s referencing old table as old_rows
     for each statement execute function @extschema@.wrappers_copy_history()', target);
end
$$;

create function wrappers_copy_history() returns trigger
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  copy constant @extschema@.wrappers_copies := @extschema@._wrappers_copy_of(tg_relid);
  column_list constant text := (select string_agg(quote_ident(c), ', ' order by n)
    from unnest(copy.columns) with ordinality u(c, n));
  same_key constant text := (select string_agg(format('h.%1$I = o.%1$I', k), ' and ' order by n)
    from unnest(copy.key_columns) with ordinality u(k, n));
  at constant timestamptz := clock_timestamp();
begin
  if tg_op in ('UPDATE', 'DELETE') then
    execute format('update %s h set valid_to = $1 from old_rows o where %s and h.valid_to is null', copy.history, same_key)
    using at;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    execute format('insert into %s (%s, valid_from) select %2$s, $1 from new_rows', copy.history, column_list) using at;
  end if;
  return null;
end
$$;
comment on function wrappers_copy_history is 'Trigger that keeps the versions of the rows of a copy';
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
-- Comments on imported tables: IMPORT FOREIGN SCHEMA creates tables only.

create function wrappers_comment_tables(server text, schema text) returns bigint
volatile language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  source constant text := (
    select substring(h.prosrc from '^(.*)_fdw_handler_wrapper$')
    from pg_foreign_server s
    join pg_foreign_data_wrapper w on w.oid = s.srvfdw
    join pg_proc h on h.oid = w.fdwhandler
    where s.srvname = server);
  commented bigint := 0;
  foreign_table record;
  described record;
begin
  if source is null then
    raise exception using errcode = '42704', message = format('there is no server %I of wrappers', server),
      hint = 'The catalog pg_foreign_server lists the servers.';
  end if;
  if to_regprocedure(format('@extschema@.%I()', source || '_fdw_columns')) is null then
    raise exception using errcode = '0A000', message = format('the server %I has no predefined tables', server),
      hint = 'Write comments with COMMENT ON FOREIGN TABLE.';
  end if;
  for foreign_table in
    select c.oid::regclass as name, coalesce(o.option_value, c.relname) as entity
    from pg_foreign_table t
    join pg_class c on c.oid = t.ftrelid
    join pg_foreign_server s on s.oid = t.ftserver
    left join pg_options_to_table(t.ftoptions) o on o.option_name = 'object'
    where s.srvname = server and c.relnamespace = to_regnamespace(quote_ident(schema))
    order by c.relname
  loop
    for described in execute format(
      'select format(''foreign table %%s'', $1) as object, e.description
         from @extschema@.%1$I() e
        where e.entity = $2 and obj_description($1, ''pg_class'') is null
       union all
       select format(''column %%s.%%I'', $1, a.attname), d.description
         from @extschema@.%2$I() d
         join pg_attribute a on a.attrelid = $1 and a.attname = d.column_name and not a.attisdropped
        where d.entity = $2 and col_description($1, a.attnum) is null',
      source || '_fdw_entities', source || '_fdw_columns')
    using foreign_table.name, foreign_table.entity
    loop
      execute format('comment on %s is %L', described.object, described.description);
      commented := commented + 1;
    end loop;
  end loop;
  return commented;
end
$$;
comment on function wrappers_comment_tables is
  'Writes the descriptions of predefined tables and columns as comments where there is none; returns their number';
-- Copies: end
