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
