"""An announcement as Slack's Block Kit: the message, and the details for its thread. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ci_mediagen.announce import shown
from ci_mediagen.announce.interface import Announcement
from ci_mediagen.model.outcome import Generated, Reused
from ci_mediagen.model.task import Task
from ci_mediagen.text import slack
from ci_mediagen.text.cut import utf16_length

Block = dict[str, Any]

MAX_BULLETS = 3
MAX_TEXT = 3000
"""Characters of a message's fallback text, which notifications and screen readers show."""
MAX_PROMPT = 600
MAX_REASON = 300


def message(announcement: Announcement, image: Block | None) -> list[Block]:
    """The message. A short one has the headline, the picture and the buttons only."""
    blocks = [_section(slack.bold(shown.headline(announcement), slack.MAX_SECTION))]
    if image:
        blocks.append(image)
    post = announcement.mode == "post"
    if post and announcement.bullets:
        room = slack.MAX_SECTION // MAX_BULLETS - len("\u2022 \n")
        lines = [f"\u2022 {slack.mrkdwn(bullet, room)}" for bullet in announcement.bullets[:MAX_BULLETS]]
        blocks.append(_section("\n".join(lines)))
    in_part = announcement.change is not None and not announcement.change.complete
    context = slack.mrkdwn(announcement.context, slack.MAX_CONTEXT)
    if context and (post or in_part):
        blocks.append({"type": "context", "elements": [_mrkdwn(context)]})
    buttons = [_button(action, number) for number, action in enumerate(shown.actions(announcement))]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return blocks


def uploaded_image(file_id: str, alt: str) -> Block:
    """A picture that was uploaded to Slack."""
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": _alt(alt)}


def linked_image(url: str, alt: str) -> Block:
    """A picture that Slack fetches from a public address."""
    return {"type": "image", "image_url": url, "alt_text": _alt(alt)}


def fallback_text(announcement: Announcement) -> str:
    """The message where blocks are not shown: in notifications and to screen readers."""
    title = slack.plain(shown.headline(announcement), MAX_TEXT // 2)
    context = slack.plain(announcement.context, MAX_TEXT // 2 - 3)
    return f"{title} ({context})" if context else title


def text_only(announcement: Announcement) -> str:
    """The whole message without blocks, for a Slack that refuses ours."""
    lines = [slack.bold(shown.headline(announcement), MAX_TEXT // 4)]
    lines += [f"\u2022 {slack.mrkdwn(bullet, MAX_TEXT // 8)}" for bullet in announcement.bullets[:MAX_BULLETS]]
    lines += [slack.mrkdwn(announcement.context, MAX_TEXT // 8)]
    lines += [slack.link(action.label, action.url, slack.MAX_SECTION) for action in shown.actions(announcement)]
    return "\n".join(line for line in lines if line)


def details(announcement: Announcement) -> list[Block]:
    """How it was made: template, reasons, and for each task seed, model, key and prompt; what was not made, and why."""
    lines = [*_decided(announcement), *_made(announcement), *_not_made(announcement)]
    sections = list(_packed(lines))
    if len(sections) > slack.MAX_BLOCKS:
        sections = [*sections[: slack.MAX_BLOCKS - 1], "The rest is in the run's manifest.json."]
    return [_section(section) for section in sections]


def _decided(announcement: Announcement) -> Iterator[str]:
    if announcement.template:
        reason = slack.mrkdwn(announcement.template_reason, MAX_REASON)
        yield f"Template {slack.code(announcement.template, 100)}{': ' + reason if reason else ''}"
    for reason in announcement.reasons:
        yield slack.mrkdwn(reason, MAX_REASON)


def _made(announcement: Announcement) -> Iterator[str]:
    tasks = {file.task.key or file.task.id: file for file in announcement.files}
    for file in tasks.values():
        task = file.task
        lines = [f"{slack.bold(task.id, 100)}: {slack.mrkdwn(', '.join(_facts(task, file.reused)), MAX_REASON)}"]
        if task.prompt:
            lines.append(slack.code(task.prompt, MAX_PROMPT))
        yield "\n".join(lines)


def _facts(task: Task, reused: bool) -> Iterator[str]:
    yield "reused" if reused else "made now"
    yield f"by {task.backend}"
    if task.model:
        yield f"model {task.model.id}{'@' + task.model.revision[:12] if task.model.revision else ''}"
    if task.seed is not None:
        yield f"seed {task.seed}"
    if task.key:
        yield f"key {task.key[:12]}"


def _not_made(announcement: Announcement) -> Iterator[str]:
    for outcome in announcement.outcomes:
        if not isinstance(outcome, Generated | Reused):
            yield f"{slack.bold(outcome.task, 100)}: {outcome.status}: {slack.mrkdwn(outcome.reason, MAX_REASON)}"


def _packed(lines: Iterable[str]) -> Iterator[str]:
    """As few sections as hold the lines, none cut."""
    section = ""
    for line in filter(None, lines):
        joined = f"{section}\n{line}" if section else line
        if utf16_length(joined) > slack.MAX_SECTION:
            yield section
            joined = line
        section = joined
    if section:
        yield section


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack looks for no addresses, channels or names in the text by itself.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _button(action: shown.Action, number: int) -> Block:
    button: Block = {
        "type": "button",
        "action_id": f"open-{number}",
        "text": {"type": "plain_text", "text": slack.plain(action.label, slack.MAX_BUTTON), "emoji": False},
        "url": action.url,
    }
    return button | {"style": "primary"} if action.label == "Watch" else button


def _alt(text: str) -> str:
    return slack.bare(text, slack.MAX_ALT)
