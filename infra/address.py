"""The raw address of an API opens and closes by a parameter alone; knows no other resource."""

from __future__ import annotations

from infra.cloudformation import Template


def redeployed(functions: Template) -> Template:
    """The functions' stack with a deployment of the API for either state of its raw address.

    A change takes effect with the next deployment only (API Gateway, "Disable the default endpoint for
    REST APIs"), and SAM makes one when the API's definition changes, not when a parameter does.
    """
    functions["Conditions"]["IsOpen"] = {"Fn::Not": [{"Condition": "IsClosed"}]}
    resources = functions["Resources"]
    kinds = {resource["Type"]: name for name, resource in resources.items()}
    is_open = kinds["AWS::ApiGateway::Deployment"]
    # Said in the definition, which makes the deployment, and of the API itself, which keeps it so.
    api = resources[kinds["AWS::ApiGateway::RestApi"]]["Properties"]
    api["DisableExecuteApiEndpoint"] = {"Fn::If": ["IsClosed", True, False]}
    closed = f"{is_open}Closed"
    resources[closed] = resources[is_open] | {"Condition": "IsClosed"}
    resources[is_open] = resources[is_open] | {"Condition": "IsOpen"}
    stage = resources[kinds["AWS::ApiGateway::Stage"]]["Properties"]
    stage["DeploymentId"] = {"Fn::If": ["IsClosed", {"Ref": closed}, {"Ref": is_open}]}
    return functions
