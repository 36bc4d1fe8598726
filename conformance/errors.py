"""Errors: real statuses, and the standard's body in the format that was asked for."""

from __future__ import annotations

from conformance.boxes import box, expect
from conformance.endpoint import Answer, Endpoint
from conformance.services import NOBODY


def _expect_body(answer: Answer, kind: str) -> None:
    if kind == "json":
        found = answer.json
        expect(isinstance(found, list) and found, "an array of errors", answer)
        told = [bool(each.get("code")) and bool(each.get("description")) for each in found]
        expect(all(told), "code and description of every error", answer)
        return
    tree = answer.xml
    expect(tree is not None and tree.tag == "errors", "<errors>", answer)
    if tree is not None:
        expect(tree.findtext("error/code"), "error/code", answer)
        expect(tree.findtext("error/description"), "error/description", answer)


@box("errors.body", "R", "An error is errors/error with code and description, in both formats")
def body(endpoint: Endpoint) -> None:
    for kind in ("xml", "json"):
        answer = endpoint.get(f"services/{NOBODY}.{kind}")
        expect(answer.status >= 400, "an error status, never 200 with an error in it", answer)
        _expect_body(answer, kind)


@box("errors.code", "D", "The code begins with the status")
def code(endpoint: Endpoint) -> None:
    found = endpoint.get(f"services/{NOBODY}.json").json
    expect(str(found[0]["code"]).startswith("404"), "a code that begins with 404", found)


@box("errors.unknown_path", "R", "An unknown address is 404, in the format of its suffix")
def unknown_path(endpoint: Endpoint) -> None:
    for path in ("nothing", "services/a/b", "requests/a/b/c"):
        for kind, accept in (("json", "application/json"), ("xml", "text/xml")):
            address = f"{endpoint.base}/{path}.{kind}"
            answer = endpoint.get(address, headers={"Accept": accept})
            expect(answer.status == 404, f"status 404 from {path}.{kind}", answer)
            _expect_body(answer, kind)


@box("errors.suffix", "D", "A suffix that is not offered is 400, told in XML")
def suffix(endpoint: Endpoint) -> None:
    answer = endpoint.get("services.pdf")
    expect(answer.status == 400, "status 400", answer)
    _expect_body(answer, "xml")


@box("errors.method", "D", "A wrong method is 400, in the standard's body")
def method(endpoint: Endpoint) -> None:
    for name in ("DELETE", "PUT"):
        for kind in ("xml", "json"):
            answer = endpoint.send(name, f"{endpoint.base}/services.{kind}")
            expect(answer.status == 400, f"status 400 for {name}", answer)
            _expect_body(answer, kind)


@box("errors.type", "D", "A body of the wrong type is 400, in the standard's body", writes=True)
def content_type(endpoint: Endpoint) -> None:
    kind = {"Content-Type": "application/json"}
    answer = endpoint.send("POST", f"{endpoint.base}/requests.json", b"{}", kind)
    expect(answer.status == 400, "status 400", answer)
    _expect_body(answer, "json")


@box("errors.echo", "D", "An error does not echo markup")
def echo(endpoint: Endpoint) -> None:
    answer = endpoint.get("requests.xml", status="<b>7f3a</b>")
    expect("<b>" not in answer.text, "no markup of the caller's in the answer", answer)
