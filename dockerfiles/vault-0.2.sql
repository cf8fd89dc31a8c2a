-- A stand-in for supabase_vault 0.2, for tests only: every secret has a key_id, a plain INSERT
-- encrypts, and `insert … returning key_id` is how an id was got. As in vault.sql, whoever reads the
-- table can undo the stand-in for the encryption.

create schema vault;
revoke all on schema vault from public;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid default gen_random_uuid(),
  nonce bytea default decode(replace(gen_random_uuid()::text, '-', ''), 'hex'),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index on vault.secrets (name) where name is not null;

-- Exclusive or with a pad, so it is its own inverse.
create function vault.crypt(message bytea, key_id uuid, nonce bytea) returns bytea
language plpgsql immutable set search_path = ''
as $$
declare
  pad bytea := sha256(nonce || convert_to(key_id::text, 'utf8'));
begin
  for i in 0 .. length(message) - 1 loop
    message := set_byte(message, i, get_byte(message, i) # get_byte(pad, i % length(pad)));
  end loop;
  return message;
end
$$;

create function vault.secrets_encrypt_secret_secret() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.secret := encode(vault.crypt(convert_to(new.secret, 'utf8'), new.key_id, new.nonce), 'base64');
  return new;
end
$$;

create trigger secrets_encrypt_secret_trigger_secret
before insert or update of secret on vault.secrets
for each row execute function vault.secrets_encrypt_secret_secret();

create view vault.decrypted_secrets as
select
  id,
  name,
  description,
  secret,
  convert_from(vault.crypt(decode(secret, 'base64'), key_id, nonce), 'utf8') as decrypted_secret,
  key_id,
  nonce,
  created_at,
  updated_at
from vault.secrets;

create function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  new_key_id uuid default null
) returns uuid
language sql set search_path = ''
as $$
insert into vault.secrets (secret, name, description, key_id)
values (new_secret, new_name, new_description, coalesce(new_key_id, gen_random_uuid()))
returning id
$$;

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
) returns void
language plpgsql set search_path = ''
as $$
begin
  update vault.secrets
  set
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    updated_at = current_timestamp
  where id = secret_id;
  -- Another key needs the secret encrypted anew.
  if new_secret is not null or new_key_id is not null then
    update vault.secrets as s
    set
      key_id = coalesce(new_key_id, s.key_id),
      secret = coalesce(new_secret, d.decrypted_secret)
    from vault.decrypted_secrets as d
    where s.id = secret_id and d.id = s.id;
  end if;
end
$$;

revoke all on all tables in schema vault from public;
revoke all on all functions in schema vault from public;
