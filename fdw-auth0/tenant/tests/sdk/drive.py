"""Drives the local tenant with the official SDK (PyPI: auth0-python 6).

Reads one JSON object from standard input: url, audience, client_id, client_secret, users (ids in
default order), a_user, an_email, no_scope (a token), expired (a token). Fails at the first answer
that the SDK does not take for Auth0's.

`ManagementClient` insists on https, so the generated client below it is used with `base_url`;
`GetToken` takes `protocol`.
"""

import json
import sys
import urllib.request
from urllib.parse import urlsplit

from auth0.authentication import GetToken
from auth0.authentication.exceptions import Auth0Error
from auth0.management.client import Auth0
from auth0.management.core.api_error import ApiError

given = json.load(sys.stdin)
domain = urlsplit(given["url"]).netloc


def client(token, **options):
    return Auth0(base_url=given["url"] + "/api/v2", token=token, **options).users


def settings(**changed):
    request = urllib.request.Request(
        given["url"] + "/_tenant/settings", json.dumps(changed).encode(), method="PUT"
    )
    urllib.request.urlopen(request).close()


def refused(call, status, **members):
    try:
        call()
    except ApiError as error:
        assert error.status_code == status, error
        for name, value in members.items():
            assert error.body[name] == value, (name, error.body)
        return type(error).__name__
    raise AssertionError(f"{status} expected")


def login(secret=given["client_secret"], audience=given["audience"]):
    get_token = GetToken(domain, given["client_id"], client_secret=secret, protocol="http")
    return get_token.client_credentials(audience)


# Login.
answer = login()
assert answer["token_type"] == "Bearer" and answer["expires_in"] == 86400, answer.keys()
assert answer["scope"] == "read:users"
for wrong, status in ({"secret": "x"}, 401), ({"audience": "https://elsewhere/"}, 403):
    try:
        login(**wrong)
    except Auth0Error as error:
        assert (error.status_code, error.error_code) == (status, "access_denied"), error
    else:
        raise AssertionError(f"{wrong} was accepted")
users = client(answer["access_token"])

# All users, page by page, with the SDK's own loop.
pager = users.list(per_page=20, include_totals=True)
assert (pager.response.total, pager.response.length) == (len(given["users"]), 20)
assert (pager.response.start, pager.response.limit) == (0, 20)
assert [user.user_id for user in pager] == given["users"]

# Fields and sort.
page = users.list(per_page=100, fields="user_id,created_at", include_fields=True, sort="created_at:-1")
assert all(user.email is None and user.identities is None for user in page.items)
times = [user.created_at for user in page.items]
assert times == sorted(times, reverse=True) and len(set(times)) > 1

# One user, and users by e-mail.
user = users.get(given["a_user"])
assert user.user_id == given["a_user"] and user.created_at is not None
found = users.list_users_by_email(email=given["an_email"])
assert [user.email for user in found] == [given["an_email"]]
assert users.list_users_by_email(email=given["an_email"].upper()) == []

# Search.
pager = users.list(q="logins_count:{0 TO *] AND _exists_:user_id", per_page=10, include_totals=True)
found = [user.user_id for user in pager]
everyone = users.list(per_page=100).items
assert found == [user.user_id for user in everyone if (user.logins_count or 0) > 0] and len(found) > 10
odd = given["a_user"].replace("\\", "\\\\").replace('"', '\\"')
for q in f'user_id:"{odd}"', f'user_id:("nobody" OR "{odd}") AND created_at:[2020-01 TO *]':
    page = users.list(q=q, search_engine="v3", include_totals=True)
    assert ([user.user_id for user in page.items], page.response.total) == ([given["a_user"]], 1), q
page = users.list(q=f'email:"{given["an_email"].upper()}"')
assert [user.email for user in page.items] == [given["an_email"]]

# Refusals.
kinds = [
    refused(lambda: users.get("auth0|nobody"), 404, errorCode="inexistent_user"),
    refused(lambda: users.list(per_page=1000), 400, errorCode="invalid_query_string"),
    refused(lambda: users.list(page=10, per_page=100), 400, errorCode="invalid_paging"),
    refused(lambda: users.list(q="jane"), 400, errorCode="invalid_query_string"),
    refused(lambda: client("a.b.c").list(), 401, message="Invalid token"),
    refused(
        lambda: client(given["expired"]).list(),
        401,
        message="Expired token received for JSON Web Token validation",
    ),
    refused(lambda: client(given["no_scope"]).list(), 403, errorCode="insufficient_scope"),
]
assert kinds == ["NotFoundError"] + ["BadRequestError"] * 3 + ["UnauthorizedError"] * 2 + ["ForbiddenError"]

# Rate limit: without retries the SDK raises the error; with them it waits for x-ratelimit-reset. The test checks the
# statuses: a wait that is too short gives one more 429.
settings(rate_limit={"burst": 1, "per_second": 0.5})
impatient = client(answer["access_token"], max_retries=0)
impatient.list()
assert refused(impatient.list, 429, errorCode="too_many_requests") == "TooManyRequestsError"
client(answer["access_token"], max_retries=2).list()
print("the SDK is satisfied")
