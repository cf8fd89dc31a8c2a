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
