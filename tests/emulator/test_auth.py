# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest
import requests

TICKETS = "/api/v2/incremental/tickets/cursor"
UNKNOWN = {"error": "Couldn't authenticate you"}


@pytest.fixture
def ask(zendesk_emulator):
    def ask(path=TICKETS, bearer=None, **more):
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return requests.get(f"{zendesk_emulator.url}{path}?start_time=0", headers=headers, timeout=10, **more)

    return ask


@pytest.fixture
def mint(zendesk_emulator):
    def mint(**changes):
        body = {
            "grant_type": "client_credentials",
            "client_id": zendesk_emulator.client_id,
            "client_secret": zendesk_emulator.client_secret,
            "scope": "read",
            "expires_in": 600,
        }
        return requests.post(f"{zendesk_emulator.url}/oauth/tokens", json=body | changes, timeout=10)

    return mint


class TestClientCredentials:
    def test_a_token_opens_the_export(self, mint, ask):
        """201 with access_token, token_type, scope, expires_in and no refresh token (Zendesk's OpenAPI)."""
        response = mint()
        token = response.json()
        assert response.status_code == 201
        assert token == {
            "access_token": token["access_token"],
            "token_type": "bearer",
            "scope": "read",
            "expires_in": 600,
        }
        assert ask(bearer=token["access_token"]).status_code == 200

    def test_it_expires_by_the_emulators_clock(self, zendesk_emulator, mint, ask):
        token = mint(expires_in=300).json()["access_token"]
        zendesk_emulator.clock.advance(299)
        assert ask(bearer=token).status_code == 200
        zendesk_emulator.clock.advance(1)
        assert ask(bearer=token).status_code == 401

    def test_without_expires_in_it_lives_half_an_hour_and_does_not_say_so(self, zendesk_emulator, ask):
        """1800 s for clients created since 2026-04-30 (Zendesk's OpenAPI); told only to those who ask (announcement)."""
        body = {
            "grant_type": "client_credentials",
            "client_id": zendesk_emulator.client_id,
            "client_secret": zendesk_emulator.client_secret,
            "scope": "read",
        }
        response = requests.post(f"{zendesk_emulator.url}/oauth/tokens", json=body, timeout=10)
        assert response.json().keys() == {"access_token", "token_type", "scope"}
        token = response.json()["access_token"]
        zendesk_emulator.clock.advance(1799)
        assert ask(bearer=token).status_code == 200
        zendesk_emulator.clock.advance(1)
        assert ask(bearer=token).status_code == 401

    @pytest.mark.parametrize(
        ("seconds", "status"), [(299, 400), (300, 201), (172_800, 201), (172_801, 400), ("1", 400)]
    )
    def test_expires_in_is_300_to_172800(self, mint, seconds, status):
        assert mint(expires_in=seconds).status_code == status

    def test_each_request_gets_another_token(self, mint):
        assert mint().json()["access_token"] != mint().json()["access_token"]

    @pytest.mark.parametrize(
        "wrong", [{"client_secret": "x"}, {"client_id": "x"}, {"client_id": "agent-client"}]
    )
    def test_a_wrong_client_is_refused(self, mint, wrong):
        response = mint(**wrong)
        assert response.status_code == 401
        assert response.json()["error"] == "invalid_client"

    @pytest.mark.parametrize("scope", ["reed", "", ["read"], None, "tickets:read"])
    def test_an_unknown_scope_gets_a_token_that_opens_nothing(self, mint, ask, scope):
        """A token is issued, but every call gives 403 (Zendesk's OpenAPI); so too for an array."""
        response = mint(scope=scope)
        assert response.status_code == 201
        for path in (TICKETS, "/api/v2/users/me"):
            refused = ask(path, bearer=response.json()["access_token"])
            assert refused.status_code == 403
            assert refused.json() == {
                "error": "Forbidden",
                "description": "Missing the following required scopes: read",
            }

    def test_other_grants_are_gone(self, mint):
        """The password grant ended on 2025-02-17 (Zendesk announcement)."""
        response = mint(grant_type="password")
        assert response.status_code == 400
        assert response.json()["error"] == "unsupported_grant_type"

    def test_the_body_must_be_json(self, zendesk_emulator):
        """Zendesk docs: the request "must be formatted as JSON"."""
        form = {"grant_type": "client_credentials", "client_id": "airflow"}
        assert requests.post(f"{zendesk_emulator.url}/oauth/tokens", data=form, timeout=10).status_code == 400

    def test_revoked_tokens_are_refused_and_new_ones_work(self, zendesk_emulator, mint, ask):
        token = mint().json()["access_token"]
        zendesk_emulator.revoke_tokens()
        assert ask(bearer=token).status_code == 401
        assert ask(bearer=mint().json()["access_token"]).status_code == 200
        assert ask(bearer=zendesk_emulator.oauth_token).status_code == 200

    def test_a_token_of_an_agents_client_is_an_agents(self, zendesk_emulator, mint, ask):
        """The token acts as the user who created the client."""
        response = mint(
            client_id=zendesk_emulator.agent_client_id, client_secret=zendesk_emulator.agent_client_secret
        )
        assert ask(bearer=response.json()["access_token"]).status_code == 403


class TestOtherCredentials:
    def test_an_api_token_goes_with_an_address_and_the_word_token(self, zendesk_emulator, ask):
        """Basic base64("{email}/token:{api_token}")."""
        login, token = f"{zendesk_emulator.admin_email}/token", zendesk_emulator.api_token
        assert ask(auth=(login, token)).status_code == 200
        assert ask(auth=(zendesk_emulator.admin_email, token)).status_code == 401
        assert ask(auth=(login, "wrong")).status_code == 401
        assert ask(auth=("nobody@example.com/token", token)).status_code == 401

    def test_a_password_works_until_access_is_removed(self, zendesk_emulator, ask):
        """Phased out from 2026-01-12 (Zendesk announcement)."""
        login = (zendesk_emulator.admin_email, zendesk_emulator.password)
        assert ask(auth=login).status_code == 200
        zendesk_emulator.password_access = False
        assert ask(auth=login).status_code == 401
        assert ask(auth=(f"{login[0]}/token", zendesk_emulator.api_token)).status_code == 200

    @pytest.mark.parametrize("header", ["Bearer wrong", "Basic !!!", "Basic /w==", "Digest x", "x"])
    def test_anything_else_is_401(self, zendesk_emulator, header):
        response = requests.get(zendesk_emulator.url + TICKETS, headers={"Authorization": header}, timeout=10)
        assert response.status_code == 401
        assert response.json() == UNKNOWN

    def test_no_credentials_are_401_on_exports(self, ask):
        response = ask()
        assert response.status_code == 401
        assert response.json() == UNKNOWN

    def test_agents_may_not_export(self, zendesk_emulator, ask):
        """Exports are for admins: a token of anyone else gets 403."""
        for refused in (
            ask(bearer=zendesk_emulator.agent_oauth_token),
            ask(auth=(zendesk_emulator.agent_email, zendesk_emulator.agent_password)),
            ask(auth=(f"{zendesk_emulator.agent_email}/token", zendesk_emulator.api_token)),
        ):
            assert refused.status_code == 403
            assert refused.json()["error"]["title"] == "Forbidden"


class TestCurrentUser:
    @pytest.mark.parametrize("path", ["/api/v2/users/me", "/api/v2/users/me.json"])
    def test_it_answers_nobody_with_an_anonymous_user(self, ask, path):
        """200 "Anonymous user" without credentials (probed live, 2026): no test of a connection."""
        response = ask(path)
        assert response.status_code == 200
        assert response.json()["user"]["id"] is None
        assert response.json()["user"]["name"] == "Anonymous user"

    def test_it_tells_the_role(self, zendesk_emulator, ask):
        admin = ask("/api/v2/users/me", bearer=zendesk_emulator.oauth_token).json()["user"]
        agent = ask("/api/v2/users/me", bearer=zendesk_emulator.agent_oauth_token).json()["user"]
        assert (admin["role"], admin["email"]) == ("admin", zendesk_emulator.admin_email)
        assert (agent["role"], agent["email"]) == ("agent", zendesk_emulator.agent_email)


class TestCurrentToken:
    PATH = "/api/v2/oauth/tokens/current"

    def test_it_tells_when_the_token_expires(self, mint, ask):
        """Zendesk's OpenAPI."""
        token = ask(self.PATH, bearer=mint(expires_in=600).json()["access_token"]).json()["token"]
        assert token == {
            "id": token["id"],
            "client_id": token["client_id"],
            "user_id": 361000000001,
            "scopes": ["read"],
            "expires_at": "2026-11-21T12:10:00Z",
            "created_at": "2026-11-21T12:00:00Z",
        }
        assert {type(token["id"]), type(token["client_id"])} == {int}

    def test_or_that_it_never_does(self, zendesk_emulator, ask):
        token = ask(self.PATH, bearer=zendesk_emulator.agent_oauth_token).json()["token"]
        assert (token["user_id"], token["scopes"]) == (361000000002, ["read", "write"])
        assert token["expires_at"] is None

    def test_it_is_for_tokens(self, zendesk_emulator, mint, ask):
        assert ask(self.PATH).status_code == 401
        assert ask(self.PATH, bearer="wrong").status_code == 401
        assert ask(self.PATH, bearer=mint(scope="reed").json()["access_token"]).status_code == 403
        refused = ask(self.PATH, auth=(zendesk_emulator.admin_email, zendesk_emulator.password))
        assert (refused.status_code, refused.json()["error"]) == (404, "RecordNotFound")


class TestAddress:
    def test_a_help_desk_that_does_not_exist_is_404_everywhere(self, zendesk_emulator, ask, mint):
        zendesk_emulator.exists = False
        for response in (ask(bearer=zendesk_emulator.oauth_token), ask("/api/v2/users/me"), mint()):
            assert response.status_code == 404
            assert response.json()["error"]["title"].startswith("No help desk at 127.0.0.1:")

    def test_an_unknown_path_is_404(self, zendesk_emulator, ask):
        """404 InvalidEndpoint (probed live, 2026)."""
        response = ask("/api/v2/incremental/requests", bearer=zendesk_emulator.oauth_token)
        assert response.status_code == 404
        assert response.json()["error"] == "InvalidEndpoint"


@pytest.mark.parametrize("role", ["admin", "agent"])
@pytest.mark.parametrize("credentials", ["client_credentials", "oauth_token", "api_token", "password"])
def test_an_airflow_connection_carries_one_set_of_working_credentials(
    zendesk_emulator, ask, mint, credentials, role
):
    connection = json.loads(zendesk_emulator.airflow_connection(credentials, role))
    assert connection["conn_type"] == "zendesk_api"
    assert connection["host"] == zendesk_emulator.url
    extra = connection.get("extra", {})
    assert set(extra) <= {"client_id", "client_secret", "oauth_token", "token"}
    if credentials == "client_credentials":
        response = ask(bearer=mint(**extra).json()["access_token"])
    elif credentials == "oauth_token":
        response = ask(bearer=extra["oauth_token"])
    elif credentials == "api_token":
        response = ask(auth=(connection["login"] + "/token", extra["token"]))
    else:
        response = ask(auth=(connection["login"], connection["password"]))
    assert response.status_code == {"admin": 200, "agent": 403}[role]
