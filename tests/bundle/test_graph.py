"""The manners of qontract-server, one fact each."""

import json
from typing import Any

import pytest

from reconcile.app_interface.bundle.graph import execute
from reconcile.app_interface.bundle.graph_schema import GraphDefinitionError
from reconcile.app_interface.bundle.loading import load
from reconcile.app_interface.bundle.model import Bundle
from tests.bundle.sources import served

TEAM, USER = "/team-1.yml", "/user-1.yml"


def field(name: str, kind: str = "string", **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **attributes}


CONFS: list[dict[str, Any]] = [
    {
        "name": "Team_v1",
        "datafile": TEAM,
        "fields": [
            field("schema", isRequired=True),
            field("path", isRequired=True),
            field("name", isRequired=True, isSearchable=True),
            field("size", "int"),
            field("labels", "json"),
            field("lead", "User_v1"),
            field("deputy", "User_v1", isRequired=True),
            field("members", "User_v1", isList=True),
            field("channels", "Channel_v1", isList=True, isInterface=True),
            field("tags", isList=True),
            field("logo", isResource=True, resolveResource=True),
        ],
    },
    {
        "name": "User_v1",
        "datafile": USER,
        "fields": [
            field("schema", isRequired=True),
            field("path", isRequired=True),
            field("name", isRequired=True),
            field("leads", "Team_v1", isList=True, synthetic={"schema": TEAM, "subAttr": "lead"}),
            field("memberOf", "Team_v1", isList=True, synthetic={"schema": TEAM, "subAttr": "members"}),
            field("backs", "Team_v1", isList=True, synthetic={"schema": TEAM, "subAttr": "plan.backup.user"}),
        ],
    },
    {
        "name": "Channel_v1",
        "isInterface": True,
        "interfaceResolve": {"strategy": "fieldMap", "field": "kind", "fieldMap": {"chat": "Chat_v1"}},
        "fields": [field("kind", isRequired=True)],
    },
    {"name": "Chat_v1", "interface": "Channel_v1", "fields": [field("kind", isRequired=True), field("room")]},
    {
        "name": "DatafileObject_v1",
        "isInterface": True,
        "interfaceResolve": {"strategy": "schema"},
        "fields": [field("path", isRequired=True), field("schema", isRequired=True)],
    },
    {"name": "Change_v1", "fields": [field("files", "DatafileObject_v1", isList=True, isInterface=True)]},
    {"name": "Resource_v1", "fields": [field("path", isRequired=True), field("content"), field("schema")]},
    {
        "name": "Query",
        "fields": [
            field("teams_v1", "Team_v1", isList=True, datafileSchema=TEAM),
            field("users_v1", "User_v1", isList=True, datafileSchema=USER),
            field("changes_v1", "Change_v1", isList=True, datafileSchema="/change-1.yml"),
            field("resources_v1", "Resource_v1", isList=True, isRequired=True, isResource=True),
        ],
    },
]

ANN = {"/users/ann.yml": {"$schema": USER, "name": "ann"}}
BOB = {"/users/bob.yml": {"$schema": USER, "name": "bob"}}
RESOURCES = {
    "/logo.txt": {"path": "/logo.txt", "content": "[logo]", "sha256sum": "0", "$schema": None},
    "/rule.yml": {"path": "/rule.yml", "content": "", "sha256sum": "0", "$schema": "/rule-1.yml"},
}


def team(**values: Any) -> dict[str, Any]:
    return {"$schema": TEAM, "name": "core", **values}


def bundle_of(*teams: dict[str, Any]) -> Bundle:
    files = {f"/teams/{index}.yml": each for index, each in enumerate(teams)}
    return served({**files, **ANN, **BOB}, CONFS, RESOURCES)


def first_team(selection: str, **values: Any) -> dict[str, Any]:
    answer = execute(bundle_of(team(**values)), f"{{ teams_v1 {{ {selection} }} }}")
    assert "errors" not in answer
    found: dict[str, Any] = answer["data"]["teams_v1"][0]
    return found


def messages(answer: dict[str, Any]) -> list[str]:
    return [error["message"] for error in answer["errors"]]


def test_a_reference_is_served_as_the_file_it_names() -> None:
    assert first_team("lead { name }", lead={"$ref": "/users/ann.yml"}) == {"lead": {"name": "ann"}}


def test_a_reference_with_siblings_is_served_as_an_object_of_its_own() -> None:
    lead = {"$ref": "/users/ann.yml", "name": "impostor"}
    assert first_team("lead { name }", lead=lead) == {"lead": {"name": "impostor"}}


def test_a_list_of_references_is_followed() -> None:
    members = [{"$ref": "/users/ann.yml"}, {"$ref": "/users/bob.yml"}]
    assert first_team("members { name }", members=members) == {"members": [{"name": "ann"}, {"name": "bob"}]}


def test_a_mixed_list_is_served_raw_so_that_required_fields_of_its_references_fail() -> None:
    members = [{"$ref": "/users/ann.yml"}, {"name": "inline"}]
    answer = execute(bundle_of(team(members=members)), "{ teams_v1 { members { name } } }")
    assert answer["data"]["teams_v1"] == [{"members": None}]
    assert messages(answer) == ["Cannot return null for non-nullable field User_v1.name."]


def test_a_reference_into_a_file_leads_nowhere() -> None:
    assert first_team("lead { name }", lead={"$ref": "/users/ann.yml#/"}) == {"lead": None}


def test_a_dangling_reference_is_null() -> None:
    assert first_team("lead { name }", lead={"$ref": "/users/zoe.yml"}) == {"lead": None}


def test_a_dangling_reference_in_a_required_field_nulls_the_whole_list_of_datafiles() -> None:
    answer = execute(bundle_of(team(deputy={"$ref": "/users/zoe.yml"})), "{ teams_v1 { deputy { name } } }")
    assert answer["data"] == {"teams_v1": None}


def test_one_dangling_reference_nulls_its_list() -> None:
    members = [{"$ref": "/users/ann.yml"}, {"$ref": "/users/zoe.yml"}]
    answer = execute(bundle_of(team(members=members)), "{ teams_v1 { members { name } } }")
    assert answer["data"]["teams_v1"] == [{"members": None}]


def test_a_datafile_carries_its_own_path_whatever_it_says() -> None:
    assert first_team("path", path="/elsewhere.yml") == {"path": "/teams/0.yml"}


def test_a_missing_field_is_null_without_an_error() -> None:
    assert first_team("size members { name }") == {"size": None, "members": None}


def test_an_empty_list_stays_an_empty_list() -> None:
    assert first_team("members { name }", members=[]) == {"members": []}


@pytest.mark.parametrize("value", [None, [None]])
def test_an_explicit_null_is_an_error_in_the_words_of_the_server(value: Any) -> None:
    answer = execute(bundle_of(team(tags=value)), "{ teams_v1 { name tags } }")
    assert answer["data"] == {"teams_v1": [{"name": "core", "tags": None}]}
    assert messages(answer) == ["Cannot read properties of null (reading 'constructor')"]


def test_json_is_served_as_text() -> None:
    assert first_team("labels", labels={"a": "b", "c": [1]}) == {"labels": '{"a":"b","c":[1]}'}


def test_back_references_come_in_the_order_of_the_bundle() -> None:
    teams = [team(name=name, lead={"$ref": "/users/ann.yml"}) for name in ("zebra", "ape")]
    answer = execute(bundle_of(*teams), "{ users_v1 { leads { name } } }")
    assert answer["data"]["users_v1"] == [{"leads": [{"name": "zebra"}, {"name": "ape"}]}, {"leads": []}]


def test_back_references_look_inside_lists_and_name_a_file_once() -> None:
    members = [{"$ref": "/users/bob.yml"}, {"$ref": "/users/bob.yml"}]
    answer = execute(bundle_of(team(members=members)), "{ users_v1 { memberOf { name } } }")
    assert answer["data"]["users_v1"] == [{"memberOf": []}, {"memberOf": [{"name": "core"}]}]


def test_back_references_follow_a_dotted_path() -> None:
    plan = [{"backup": {"user": {"$ref": "/users/ann.yml"}}}]
    answer = execute(bundle_of(team(plan=plan)), "{ users_v1 { backs { name } } }")
    assert answer["data"]["users_v1"] == [{"backs": [{"name": "core"}]}, {"backs": []}]


def test_a_reference_with_siblings_counts_for_back_references() -> None:
    answer = execute(
        bundle_of(team(lead={"$ref": "/users/ann.yml", "since": 2022})), "{ users_v1 { leads { name } } }"
    )
    assert answer["data"]["users_v1"][0] == {"leads": [{"name": "core"}]}


def test_an_interface_takes_its_type_from_a_field() -> None:
    selection = "channels { kind ... on Chat_v1 { room } }"
    channels = [{"kind": "chat", "room": "sre"}]
    assert first_team(selection, channels=channels) == {"channels": channels}


def test_an_unknown_kind_of_an_interface_is_an_error() -> None:
    answer = execute(bundle_of(team(channels=[{"kind": "fax"}])), "{ teams_v1 { channels { kind } } }")
    assert answer["data"] == {"teams_v1": [{"channels": None}]}
    assert "must resolve to an Object type" in messages(answer)[0]


def test_an_interface_takes_its_type_from_the_schema_of_a_datafile() -> None:
    change = {"$schema": "/change-1.yml", "files": [{"$ref": "/users/ann.yml"}]}
    answer = execute(
        served({"/change.yml": change, **ANN}, CONFS), "{ changes_v1 { files { path __typename } } }"
    )
    assert answer["data"]["changes_v1"] == [{"files": [{"path": "/users/ann.yml", "__typename": "User_v1"}]}]


def test_objects_in_lists_of_which_nothing_was_asked_are_left_out() -> None:
    channels = [{"kind": "chat", "room": "sre"}]
    bundle = bundle_of(team(channels=channels), team(channels=channels))
    query = "query ($no: Boolean!) { teams_v1 { channels { ... on Chat_v1 @include(if: $no) { room } } } }"
    assert execute(bundle, query, {"no": False})["data"] == {"teams_v1": [{"channels": []}, {"channels": []}]}


def test_a_path_of_a_resource_is_served_as_the_resource() -> None:
    assert first_team("logo { content }", logo="/logo.txt") == {"logo": {"content": "[logo]"}}


def test_resources_are_found_by_path() -> None:
    answer = execute(bundle_of(), '{ resources_v1(path: "/logo.txt") { content } }')
    assert answer["data"] == {"resources_v1": [{"content": "[logo]"}]}


def test_resources_are_found_by_schema() -> None:
    answer = execute(bundle_of(), '{ resources_v1(schema: "/rule-1.yml") { path } }')
    assert answer["data"] == {"resources_v1": [{"path": "/rule.yml"}]}


def test_an_unknown_resource_nulls_the_answer() -> None:
    answer = execute(bundle_of(), '{ resources_v1(path: "/none") { path } }')
    assert answer["data"] is None
    assert answer["errors"]


TEAMS = (
    team(name="core", size=3, tags=["a", "b"], lead={"$ref": "/users/ann.yml"}),
    team(name="edge", size=1, lead={"$ref": "/users/bob.yml"}),
    team(name="none"),
)


def names(arguments: str, variables: dict[str, Any] | None = None) -> list[str]:
    answer = execute(bundle_of(*TEAMS), f"query ($f: JSON) {{ teams_v1({arguments}) {{ name }} }}", variables)
    return [each["name"] for each in answer["data"]["teams_v1"]]


def test_searchable_fields_and_the_path_are_arguments() -> None:
    assert names('name: "edge", filter: $f') == ["edge"]
    assert names('path: "/teams/2.yml", filter: $f') == ["none"]


def test_a_null_argument_is_ignored() -> None:
    assert names("name: null, filter: $f") == ["core", "edge", "none"]


def test_a_field_that_is_not_searchable_is_no_argument() -> None:
    answer = execute(bundle_of(), '{ users_v1(name: "ann") { name } }')
    assert "data" not in answer
    assert answer["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"size": 3}, ["core"]),
        ({"size": None}, ["none"]),
        ({"size": True}, []),
        ({"size": {"ne": 3}}, ["edge", "none"]),
        ({"name": {"in": ["core", "none"]}}, ["core", "none"]),
        ({"tags": ["a", "b"]}, ["core"]),
        ({"tags": ["b", "a"]}, []),
        ({"lead": {"filter": {"name": "bob"}}}, ["edge"]),
        ({"size": {"ne": 1}, "name": {"in": ["core", "edge"]}}, ["core"]),
        ({}, ["core", "edge", "none"]),
        ("core", []),
    ],
)
def test_filters_select_datafiles(condition: Any, expected: list[str]) -> None:
    assert names("filter: $f", {"f": condition}) == expected


def test_a_filter_may_stand_in_the_query_itself() -> None:
    query = '{ teams_v1(filter: {size: {ne: 3}, lead: {filter: {name: "bob"}}}) { name } }'
    assert execute(bundle_of(*TEAMS), query)["data"] == {"teams_v1": [{"name": "edge"}]}


def test_a_filter_on_an_unknown_field_is_an_error_of_its_own() -> None:
    answer = execute(bundle_of(team()), "{ teams_v1(filter: {colour: 1}) { name } }")
    assert answer["data"] == {"teams_v1": None}
    assert answer["errors"][0]["extensions"] == {"code": "BAD_FILTER_FIELD", "gqlType": "Team_v1"}


def test_a_syntax_error_is_refused_before_anything_runs() -> None:
    answer = execute(bundle_of(), "{ teams_v1 {")
    assert "data" not in answer
    assert answer["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


def test_the_schemas_of_objects_that_were_read_are_listed() -> None:
    bundle = bundle_of(team(lead={"$ref": "/users/ann.yml"}))
    assert execute(bundle, "{ teams_v1 { lead { name } } }")["extensions"] == {"schemas": [TEAM, USER]}


def test_objects_that_were_only_passed_through_are_not_listed() -> None:
    bundle = bundle_of(team(lead={"$ref": "/users/ann.yml"}))
    assert execute(bundle, "{ users_v1 { leads { name } } }")["extensions"] == {"schemas": [TEAM]}


def test_variables_and_operation_names_are_understood() -> None:
    query = "query one($n: String) { teams_v1(name: $n) { name } } query two { users_v1 { name } }"
    answer = execute(bundle_of(*TEAMS), query, {"n": "edge"}, "one")
    assert answer["data"] == {"teams_v1": [{"name": "edge"}]}


def test_the_schema_can_be_introspected() -> None:
    answer = execute(bundle_of(), '{ __type(name: "Team_v1") { fields { name } } }')
    assert {"name": "lead"} in answer["data"]["__type"]["fields"]


def test_old_bundles_carry_their_types_as_a_bare_list() -> None:
    bundle = served(ANN, [])
    content = {**json.loads(bundle.text), "graphql": CONFS}
    assert execute(load(json.dumps(content)), "{ users_v1 { name } }")["data"] == {
        "users_v1": [{"name": "ann"}]
    }


def test_an_unknown_type_is_named() -> None:
    confs = [{"name": "Query", "fields": [field("teams_v1", "Team_v1", isList=True)]}]
    with pytest.raises(GraphDefinitionError, match=r"Query.teams_v1 has the unknown type 'Team_v1'"):
        execute(served({}, confs), "{ teams_v1 }")


@pytest.mark.parametrize(
    ("confs", "reason"),
    [
        ([{"fields": []}], "type without a name is malformed"),
        ([{"name": "Query", "fields": [{"name": "x"}]}], "type Query is malformed"),
        (
            [
                {"name": "Query", "fields": [field("x", "Chat_v1")]},
                {"name": "Chat_v1", "interface": "Channel_v1", "fields": [field("room")]},
                next(conf for conf in CONFS if conf["name"] == "Channel_v1"),
            ],
            "Interface field Channel_v1.kind expected but Chat_v1 does not provide it",
        ),
    ],
)
def test_types_that_cannot_be_are_refused(confs: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(GraphDefinitionError, match=reason):
        execute(served({}, confs), "{ x }")
