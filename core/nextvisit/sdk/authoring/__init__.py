"""What the author of a plugin does at a terminal: begin one, check it, ask what one is.

command     `nextvisit-plugin`, for who has the SDK alone; the engine's `nextvisit plugin` says the same
new         a distribution from the templates
project     a plugin's folder, and what its metadata say
describe    what a plugin provides, asked in a process of its own
inside      that process
kit_run     the kit, by pytest in a process of its own
type_run    mypy
rules       what a good plugin keeps, by tiers, each with the kit's tests that prove it
fault       what is wrong, where, and what right looks like
quality     `quality.yaml`, and what the kit says to it
check       all of them about one folder
rehearsal   a MIS read into nothing, and counted
record      a real MIS's answers, kept with the identities replaced
relay       between a plugin and the server
disguise    requests and answers, with their values replaced
pseudonyms  by what
recording   the file of it
replay      what serves it
live        what came of each thing that a real system was asked
live_mis, live_channel      what is asked, and changes nothing
live_booking                a test patient's visit, booked and given back
about       what is known of an installed plugin
told        how the answers are put into words

May import the SDK; the `cli` may import it.
"""
