"""Jenkins, GitLab and no CI system at all: what their variables come to."""

from __future__ import annotations

import pytest

from ci_mediagen.errors import EventError
from ci_mediagen.events.read import read_trigger

A, B, C = "a" * 40, "b" * 40, "c" * 40
JENKINS = {"JENKINS_URL": "https://ci.example/", "BUILD_URL": "https://ci.example/job/x/7/", "GIT_COMMIT": A}
GITLAB = {
    "GITLAB_CI": "true", "CI_COMMIT_SHA": A, "CI_PROJECT_PATH": "acme/aurora", "CI_PROJECT_VISIBILITY": "internal",
    "CI_PROJECT_URL": "https://gitlab.example/acme/aurora", "CI_DEFAULT_BRANCH": "main", "GITLAB_USER_LOGIN": "ada",
    "GITLAB_USER_NAME": "Ada Lovelace", "CI_PIPELINE_SOURCE": "push",
}  # fmt: skip


def test_jenkins_builds_of_a_branch_go_from_the_last_successful_build():
    found = read_trigger({
        **JENKINS, "BRANCH_NAME": "main", "BRANCH_IS_PRIMARY": "true", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": B,
        "GIT_URL": "https://user:secret@github.com/acme/aurora.git",
    })  # fmt: skip
    assert (found.event, found.kind, found.head, found.before, found.branch) == ("jenkins", "push", A, B, "main")
    assert (found.repository, found.default_branch, found.trusted, found.by_hand) == (
        "acme/aurora",
        "main",
        True,
        False,
    )
    assert found.url == "https://ci.example/job/x/7/"
    assert "secret" not in repr(found)


def test_jenkins_may_not_know_the_build_before():
    assert read_trigger({**JENKINS, "GIT_BRANCH": "origin/main"}).before is None
    assert read_trigger({**JENKINS, "GIT_BRANCH": "origin/main"}).branch == "main"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"BRANCH_NAME": "develop", "BRANCH_IS_PRIMARY": "true"}, True),
        ({"BRANCH_NAME": "topic"}, False),
        ({"BRANCH_NAME": "main"}, None),  # a branch source that never tells
        ({"BRANCH_NAME": "master"}, None),
        ({"GIT_BRANCH": "origin/topic"}, None),  # no multibranch project
    ],
)
def test_jenkins_tells_whether_a_branch_is_the_primary_one(variables: dict[str, str], told: bool | None):
    assert read_trigger({**JENKINS, **variables}).on_default_branch is told


def test_a_jenkins_change_request_is_open_and_not_trusted():
    found = read_trigger({
        **JENKINS, "BRANCH_NAME": "PR-12", "CHANGE_ID": "12", "CHANGE_TITLE": "feat: dark mode", "CHANGE_TARGET": "main",
        "CHANGE_BRANCH": "dark", "CHANGE_AUTHOR": "ada", "CHANGE_AUTHOR_DISPLAY_NAME": "Ada Lovelace", "CHANGE_FORK": "eve",
        "CHANGE_URL": "https://github.com/acme/aurora/pull/12",
    })  # fmt: skip
    assert (found.kind, found.trusted, found.base) == ("merge", False, "main")
    assert found.pull_request is not None
    assert (found.pull_request.number, found.pull_request.title) == (12, "feat: dark mode")
    assert found.pull_request.from_fork
    assert not found.pull_request.merged
    assert found.pull_request.author is not None
    assert (found.pull_request.author.name, found.pull_request.author.login) == ("Ada Lovelace", "ada")


def test_a_jenkins_tag_build_is_a_tag():
    found = read_trigger({**JENKINS, "TAG_NAME": "v1.2.0", "BRANCH_NAME": "v1.2.0"})
    assert (found.kind, found.tag) == ("tag", "v1.2.0")


def test_gitlab_pushes():
    found = read_trigger({**GITLAB, "CI_COMMIT_BEFORE_SHA": B, "CI_COMMIT_BRANCH": "main"})
    assert (found.event, found.kind, found.head, found.before, found.branch) == ("gitlab", "push", A, B, "main")
    assert found.private is True
    assert found.url == f"https://gitlab.example/acme/aurora/-/commit/{A}"
    assert read_trigger({**GITLAB, "CI_COMMIT_BEFORE_SHA": "0" * 40}).before is None


def test_a_gitlab_merge_request_has_labels_and_a_diff_base():
    found = read_trigger({
        **GITLAB, "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "9", "CI_MERGE_REQUEST_TITLE": "Dark mode",
        "CI_MERGE_REQUEST_LABELS": "feature, promo:yes", "CI_MERGE_REQUEST_DIFF_BASE_SHA": C, "CI_COMMIT_BEFORE_SHA": "0" * 40,
        "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.example/acme/aurora", "CI_MERGE_REQUEST_PROJECT_PATH": "acme/aurora",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "eve/aurora", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "dark",
    })  # fmt: skip
    assert (found.kind, found.base, found.trusted) == ("merge", C, False)
    assert found.pull_request is not None
    assert found.pull_request.labels == ("feature", "promo:yes")
    assert found.pull_request.from_fork
    assert found.pull_request.url == "https://gitlab.example/acme/aurora/-/merge_requests/9"


def test_a_gitlab_merge_train_is_a_merge_queue():
    found = read_trigger({**GITLAB, "CI_MERGE_REQUEST_IID": "9", "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"})
    assert found.kind == "merge-queue"


def test_gitlab_tags_schedules_and_runs_on_request():
    assert read_trigger({**GITLAB, "CI_COMMIT_TAG": "web@1.2.0"}).tag == "web@1.2.0"
    assert read_trigger({**GITLAB, "CI_PIPELINE_SOURCE": "schedule"}).kind == "digest"
    assert read_trigger({**GITLAB, "CI_PIPELINE_SOURCE": "web"}).kind == "manual"


def test_without_a_ci_system_it_was_run_by_hand():
    found = read_trigger({"HOME": "/home/ada"})
    assert (found.event, found.kind, found.by_hand) == ("git", "manual", True)


def test_a_kind_without_an_event_is_a_mistake():
    with pytest.raises(EventError, match="--event-name"):
        read_trigger({}, None, "push")
