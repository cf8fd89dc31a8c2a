-- A stand-in for supabase_vault 0.3, for tests only: the same table, view and functions, with the
-- same privileges. Secrets are not in clear at rest, but whoever reads the table can undo it: the
-- real extension encrypts them with a key outside the database.

create schema vault;
revoke all on schema vault from public;

create function vault._crypto_aead_det_noncegen() returns bytea
language sql volatile
return pg_catalog.decode(pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''), 'hex');

-- Exclusive or with a pad, so it is its own inverse.
create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea, nonce bytea
) returns bytea
language plpgsql immutable set search_path = ''
as $$
declare
  pad bytea := sha256(nonce || additional || context);
begin
  for i in 0 .. length(message) - 1 loop
    message := set_byte(message, i, get_byte(message, i) # get_byte(pad, i % length(pad)));
  end loop;
  return message;
end
$$;

create function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea, nonce bytea
) returns bytea
language sql immutable
return vault._crypto_aead_det_decrypt(message, additional, key_id, context, nonce);

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index on vault.secrets (name) where name is not null;

create view vault.decrypted_secrets as
select
  id,
  name,
  description,
  secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      message => decode(secret, 'base64'),
      additional => convert_to(id::text, 'utf8'),
      key_id => 0,
      context => 'pgsodium',
      nonce => nonce
    ),
    'utf8'
  ) as decrypted_secret,
  key_id,
  nonce,
  created_at,
  updated_at
from vault.secrets;

create function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  -- There are no keys to choose from since 0.3: taken, and not kept.
  new_key_id uuid default null
) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  new_id uuid := gen_random_uuid();
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, name, description, secret, nonce)
  values (
    new_id,
    new_name,
    new_description,
    encode(
      vault._crypto_aead_det_encrypt(
        convert_to(new_secret, 'utf8'), convert_to(new_id::text, 'utf8'), 0, 'pgsodium', new_nonce
      ),
      'base64'
    ),
    new_nonce
  );
  return new_id;
end
$$;

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
) returns void
language sql security definer set search_path = ''
as $$
update vault.secrets
set
  secret = coalesce(
    encode(
      vault._crypto_aead_det_encrypt(
        convert_to(new_secret, 'utf8'), convert_to(id::text, 'utf8'), 0, 'pgsodium', nonce
      ),
      'base64'
    ),
    secret
  ),
  name = coalesce(new_name, name),
  description = coalesce(new_description, description),
  updated_at = current_timestamp
where id = secret_id
$$;

revoke all on all tables in schema vault from public;
revoke all on all functions in schema vault from public;
