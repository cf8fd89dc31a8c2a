-- The extension, the local tenant as foreign tables in the schema auth0, and a first query. Run when the
-- database is made; an error in it ends the container.
--
-- AUTH0_URL in the environment is the tenant's address.

\set ON_ERROR_STOP 1
\getenv url AUTH0_URL

create extension wrappers;

create foreign data wrapper auth0_wrapper
  handler auth0_fdw_handler validator auth0_fdw_validator;

-- A tenant of Auth0 needs only its domain, in place of the url and what follows it.
create server auth0_server foreign data wrapper auth0_wrapper
  options (url :'url', allow_http 'true', audience 'https://local-tenant.us.auth0.com/api/v2/');

-- What the local tenant gives to everybody. A real secret belongs into Vault (docs/security.md).
create user mapping for public server auth0_server
  options (client_id 'local-client-id', client_secret 'local-client-secret');

create schema auth0;
import foreign schema auth0 from server auth0_server into auth0;

select user_id, email, created_at from auth0.users order by created_at limit 5;
