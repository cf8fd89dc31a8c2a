-- What 0.2.0 creates, changes and drops since 0.1.0, for `alter extension wrappers update`.

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
