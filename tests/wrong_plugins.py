"""Modules of plugins that are wrong, each in its own way, with what has to be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.distributions import right

SECRET = "hunter2"


@dataclass(frozen=True, slots=True)
class Wrong:
    """The module of a plugin that is called `theirs`. says: with `{file}` for where the module lies."""

    code: str
    kind: str
    says: str


def channel(
    does: str = "return []", *, given: str = "", mark: str = "@hookimpl", hook: str = "channels"
) -> str:
    """One hook. What it does stands in line 12."""
    return f"""
from dataclasses import replace
from nextvisit.sdk.channels import ChannelCapabilities
from nextvisit.sdk.hookspecs import ChannelPlugin, MisAdapterPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_channel import TEXTS

class Settings(PluginSettings): pass

{mark}
def {hook}({given}):
    {does}
"""


def pager(capabilities: str = "TEXTS", more: str = "") -> str:
    return channel(
        f'return [ChannelPlugin("theirs", PluginSettings, {capabilities}, lambda settings: None{more})]'
    )


def reader(languages: str = 'frozenset({"en"})', memory: str = "1024") -> str:
    return f"""
from nextvisit.sdk.hookspecs import IntentReaderPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings

@hookimpl
def intent_readers():
    return [IntentReaderPlugin("theirs", PluginSettings, {languages}, {memory}, lambda settings: None)]
"""


def adapter(old: str, new: str) -> str:
    assert old in right("theirs")
    return right("theirs").replace(old, new)


_SEQUENCE = "its hook `channels` has to return a sequence of `ChannelPlugin`, and returns"

WRONG: Mapping[str, Wrong] = {
    # At its import.
    "a module that is missing": Wrong("import no_such_module", "plugin.broken", "importing it failed with ModuleNotFoundError of no_such_module, in {file}, line 1"),
    "what it lacks of the SDK": Wrong("from nextvisit.sdk.channels import Voice", "plugin.broken", "ImportError of nextvisit.sdk.channels, in {file}, line 1"),
    "an error of its own": Wrong("\n\nPASSWORD = 'hunter2'\nraise ValueError(PASSWORD)", "plugin.broken", "importing it failed with ValueError, in {file}, line 4"),
    "no Python": Wrong("\ndef (", "plugin.broken", "SyntaxError, in {file}, line 2"),
    "no Python of its own making": Wrong("\neval('hunter2 hunter2')", "plugin.broken", "importing it failed with SyntaxError, in {file}, line 2"),
    "bytes that are no text": Wrong("# coding: ascii\nNAME = 'ł'", "plugin.broken", "importing it failed with SyntaxError, in {file}"),
    "an exit": Wrong("import sys\nsys.exit('hunter2')", "plugin.broken", "importing it failed with SystemExit, in {file}, line 2"),
    "an exit that asks nobody": Wrong("import os\nos._exit(5)", "plugin.broken", "importing it failed with SystemExit, in {file}, line 2"),
    "an end that is no error": Wrong("class Enough(BaseException): pass\nraise Enough('hunter2')", "plugin.broken", "importing it failed with Enough, in {file}, line 2"),
    "no end": Wrong("def deep(): return deep()\ndeep()", "plugin.broken", "RecursionError, in {file}, line 1"),
    "a module that looks itself up": Wrong("def __getattr__(name): raise ZeroDivisionError('hunter2')", "plugin.broken", "importing it failed with ZeroDivisionError, in {file}, line 1"),
    # Its hooks.
    "a hook that is misspelt": Wrong(channel(hook="chanels"), "plugin.hook", "there is no hook `chanels`; did you mean `channels`?"),
    "a hook that may be missing": Wrong(channel(hook="voice", mark="@hookimpl(optionalhook=True)"), "plugin.hook", "there is no hook `voice`; known here: channels, intent_readers, mis_adapters"),
    "no mark": Wrong(channel(mark=""), "plugin.hook", "its function `channels` is no hook; mark it with `hookimpl`"),
    "a mark on one of two": Wrong(right("theirs") + "def channels(): return []", "plugin.hook", "its function `channels` is no hook; mark it with `hookimpl`"),
    "nothing": Wrong("", "plugin.hook", "it implements no hook (channels, intent_readers, mis_adapters); `hookimpl` has to stand above each"),
    "an argument": Wrong(channel(given="config"), "plugin.hook", "its hook `channels` takes `config`, and a hook is given nothing; write `def channels():`"),
    "two arguments": Wrong(channel(given="self, config"), "plugin.hook", "its hook `channels` takes `self`, `config`, and a hook is given nothing"),
    "an error in a hook": Wrong(channel("raise ZeroDivisionError('hunter2')"), "plugin.broken", "its hook `channels` failed with ZeroDivisionError, in {file}, line 12"),
    "an exit in a hook": Wrong(channel("raise SystemExit('hunter2')"), "plugin.broken", "its hook `channels` failed with SystemExit, in {file}, line 12"),
    "a generator that breaks": Wrong(channel("yield from [1 / 0]"), "plugin.broken", "its hook `channels` failed with ZeroDivisionError, in {file}, line 12"),
    "a coroutine": Wrong(channel().replace("def channels", "async def channels"), "plugin.hook", "its hook `channels` is a coroutine; write `def` without `async`"),
    "no answer": Wrong(channel("pass"), "plugin.hook", f"{_SEQUENCE} nothing; is its `return` missing?"),
    "no sequence": Wrong(channel("return ChannelPlugin('theirs', Settings, TEXTS, id)"), "plugin.hook", f"{_SEQUENCE} `ChannelPlugin`"),
    "a word": Wrong(channel("return 'hunter2'"), "plugin.hook", f"{_SEQUENCE} a sequence of `str`"),
    "its capabilities": Wrong(channel("return [TEXTS]"), "plugin.hook", f"{_SEQUENCE} a sequence of `ChannelCapabilities`"),
    "a plugin of another hook": Wrong(channel("return [MisAdapterPlugin('theirs', Settings, id)]"), "plugin.hook", f"{_SEQUENCE} a sequence of `MisAdapterPlugin`"),
    # Its slug.
    "another name": Wrong(right("ours"), "plugin.slug", "it provides `ours`, and its entry points are called `theirs`; call one as its slug"),
    "nothing of its name": Wrong(channel(), "plugin.slug", "it is called `theirs`, and provides nothing of that name"),
    "no slug": Wrong(right("Their-Own"), "plugin.slug", "its slug `Their-Own` is none: lower-case letters"),
    "a slug that is no text": Wrong(adapter('"theirs"', "7"), "plugin.slug", "its slug is of the type `int`, and has to be a text"),
    "a slug that nothing can be looked up by": Wrong(adapter('"theirs"', '["theirs"]'), "plugin.slug", "its slug is of the type `list`, and has to be a text"),
    "a slug twice": Wrong(adapter("lambda settings: None)]", "lambda settings: None)] * 2"), "plugin.slug_taken", "it provides `theirs` twice"),
    # What it says of itself.
    "settings of no kind of ours": Wrong(adapter("PluginSettings,", "dict,"), "plugin.hook", "of `theirs` `settings` has to be a subclass of `PluginSettings`"),
    "settings that are made already": Wrong(adapter("PluginSettings,", "PluginSettings(),"), "plugin.hook", "has to be a subclass of `PluginSettings`, the class itself"),
    "nothing that builds": Wrong(adapter("lambda settings: None", "'build'"), "plugin.hook", "of `theirs` `build` has to be what makes a connection of its settings"),
    "no capabilities": Wrong(pager("None"), "plugin.hook", "of `theirs` the capabilities have to be `ChannelCapabilities`"),
    "no addresses": Wrong(pager("replace(TEXTS, addresses=None)"), "plugin.hook", "its `addresses` have no `space` or no `systems`"),
    "forms in a list": Wrong(pager("replace(TEXTS, forms=list(TEXTS.forms))"), "plugin.hook", "`forms` is a tuple of `MessageForm`"),
    "reports of words": Wrong(pager("replace(TEXTS, reports={'sent'})"), "plugin.hook", "`reports` has to be a frozenset of `DeliveryStatus`"),
    "an answer in words": Wrong(pager("replace(TEXTS, receives='no')"), "plugin.hook", "`receives` has to be True or False"),
    "a bound that is no number": Wrong(pager("replace(TEXTS, longest='160')"), "plugin.hook", "`longest` is a number of characters, or `None`"),
    "a session in hours": Wrong(pager("replace(TEXTS, session=24)"), "plugin.hook", "`session` is no span: how long after a patient's words"),
    "media in a list": Wrong(pager("replace(TEXTS, media=['image/png'])"), "plugin.hook", "`media` has to be a frozenset of media types"),
    "media of any kind": Wrong(pager("replace(TEXTS, media=frozenset({'image/*'}))"), "plugin.hook", "`media` has to be a frozenset of media types, each in full"),
    "a silence that is a span": Wrong(pager(more=", silence=30"), "plugin.hook", "`silence` has to be a function of its settings, or `None`"),
    "a language": Wrong(reader(languages="'en'"), "plugin.hook", "of `theirs` `languages` has to be a frozenset of codes"),
    "a memory in words": Wrong(reader(memory="'1 GiB'"), "plugin.hook", "`memory` has to be a whole number of bytes"),
}  # fmt: skip
