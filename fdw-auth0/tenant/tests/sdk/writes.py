"""Changes the local tenant with the official SDK (PyPI: auth0-python 6), and reads every change back.

Reads one JSON object from standard input: url, token.
"""

import json
import sys

from auth0.management.client import Auth0
from auth0.management.core.api_error import ApiError

given = json.load(sys.stdin)
sdk = Auth0(base_url=given["url"] + "/api/v2", token=given["token"], max_retries=0)


def status(call):
    try:
        call()
    except ApiError as error:
        return error.status_code
    return 200


def ids(pager, member="id"):
    return [getattr(row, member) for row in pager]


# A user.
user = sdk.users.create(
    connection="Username-Password-Authentication",
    email="sdk@x.example",
    password="secret",
    user_id="sdk",
    app_metadata={"plan": "pro", "seats": 5},
    user_metadata={"theme": "dark"},
)
assert user.user_id == "auth0|sdk" and user.email_verified is False, user
read = sdk.users.get(user.user_id)
assert read.dict() == user.dict(), (read, user)
changed = sdk.users.update(user.user_id, app_metadata={"seats": None, "beta": True}, given_name="S")
assert changed.app_metadata == {"plan": "pro", "beta": True}, changed.app_metadata
cleared = sdk.users.update(user.user_id, user_metadata={}, blocked=True)
assert (cleared.user_metadata, cleared.blocked, cleared.given_name) == ({}, True, "S")
assert sdk.users.get(user.user_id).dict() == cleared.dict()
assert [found.user_id for found in sdk.users.list(q='email:"sdk@x.example"')] == [user.user_id]
assert [found.user_id for found in sdk.users.list_users_by_email(email="sdk@x.example")] == [user.user_id]
same = lambda: sdk.users.create(connection="Username-Password-Authentication", email="sdk@x.example", password="p")
assert status(same) == 409
assert status(lambda: sdk.users.update(user.user_id, password="p", email="other@x.example")) == 400

# A role, for the user.
role = sdk.roles.create(name="SDK role", description="first")
assert sdk.roles.get(role.id).name == "SDK role"
assert sdk.roles.update(role.id, description="second").description == "second"
assert role.id in ids(sdk.roles.list()) and sdk.roles.get(role.id).description == "second"
sdk.users.roles.assign(user.user_id, roles=[role.id])
assert ids(sdk.users.roles.list(user.user_id)) == [role.id]
assert ids(sdk.roles.users.list(role.id), "user_id") == [user.user_id]
sdk.users.roles.delete(user.user_id, roles=[role.id])
assert ids(sdk.roles.users.list(role.id), "user_id") == []
sdk.roles.users.assign(role.id, users=[user.user_id])
assert ids(sdk.users.roles.list(user.user_id)) == [role.id]

# An organization with the user as its member, who has the role in it.
organization = sdk.organizations.create(name="sdk-org", display_name="SDK", metadata={"tier": "gold"})
assert sdk.organizations.get(organization.id).metadata == {"tier": "gold"}
assert sdk.organizations.get_by_name("sdk-org").id == organization.id
sdk.organizations.update(organization.id, display_name="SDK 2")
assert sdk.organizations.get(organization.id).display_name == "SDK 2"
members, member_roles = sdk.organizations.members, sdk.organizations.members.roles
members.create(organization.id, members=[user.user_id])
assert ids(members.list(organization.id), "user_id") == [user.user_id]
assert ids(sdk.users.organizations.list(user.user_id)) == [organization.id]
member_roles.assign(organization.id, user.user_id, roles=[role.id])
assert ids(member_roles.list(organization.id, user.user_id)) == [role.id]
member_roles.delete(organization.id, user.user_id, roles=[role.id])
assert ids(member_roles.list(organization.id, user.user_id)) == []
members.delete(organization.id, members=[user.user_id])
assert ids(members.list(organization.id), "user_id") == []

# All of it goes.
sdk.roles.delete(role.id)
sdk.organizations.delete(organization.id)
sdk.users.delete(user.user_id)
sdk.users.delete(user.user_id)
reads = [
    lambda: sdk.users.get(user.user_id),
    lambda: sdk.roles.get(role.id),
    lambda: sdk.organizations.get(organization.id),
    lambda: sdk.roles.delete(role.id),
    lambda: sdk.organizations.delete(organization.id),
]
assert [status(read) for read in reads] == [404] * len(reads)
print("all was read back")
