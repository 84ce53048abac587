"""Types of plain messages: what `Add dark mode` would be called had its author written conventional commits."""

from __future__ import annotations

import re

# The first that fits wins, so the particular comes before the general: `Fix typo in README` is docs, not a fix.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("revert", r'(?:revert|reapply|roll ?back) ["“\']|revert(?:s|ed)?\b|回滚|撤销'),
        ("security", r"(?:security|vulnerabilit)\b|.*\b(?:CVE-\d{4}-\d{3,}|GHSA(?:-[0-9a-z]{4}){3})\b"
                     r"|(?:fix|patch|close|mitigate|prevent)\w* .{0,60}\b(?:vulnerabilit|security|XSS|CSRF|SSRF|RCE"
                     r"|SQL injection)"),
        ("chore", r"(?:release|bump version|prepare (?:for )?(?:the )?(?:next )?release|cut release|version bump)\b"
                  r"|v?\d+\.\d+(?:\.\d+)?\S*$|(?:bump|set|update) (?:the )?version\b|initial commit$"
                  r"|merge (?:remote-tracking )?branch\b"
                  r"|update (?:\.gitignore|licen[sc]e|copyright|changelog)\b|(?:happy )?lint(?:ing)?$|发布"),
        ("deps", r"(?:bump|upgrade|update|downgrade|pin) \S+ (?:and \S+ )?(?:from \S+ )?to v?\d"
                 r"|(?:bump|update|upgrade) (?:the )?(?:\S+ )?(?:dependenc|requirement|lock ?file|group)"
                 r"|update \S+ requirement\b|lock file maintenance|bump \S+ from\b|(?:升级|更新)依赖"),
        ("docs", r"(?:docs?|documentation|document|readme|typo)\b|(?:fix|correct)\w* (?:a |some |the )?typos?\b"
                 r"|(?:add|update|improve|fix|expand|rewrite|clarify|move)\w* (?:the |a |some |missing |more )*"
                 r"(?:api |code |user )?(?:docs?|documentation|readme\S*|docstrings?|comments?|guide|tutorial|contributing)\b"
                 r"|文档"),
        ("test", r"(?:tests?|testing)\b|(?:add|fix|update|improve|skip|disable|enable|extend)\w* "
                 r"(?:the |a |some |missing |more |failing |flaky |broken |unit |integration |e2e |regression )*tests?\b|测试"),
        ("ci", r"ci\b|(?:add|fix|update|improve|use|pin)\w* (?:the )?(?:github )?"
               r"(?:ci|actions?|workflows?|pipelines?|jenkinsfile)\b"),
        ("perf", r"(?:speed|optimi[sz]|accelerat)\w*\b|(?:improve|increase|boost)\w* .{0,40}\b(?:performance|speed|throughput)"
                 r"|(?:reduce|lower|cut|halve)\w* .{0,40}\b(?:memory|latency|time|allocations?|cpu|startup)\b"
                 r"|make .{0,60}\bfaster\b|faster\b|优化|提升.*性能"),
        ("refactor", r"(?:refactor|clean ?up|simplif|restructur|reorgani[sz]|renam|extract|mov|split|dedupl|tidy)\w*\b|重构"),
        ("style", r"(?:format|reformat|prettier|whitespace|indent)\w*\b"),
        ("fix", r"(?:fix|resolv|correct|repair|prevent|avoid|handl|patch|hotfix|bugfix|workaround)(?:e|es|ed|s|ing|le|les|led)?\b"
                r"|(?:don't|do not|no longer|stop) \w+|修复|修正|解决"),
        ("feat", r"(?:add|introduc|implement|support|allow|enabl|provid|creat|expos|offer|launch|show|let)"
                 r"(?:e|es|ed|s|ing|ting)?\b|new\b|(?:first|initial) (?:version|implementation|support)\b"
                 r"|新增|添加|增加|支持|实现"),
    )
)  # fmt: skip


def type_by_pattern(title: str) -> str | None:
    """The conventional type that fits a plain title; None where none is clear."""
    text = title[:300].strip()
    if re.match(r"\w+://", text):
        return None
    return next((kind for kind, pattern in _PATTERNS if pattern.match(text)), None)
