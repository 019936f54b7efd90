"""The tree of commands at a glance. What stands behind a line is imported when it is chosen.

tests/cli/test_tree.py holds each line against the first sentence of its command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextvisit.cli.extension import Leaf


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of commands."""

    line: str
    below: Mapping[str, Leaf]


def _leaf(function: str, line: str) -> Leaf:
    return Leaf(f"nextvisit.cli.{function}", line)


TREE: Mapping[str, Leaf | Topic] = {
    "setup": _leaf(
        "setup:setup",
        "Make this machine ready for `nextvisit up`: ask, make what is missing, and look at all of it.",
    ),
    "worker": _leaf("roles:worker", "Run journeys, sends, pulls and the inbox until SIGTERM."),
    "api": _leaf("roles:api", "Serve patients' pages, pixels, webhooks and health until SIGTERM."),
    "gateway": _leaf("roles:gateway", "Keep the sessions open on which patients' answers arrive."),
    "up": _leaf(
        "up:up",
        "Run everything on this machine: embedded PostgreSQL and Temporal, and the three roles.",
    ),
    "status": _leaf(
        "status:status",
        "Show at a glance which roles run, how the connections fare, what today brought, and what is wrong.",
    ),
    "doctor": _leaf("doctor:doctor", "Ask everything that has to answer; sends nothing to anybody."),
    "support": Topic(
        "What is sent to those who help.",
        {
            "bundle": _leaf(
                "support:bundle",
                "Gather what helps others to help you: no patient, no secret, no text of the settings.",
            )
        },
    ),
    "plugins": _leaf(
        "plugins:listing", "Try each installed plugin; list what it provides, or why it is broken."
    ),
    "plugin": Topic(
        "Writing plugins, and installing them.",
        {
            "new": _leaf(
                "plugin_author:begin",
                "Begin a plugin: a distribution that is green at once, in a new folder.",
            ),
            "check": _leaf("plugin_author:look_over", "Say what is wrong with a plugin's folder, and where."),
            "about": _leaf("plugin_author:tell", "Say what is known of an installed plugin."),
            "install": _leaf(
                "plugin:install",
                "Install a plugin from its wheel, without a network and without running anything of it.",
            ),
            "test": _leaf(
                "plugin_test:trial",
                "Ask a real MIS or provider what an appliance asks, and say what held.",
            ),
            "rehearse": _leaf(
                "plugin_rehearse:rehearsal",
                "Read a whole MIS into nothing: count what there is, what cannot be read, and what is odd.",
            ),
        },
    ),
    "db": Topic(
        "The PostgreSQL schema.",
        {
            "migrate": _leaf(
                "database:migrate", "Bring the schema up to this version, as the database's owner."
            )
        },
    ),
    "vault": Topic(
        "The root key that everything personal is sealed under.",
        {
            "create": _leaf("vault:create", "Make a root key."),
            "grant": _leaf(
                "vault:grant", "Make the key file of the api and the gateway, which open nothing."
            ),
        },
    ),
    "mis": Topic(
        "Reading the medical information system.",
        {
            "sync": _leaf("mis:sync", "Pull what is new, page by page, into the inbox, and process it."),
            "compare": _leaf(
                "mis:compare", "Compare what each connection has with what we have, thing by thing."
            ),
            "status": _leaf(
                "mis:status",
                "Show how far each connection is read, what went wrong, and what was left out.",
            ),
        },
    ),
    "channel": Topic(
        "The connections that messages go out by.",
        {
            "status": _leaf(
                "channel:status",
                "Show which connections work, and which are paused because their sends came to nothing,"
                " or not heard.",
            ),
            "resume": _leaf(
                "channel:resume",
                "Send by a paused connection again, after what stood in its way was mended.",
            ),
        },
    ),
    "reply": Topic(
        "What patients' replies are understood as.",
        {
            "test": _leaf(
                "reply:trial",
                "Read replies whose meaning is known, and show each that is not understood as it was meant.",
            ),
            "explain": _leaf("reply:explain", "Say what a reply is understood as, and by which words."),
        },
    ),
    "segment": Topic(
        "Whom a campaign's segment holds, before anybody is contacted.",
        {
            "count": _leaf("segment:count", "Count the patients in the segment, exactly and as of now."),
            "list": _leaf(
                "segment:listing",
                "List the first patients in the order in which they would be enrolled: facts, no names.",
            ),
        },
    ),
    "campaign": Topic(
        "Campaigns: from a folder of YAML to booked visits.",
        {
            "validate": _leaf("campaign_files:validate", "Find every fault, with file, line and column."),
            "simulate": _leaf(
                "rehearse:simulate",
                "Play a conversation in this terminal: you are the patient, and time passes as you say.",
            ),
            "plan": _leaf("campaign:plan", "Show what would change and whom it touches."),
            "apply": _leaf("campaign:apply", "Keep this version for good, unapproved."),
            "approve": _leaf("campaign:approve", "Approve a version that somebody else applied."),
            "run": _leaf("campaign:run", "Let the campaign enrol by its schedule from now on."),
            "pause": _leaf(
                "campaign:pause",
                "Hold back every further send at once; journeys stay where they are.",
            ),
            "resume": _leaf("campaign:resume", "Go on after a pause."),
            "stop": _leaf("campaign:stop", "End the campaign: no further send, and every open journey ends."),
            "list": _leaf("campaign:listing", "List campaigns and their versions."),
            "report": _leaf("campaign:report", "Show the funnel and its equations."),
        },
    ),
    "journey": Topic(
        "Patients' runs through campaigns.",
        {
            "list": _leaf("journey:listing", "List journeys with the step each is at."),
            "show": _leaf("journey:show", "Show what happened in a journey, in order."),
            "why": _leaf(
                "journey:why",
                "Say why this patient was contacted, or was not: segment, consent, and each decision with "
                "its reason.",
            ),
            "rehydrate": _leaf(
                "journey:rehydrate",
                "Start every open journey again at its step that has no workflow, or one that stands still.",
            ),
            "stop": _leaf(
                "journey:stop", "End one journey, and nothing else; the patient may be in other campaigns."
            ),
        },
    ),
    "task": Topic(
        "What patients and campaigns ask of staff.",
        {
            "list": _leaf("task:listing", "List tasks, what may be urgent first, then the oldest."),
            "show": _leaf(
                "task:show", "Show one task with the patient's name and numbers and what they wrote."
            ),
            "done": _leaf("task:done", "Close a task that somebody has seen to."),
        },
    ),
    "inbox": Topic(
        "What came in: from the MIS, from channels, from patients' pages.",
        {
            "list": _leaf(
                "inbox:listing",
                "List what is in the inbox; parked things wait for somebody with their reason.",
            ),
            "replay": _leaf(
                "inbox:replay",
                "Process parked things again, after what stood in their way was mended.",
            ),
        },
    ),
    "patient": Topic(
        "Patients, by what identifies them.",
        {
            "find": _leaf("patient:find", "Find a patient and their journeys."),
            "show": _leaf(
                "patient:show", "Show what speaks against writing to a patient: the MIS, the patient, staff."
            ),
            "confirm": _leaf(
                "patient:confirm",
                "Say that a patient is the same one, whose name and birth date changed at once.",
            ),
            "stop": _leaf(
                "patient:stop",
                "Stop everything for a patient who says so: invitations for good, and every open journey.",
            ),
            "erase": _leaf("patient:erase", "Destroy a patient's key and all that names them; for good."),
            "replay": _leaf(
                "patient:replay", "Erase again whom a restored backup brought back; the worker does so too."
            ),
            "begin-list": _leaf(
                "patient:begin_list", "Begin the list of who was erased anew, when no copy of it is left."
            ),
        },
    ),
    "consent": Topic(
        "What patients allow and refuse.",
        {
            "withdraw": _leaf(
                "consent:withdraw",
                "Take down that a patient wants no more messages, as if they had said so themselves.",
            )
        },
    ),
    "suppress": Topic(
        "Silence that staff, clinicians or the law ask for, and addresses at which nobody is reached.",
        {
            "add": _leaf("suppress:add", "Write no more to a patient, or to an address whoever has it."),
            "list": _leaf("suppress:listing", "List what must not be written to, the newest first."),
            "show": _leaf(
                "suppress:show",
                "Show one suppression with why it was put and lifted, in the words of who did it.",
            ),
            "lift": _leaf(
                "suppress:lift",
                "Let it be written to again, as far as nothing else speaks against it.",
            ),
        },
    ),
    "backup": Topic(
        "Backups of the database: made, proved, kept, and brought back.",
        {
            "keys": _leaf(
                "backup:keys",
                "Make the identity that opens backups, and print the recipient that they are sealed to.",
            ),
            "create": _leaf(
                "backup:create",
                "Back the database up, into one file that only the holder of the identity can open.",
            ),
            "list": _leaf("backup:listing", "List the backups in `backup.to`, the newest first."),
            "prune": _leaf(
                "backup:prune",
                "Remove backups that `backup.keep` does not name; never the newest, and nothing that is"
                " not ours.",
            ),
            "verify": _leaf(
                "backup:verify",
                "Prove that a backup is whole, and say what was not looked at.",
            ),
            "restore": _leaf(
                "backup:restore", "Bring a backup back into an empty database; all of it or nothing."
            ),
            "restored": _leaf(
                "backup:restored",
                "Say that the database was restored by other means than `backup restore`, before any role is"
                " started.",
            ),
        },
    ),
    "restore": Topic(
        "After a restore: what is known of what was sent and refused in between.",
        {
            "status": _leaf(
                "restore:status",
                "Show whether a restored backup holds what is sent, what is missing, and what nobody knows.",
            ),
            "confirm": _leaf(
                "restore:confirm",
                "Let campaigns send again after a restore, each message that may have gone out once that is"
                " known.",
            ),
        },
    ),
    "audit": Topic(
        "The evidence: append-only, chained, signed.",
        {
            "verify": _leaf(
                "audit:verify",
                "Prove that no entry was changed, removed or reordered, and no row that entries vouch for.",
            ),
            "checkpoint": _leaf(
                "audit:checkpoint",
                "Sign where the log stands now, and print what to keep in another place: the key, and the"
                " checkpoint.",
            ),
            "export": _leaf(
                "audit:export",
                "Write all entries, checkpoints and the public key, for keeping elsewhere.",
            ),
        },
    ),
}
