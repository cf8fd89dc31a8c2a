"""Reads the stream of events of the local tenant with the official SDK (PyPI: auth0-python 6).

Reads one JSON object from standard input: url, token. The tenant's connections end after the events that there are.
"""

import json
import sys

from auth0.management.client import Auth0
from auth0.management.core.api_error import ApiError

given = json.load(sys.stdin)
sdk = Auth0(base_url=given["url"] + "/api/v2", token=given["token"], max_retries=0)


def events(**asked):
    # A message without data is none of the SDK's: the one with the time to wait.
    return [event for event in sdk.events.subscribe(**asked)]


user = sdk.users.create(connection="Username-Password-Authentication", email="sdk@x.example", password="secret")
sdk.users.update(user.user_id, nickname="changed")
organization = sdk.organizations.create(name="sdk-org", metadata={"tier": "gold"})
role = sdk.roles.create(name="SDK role")
sdk.organizations.members.create(organization.id, members=[user.user_id])
sdk.organizations.members.roles.assign(organization.id, user.user_id, roles=[role.id])
sdk.organizations.members.delete(organization.id, members=[user.user_id])
sdk.organizations.delete(organization.id)
sdk.users.delete(user.user_id)

found = events(from_timestamp="2020-01-01T00:00:00Z")
kinds = [event.event.type for event in found]
assert kinds == [
    "user.created",
    "user.updated",
    "organization.created",
    "organization.member.added",
    "organization.member.role.assigned",
    "organization.member.deleted",
    "organization.deleted",
    "user.deleted",
], kinds
# The SDK parsed the objects into the types of the events.
assert type(found[1]).__name__ == "EventStreamCloudEventUserUpdated", type(found[1])
assert found[1].event.data.object.nickname == "changed" and found[1].event.a_0_tenant == "local-tenant"
assert found[4].event.data.object.role.name == "SDK role"
assert found[7].event.data.object.deleted_at is not None

after = events(from_=found[5].offset)
assert [event.event.id for event in after] == [event.event.id for event in found[6:]]
some = events(from_timestamp="2020-01-01T00:00:00Z", event_type=["user.created", "user.deleted"])
assert [event.event.type for event in some] == ["user.created", "user.deleted"]
try:
    events(from_="nonsense")
except ApiError as error:
    assert type(error).__name__ == "BadRequestError", error
else:
    raise AssertionError("400 expected")
print(f"{len(found)} events parsed")
