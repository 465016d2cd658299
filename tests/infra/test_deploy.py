import pytest

from generator.render import site as rendering
from infra import deploy
from infra.deploy import main, parse_parameters
from infra.errors import ParametersError
from tests.infra.fake_cloud import FakeCloud, interrupt


@pytest.fixture
def cloud(monkeypatch):
    """A cloud in memory, in place of AWS."""
    fake = FakeCloud()
    monkeypatch.setattr("infra.aws.Aws", lambda *arguments: fake)
    return fake


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        pytest.param("", {}, id="none"),
        pytest.param("ApiCacheEnabled=false", {"ApiCacheEnabled": "false"}, id="one"),
        pytest.param(
            "AvatarHosts='https://a https://b' DomainName= AlarmEmail=a=b@c",
            {"AvatarHosts": "https://a https://b", "DomainName": "", "AlarmEmail": "a=b@c"},
            id="a blank, an empty value and an equals sign",
        ),
    ],
)
def test_parameters_are_split_as_by_a_shell(text, parameters):
    assert parse_parameters(text) == parameters


@pytest.mark.parametrize("text", ["ApiCache=false", "ApiCacheEnabled=false x"])
def test_unknown_parameter_is_refused(text):
    with pytest.raises(ParametersError, match="is no parameter"):
        parse_parameters(text)


def test_check_only_refuses_what_no_deployment_may_have(cloud, directory, tmp_path, capsys):
    build = rendering.make_build(directory, (25,), ("id",))
    rendering.render_site(directory, build, tmp_path, jobs=1)
    command = ["deploy", "--check", "--stack", "users", "--site", str(tmp_path)]
    assert main(command) == 0
    assert main([*command, "--parameters", "Wrong=1"]) == 1
    (tmp_path / "build.json").write_bytes(build._replace(source="sample").to_json())
    assert main(command) == 1
    assert "ARGS=--allow-sample" in capsys.readouterr().err
    assert main([*command, "--allow-sample"]) == 0
    (tmp_path / "build.json").write_bytes(build._replace(base_path="/people/").to_json())
    assert main(command) == 1
    assert "built for /people/, but the stack serves it at /" in capsys.readouterr().err
    assert cloud.calls == []


def test_each_step_is_printed_on_a_line(cloud, directory, tmp_path, capsys):
    build = rendering.make_build(directory, (25,), ("id",))
    rendering.render_site(directory, build, tmp_path / "site", jobs=1)
    cloud.bundled_release = directory.release
    command = ["deploy", "--stack", "users", "--site", str(tmp_path / "site")]
    assert main([*command, "--parameters", "ApiCacheEnabled=false"]) == 0
    words = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert words == [
        *("Read", "Built", "Waiting", "Moved", "Uploaded"),
        *("Tested", "Recorded", "Kept", "Live"),
    ]
    assert cloud.parameters["ApiCacheEnabled"] == "false"
    assert main(["rollback", "--stack", "users", "--list"]) == 0
    assert capsys.readouterr().out.startswith("live ")
    assert main(["rollback", "--stack", "users"]) == 1
    assert capsys.readouterr().err.startswith("Error: there is no deployment before the live one")


@pytest.mark.parametrize(("typed", "status"), [("users\n", 0), ("user\n", 1), ("", 1)])
def test_stack_is_deleted_only_if_its_name_is_typed(cloud, monkeypatch, capsys, typed, status):
    cloud.status = "CREATE_COMPLETE"
    monkeypatch.setattr("sys.stdin.readline", lambda: typed, raising=False)
    assert main(["destroy", "--stack", "users"]) == status
    assert ("delete" in cloud.calls) == (status == 0)
    assert "Type users to delete all of this" in capsys.readouterr().out


def test_yes_deletes_without_typing(cloud):
    cloud.status = "CREATE_COMPLETE"
    assert main(["destroy", "--stack", "users", "--yes"]) == 0


def test_ctrl_c_ends_with_a_message(cloud, monkeypatch, capsys):
    monkeypatch.setattr(cloud, "stack", interrupt)
    assert main(["rollback", "--stack", "users"]) == 130
    assert capsys.readouterr().err == "\nInterrupted; run the same command again to continue.\n"


def test_keep_below_two_is_refused(capsys):
    assert main(["deploy", "--stack", "users", "--keep", "1"]) == 2
    assert "at least 2" in capsys.readouterr().err


def test_missing_boto3_is_an_error(monkeypatch, capsys):
    monkeypatch.setitem(deploy.sys.modules, "infra.aws", None)
    assert main(["rollback", "--stack", "users"]) == 1
    assert "make .venv/.deploy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Commands:"),
        ("deplay --stack users", "Did you mean 'deploy'?"),
        ("deploy", "Missing option '--stack'."),
        ("destroy --stack users --to x", "No such option '--to'."),
        ("rollback --stack users --patience soon", "'soon' is not a valid float."),
    ],
)
def test_bad_usage_exits_with_2(arguments, message, capsys):
    assert main(arguments.split()) == 2
    assert message in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    assert main(["--help"]) == 0
    assert main(["deploy", "--help"]) == 0
    output = capsys.readouterr().out
    assert "Usage: python -m infra.deploy deploy [OPTIONS]" in output
    assert "[default: 180.0]" in output


def test_parameters_that_cannot_be_split_are_named(cloud, tmp_path, capsys):
    assert main(["deploy", "--stack", "users", "--parameters", "AlarmEmail='me"]) == 1
    assert "Error: PARAMETERS=AlarmEmail='me cannot be split" in capsys.readouterr().err
