"""What is a secret in part shows that part nowhere."""

import copy
import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.cli.confidential import CommandLine, Confidential, WebhookUrl, hide_paths
from livesegment.cli.declared import confidential
from livesegment.cli.options import RunOptions
from livesegment.errors import SpecError, UsageError
from livesegment.sources.addresses.url import redact
from tests.cli.runner import Cli

URLS = (
    "https://hooks.example/services/T0/B0/geheim",
    "https://me:geheim@h.example:8443/a?token=geheim",
    "https://geheim@h.example/",
    "http://me:geh/eim@h.example/x",
    "http://[::1]:80/geheim",
    "https://h.example?geheim",
    "https://h.example#geheim",
    "https://h.example:443/@geheim",
    "https://h.example/a@b/geheim",
    "ftp://h/geheim",
    "h.example/geheim",
    "geheim",
    "https:/h/geheim",
)
COMMANDS = (
    "curl -H 'Authorization: Bearer geheim' https://h.example",
    "curl -H 'X-Api-Key: geheim' h.example",
    "curl -u me:geheim h.example",
    "curl --user me:geheim h.example",
    "curl https://h.example/geheim",
    "curl -d @- url=https://h.example/geheim",
    "curl ftp://me:geheim@h.example/x",
    "sh -c 'curl -d @- https://h.example/geheim'",
    "sh -c 'TOKEN=geheim notify'",
    "notify --token geheim",
    "notify --token=geheim",
    "notify --api-key geheim",
    "env SLACK_TOKEN=geheim notify",
    "mosquitto_pub -u me -P geheim -t cam -s",
    "sshpass -p geheim ssh h",
    "notify ghp_geheim0123456789abcdef",
    "notify 'geheim",
)


@pytest.mark.parametrize("text", URLS)
@pytest.mark.parametrize("show", [str, repr, "{}".format, lambda one: f"{[one]}"])
def test_a_webhook_shows_its_host_at_most(text: str, show: object) -> None:
    assert "geheim" not in show(WebhookUrl(text))  # type: ignore[operator]
    assert "eim" not in show(WebhookUrl(text))  # type: ignore[operator]


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_shows_nothing_that_looks_like_a_secret(text: str) -> None:
    assert "geheim" not in repr(CommandLine(text))
    assert "geheim" not in CommandLine(text).command


@pytest.mark.parametrize(
    "text",
    [
        "notify-send event",
        "/opt/notify-camera-1.sh --name door -v 3",
        "python3 /home/me/2026-01-02-events/tell.py person 'at the door'",
        "sh -c 'cat >> /tmp/events.jsonl'",
        "curl -d @- http://localhost:8080",
    ],
)
def test_a_command_without_a_secret_is_shown_as_it_is(text: str) -> None:
    assert CommandLine(text).shown == text


def test_what_was_left_out_is_refused() -> None:
    for kind, text in ((WebhookUrl, URLS[0]), (CommandLine, COMMANDS[0])):
        read_back = kind(kind(text).shown)
        with pytest.raises(UsageError, match=r"\*\*\* stands where"):
            read_back.reveal()
        assert kind(text).reveal() == text


def test_a_webhook_may_come_from_a_variable() -> None:
    url = WebhookUrl("${HOOK}")
    assert url.shown == "${HOOK}"
    assert url.reveal({"HOOK": URLS[0]}) == URLS[0]
    with pytest.raises(UsageError, match="HOOK"):
        url.reveal({})


def test_what_a_variable_tells_is_hidden_too() -> None:
    WebhookUrl("${HOOK}").reveal({"HOOK": "https://me:geh-EIM7@h.example/T0/tok"})
    assert redact("h.example/T0/tok and geh-EIM7") == "*** and ***"


def test_its_secret_is_hidden_in_other_texts_from_then_on() -> None:
    WebhookUrl("https://hooks.example/services/T0/geheim")
    CommandLine("notify --token gate-K33per")
    assert redact("POST hooks.example/services/T0/geheim failed") == "POST *** failed"
    assert redact("notify says: gate-K33per") == "notify says: ***"


@pytest.mark.parametrize("one", [WebhookUrl(URLS[0]), CommandLine(COMMANDS[0])])
def test_it_is_not_pickled(one: Confidential) -> None:
    for way in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="secret"):
            way(one)


@given(st.text(), st.text())
def test_any_text_will_do(text: str, token: str) -> None:
    assert CommandLine(text).shown is not None
    beyond = f"/<{token}>"
    assert beyond not in WebhookUrl(f"https://h.example{beyond}").shown
    assert beyond not in hide_paths(f"no such option: 'https://h.example/<{token.split()}>'")


# On the command line


def test_every_such_option_is_known() -> None:
    assert confidential(RunOptions) == {"--exec": CommandLine, "--webhook": WebhookUrl}


@pytest.mark.parametrize("url", URLS)
def test_a_printed_config_has_no_webhooks_token(cli: Cli, url: str) -> None:
    ended = cli("run", "--webhook", url, "--exec", COMMANDS[0], "--print-config")
    assert ended.code == 0
    assert "geheim" not in ended.out
    assert tomllib.loads(ended.out)["exec"].startswith("curl")


def test_a_printed_config_is_read_back_or_refused(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    options = ("--webhook", "${HOOK}", "--exec", "echo it")
    config.write_text(cli("run", *options, "--print-config").out)
    assert RunOptions.from_file(config)["webhook"] == WebhookUrl("${HOOK}")
    assert RunOptions.from_file(config)["exec"] == CommandLine("echo it")
    config.write_text(cli("run", "--webhook", URLS[0], "--print-config").out)
    assert "${NAME}" in config.read_text()
    more = ("--source", "synthetic", "--headless", "--record", str(tmp_path), "--on", "any")
    ended = cli("run", "--config", str(config), *more)
    assert ended.code == 2
    assert "*** stands where its secret should be" in ended.err


def test_a_config_with_a_secret_of_the_wrong_kind_does_not_show_it(tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text('webhook = ["https://h/geheim"]')
    with pytest.raises(SpecError, match="webhook must be a string") as caught:
        RunOptions.from_file(config)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "flag", ["--camera", "--model", "--background", "--jsonl", "--record", "--source", "--on"]
)
def test_a_password_in_any_option_is_not_printed(cli: Cli, flag: str) -> None:
    ended = cli("run", flag, "rtsp://me:geheim@h/x", "--print-config")
    assert "rtsp" in ended.out
    assert "geheim" not in ended.out + ended.err


def test_a_plain_password_makes_no_holes_in_other_options(cli: Cli) -> None:
    options = ("--source", "rtsp://me:data@h/x", "--record", "/data/live", "--on", "data>1")
    ended = cli("run", *options, "--print-config")
    assert 'record = "/data/live"' in ended.out
    assert 'on = ["data>1"]' in ended.out
    assert ":data@" not in ended.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "rtsp://me:geheim@h/x"),
        ("rtsp://me:geheim@h/x",),
        ("run", "rtsp:/me:geheim@h/x"),
        ("run", "me:geheim@h/x"),
        ("run", "https://h.example/geheim"),
        ("run", "--score", "rtsp://me:geheim@h/x"),
        ("run", "--rtsp://me:geheim@h/x"),
        ("run", "--sourc=rtsp://me:geheim@h/x"),
        ("run", "--source", "rtsp:/me:geheim@h/x", "--headless"),
        ("run", "--config", "rtsp://me:geheim@h/x"),
        ("run", "--credentials", "rtsp://me:geheim@h/x", "--headless"),
        ("models", "rtsp://me:geheim@h/x"),
        ("models", "pull", "https://me:geheim@h.example/x"),
        ("sessions", "show", "rtsp://me:geheim@h/x"),
        ("bench", "rtsp://me:geheim@h/x"),
    ],
)
def test_no_error_shows_what_was_typed_in_the_wrong_place(
    cli: Cli, arguments: tuple[str, ...]
) -> None:
    ended = cli(*arguments)
    assert ended.code != 0
    assert "geheim" not in ended.out + ended.err
