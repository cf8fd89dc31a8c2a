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
