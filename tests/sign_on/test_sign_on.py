"""Single sign-on against a real OpenID provider: real redirects, codes, keys and refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from jwt.algorithms import RSAAlgorithm

from chalicelib.errors import NotSignedIn
from chalicelib.identity import tokens
from chalicelib.identity.federation.city_groups import granted, groups_in
from chalicelib.identity.federation.sign_on import Attempt, SignOn
from infra.local.stack import client
from tests.handlers.desk_work import hidden
from tests.handlers.staff_browser import Browser
from tests.harness import Harness, Response
from tests.sign_on.provider import Provider, known_there, signing_key, started

HERE = "http://localhost:8000"
GROUPS = '{"311-clerks": "agent agency:parks", "311-admins": "administrator agency:*"}'
PEOPLE = {
    "nina": ("Nina New", "[311-clerks,+football]"),
    "ada": ("Ada Boss", "[311-admins]"),
    "olga": ("Olga Other", "[football]"),
}


class City:
    """A town whose people sign in elsewhere, and that elsewhere."""

    def __init__(self, town: Harness, provider: Provider) -> None:
        self.town, self.provider = town, provider
        settings = town.services.settings
        self.pool_id = settings.user_pool_id
        client_id, secret = settings.sign_on_client_id, town.services.sign_on.secret()
        people = {n: known_there(self.pool_id, n, *said) for n, said in PEOPLE.items()}
        provider.tell(
            issuer=f"https://cognito-idp.us-east-1.amazonaws.com/{self.pool_id}",
            client_id=client_id,
            client_secret=secret,
            return_urls=[f"{HERE}/console/signed-in"],
            key=signing_key(),
            people=people,
            somebody="nina",
        )

    def leave_for(self, browser: Browser, path: str = "") -> str:
        """Where the browser is sent to sign in."""
        query = f"?{urlencode({'next': path})}" if path else ""
        answer = browser.send("GET", f"/console/sign-on{query}")
        assert answer.status == 303, answer.text
        return answer.headers["Location"]

    def way_back(self, browser: Browser, login: str = "nina", path: str = "") -> str:
        there = self.leave_for(browser, path)
        self.provider.be(login)
        return self.provider.walk(there, HERE)

    def sign_on(self, browser: Browser, login: str = "nina", path: str = "") -> Response:
        return browser.send("GET", self.way_back(browser, login, path))

    def put_into(self, login: str, groups: str) -> None:
        client("cognito-idp").admin_update_user_attributes(
            UserPoolId=self.pool_id,
            Username=f"City_{login}",
            UserAttributes=[{"Name": "custom:groups", "Value": groups}],
        )


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    with (
        started() as provider,
        Harness.boot(
            sign_on_domain=provider.url,
            sign_on_name="Springfield account",
            sign_on_groups=GROUPS,
            codes_demanded_of=["administrator"],
        ) as town,
    ):
        yield City(town, provider)


@pytest.fixture
def browser(city: City) -> Browser:
    return Browser(city.town)


def trouble(answer: Response) -> str:
    assert answer.status == 303, answer.text
    return answer.headers["Location"].partition("trouble=")[2]


def test_the_sign_in_page_offers_the_citys_own_way_in(browser: Browser) -> None:
    page = browser.send("GET", "/console/sign-in?next=%2Fconsole%2Frules").text
    assert "Sign in with Springfield account" in page
    assert 'href="/console/sign-on?next=/console/rules"' in page


def test_who_signs_in_there_works_here_with_what_their_groups_give(
    city: City, browser: Browser
) -> None:
    page = city.sign_on(browser, "nina", "/console/rules")
    assert page.status == 200 and 'content="0; url=/console/rules"' in page.text
    account = browser.send("GET", "/console/account").text
    assert "Nina New" in account and "parks" in account
    assert browser.send("GET", "/console").status == 200
    assert browser.send("GET", "/console/audit").status == 403


def test_an_administrator_from_there_needs_no_codes_of_ours(city: City, browser: Browser) -> None:
    city.sign_on(browser, "ada")
    assert browser.send("GET", "/console/people").status == 200


def test_a_group_that_is_not_mapped_gives_nothing(city: City, browser: Browser) -> None:
    assert trouble(city.sign_on(browser, "olga")) == "no_role"
    assert browser.send("GET", "/console").status == 303


def test_what_is_taken_away_there_is_gone_at_the_next_look(city: City, browser: Browser) -> None:
    city.sign_on(browser, "ada")
    city.put_into("ada", "[311-clerks]")
    try:
        assert browser.send("GET", "/console/people").status != 200
    finally:
        city.put_into("ada", PEOPLE["ada"][1])


def test_what_comes_from_there_is_not_changed_here_but_may_be_ended_here(
    city: City, browser: Browser
) -> None:
    boss, page = Browser(city.town), "/console/people/City_nina"
    city.sign_on(browser, "nina")
    city.sign_on(boss, "ada")

    def change(**fields: str) -> Response:
        token = hidden(boss.send("GET", page), "form_token")
        return boss.send("POST", page, form={"form_token": token, **fields})

    shown = boss.send("GET", page).text
    assert "Signs in with Springfield account" in shown and 'value="rights"' not in shown
    for do in ("rights", "name", "password", "codes"):
        answer = change(do=do, roles="administrator", agencies="*", name="Eve")
        assert answer.status == 400 and "change it there" in answer.text
    assert change(do="end", sure="yes").status == 303
    assert browser.send("GET", "/console").status == 303
    assert trouble(city.sign_on(Browser(city.town), "nina")) == "refused_there"
    assert change(do="again").status == 303
    assert city.sign_on(Browser(city.town), "nina").status == 200


def test_the_challenge_goes_along_and_the_verifier_stays(city: City, browser: Browser) -> None:
    asked = parse_qs(urlsplit(city.leave_for(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    (kept,) = [value for name, value in browser.cookies.items() if "sign_on" in name]
    attempt = Attempt(kept.partition(".")[0])
    assert asked["code_challenge"] == [attempt.challenge]
    assert attempt.verifier not in str(asked) and len(attempt.verifier) == 43


def test_a_code_is_good_once(city: City, browser: Browser) -> None:
    back = city.way_back(browser)
    before = dict(browser.cookies)
    assert browser.send("GET", back).status == 200
    again = Browser(city.town)
    again.cookies = before
    assert trouble(again.send("GET", back)) == "refused_there"


def test_a_code_of_another_browser_is_refused_before_it_is_used(
    city: City, browser: Browser
) -> None:
    """Login forgery: an attacker's code, sent to somebody's browser."""
    back, other = city.way_back(browser, "ada"), Browser(city.town)
    assert trouble(other.send("GET", back)) == "foreign"
    city.leave_for(other)
    assert trouble(other.send("GET", back)) == "foreign"
    assert not [name for name in other.cookies if name.endswith("staff")]
    assert browser.send("GET", back).status == 200  # the code was left alone


def test_a_wrong_verifier_is_refused_by_the_provider(city: City, browser: Browser) -> None:
    back = city.way_back(browser)
    code = parse_qs(urlsplit(back).query)["code"][0]
    sign_on = city.town.services.sign_on
    assert isinstance(sign_on, SignOn)
    with pytest.raises(NotSignedIn):
        sign_on.exchange(code, Attempt.begin(), f"{HERE}/console/signed-in")


def test_a_token_of_another_attempt_is_refused(city: City, browser: Browser) -> None:
    back = city.way_back(browser)
    (kept,) = [value for name, value in browser.cookies.items() if "sign_on" in name]
    attempt = Attempt(kept.partition(".")[0])
    code = parse_qs(urlsplit(back).query)["code"][0]
    arrival = city.town.services.sign_on.exchange(code, attempt, f"{HERE}/console/signed-in")
    accounts = city.town.services.accounts
    with pytest.raises(NotSignedIn, match="another attempt"):
        accounts.arrive(arrival, Attempt.begin().nonce)
    assert accounts.arrive(arrival, attempt.nonce).name == "Nina New"


def test_an_access_token_is_no_proof_of_who_came(city: City, browser: Browser) -> None:
    back = city.way_back(browser)
    (kept,) = [value for name, value in browser.cookies.items() if "sign_on" in name]
    attempt = Attempt(kept.partition(".")[0])
    code = parse_qs(urlsplit(back).query)["code"][0]
    arrival = city.town.services.sign_on.exchange(code, attempt, f"{HERE}/console/signed-in")
    swapped = type(arrival)(arrival.session, arrival.session.access_token)
    with pytest.raises(NotSignedIn):
        city.town.services.accounts.arrive(swapped, attempt.nonce)


@pytest.mark.parametrize(
    "untrue",
    [
        {"aud": "another client"},
        {"token_use": "access"},
        {"iss": "https://evil.example"},
        {"exp": 1},
    ],
)
def test_an_identity_token_of_somebody_elses_is_refused(
    city: City, untrue: dict[str, object]
) -> None:
    settings, now = city.town.services.settings, datetime.now(UTC)
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{city.pool_id}"
    true = {
        "iss": issuer,
        "aud": settings.sign_on_client_id,
        "token_use": "id",
        "sub": "somebody",
        "nonce": "n",
        "exp": int(now.timestamp()) + 60,
    }
    key = RSAAlgorithm.from_jwk(dict(signing_key()))
    public = key.public_key()
    expected = tokens.Expectation(issuer, (settings.sign_on_client_id,))
    signed = jwt.encode(true, key, "RS256")
    assert tokens.identity(signed, public, expected, "n", now) == "somebody"
    with pytest.raises(NotSignedIn):
        tokens.identity(jwt.encode({**true, **untrue}, key, "RS256"), public, expected, "n", now)


def test_who_turns_back_there_is_told(city: City, browser: Browser) -> None:
    state = parse_qs(urlsplit(city.leave_for(browser)).query)["state"][0]
    refused = urlencode({"error": "access_denied", "state": state})
    assert trouble(browser.send("GET", f"/console/signed-in?{refused}")) == "refused_there"
    page = browser.send("GET", "/console/sign-in?trouble=refused_there").text
    assert "Springfield account did not let you in" in page
    assert "did not let you in" not in browser.send("GET", "/console/sign-in?trouble=made-up").text


def test_nobody_is_sent_elsewhere_afterwards(city: City, browser: Browser) -> None:
    page = city.sign_on(browser, "nina", "https://evil.example/console")
    assert 'content="0; url=/console"' in page.text
    back = city.way_back(browser, "nina", "/console/rules")
    (name,) = [name for name in browser.cookies if "sign_on" in name]
    browser.cookies[name] = browser.cookies[name].partition(".")[0] + ".https%3A%2F%2Fevil.example"
    assert 'content="0; url=/console"' in browser.send("GET", back).text


def test_signing_out_here_signs_out_there(city: City, browser: Browser) -> None:
    city.sign_on(browser, "nina")
    token = re.search(r'name="form_token" value="([^"]*)"', browser.send("GET", "/console").text)
    assert token
    left = browser.send("POST", "/console/sign-out", form={"form_token": token[1]})
    assert left.headers["Location"] == "/console/sign-off"
    page = browser.send("GET", "/console/sign-off").text
    there = f"{city.provider.url}/logout?client_id={city.town.services.settings.sign_on_client_id}"
    assert there in page.replace("&amp;", "&") and "logout_uri=" in page
    assert browser.send("GET", "/console").status == 303


def test_without_the_setting_there_is_no_such_way_in() -> None:
    with Harness.boot() as town:
        for path in ("/console/sign-on", "/console/signed-in?code=x&state=y", "/console/sign-off"):
            assert town.http("GET", path).status == 404
        assert "/console/sign-on" not in town.http("GET", "/console/sign-in").text


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("[a,b]", ["a", "b"]),
        ("a", ["a"]),
        ("", []),
        ("[]", []),
        ("[311+clerks, %2Fcity%2Froads]", ["311 clerks", "/city/roads"]),
        ('["a","b"]', ["a", "b"]),
    ],
)
def test_groups_are_read_as_cognito_writes_them(told: str, names: list[str]) -> None:
    assert list(groups_in(told)) == names


def test_rights_of_several_groups_add_up_and_others_are_left_out() -> None:
    known = {"a": ("agent", "agency:parks"), "b": ("supervisor",)}
    assert granted("[a,b,c,administrator]", known) == ("agency:parks", "agent", "supervisor")
