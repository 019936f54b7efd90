"""PostgreSQL: the only SQL of the house, a package a noun.

base/       the pool, transactions, schema and tables       vault/     keys and sealing
audit/      evidence: chain, checkpoints, proof             people/    patients, their visits, their consents
campaigns/  versions, enrolment, the report                 journeys/  a journey's rows, events and story
messages/   the ledger, auto-replies, links, replies        booking/   offers and bookings
tasks/      what staff is asked                             queues/    inbox and outbox
reading/    how far each MIS is read                    actions/   what a journey changes here alone
vitals/     heartbeats, listeners, what stands still   erasure/   taking a person out
backups/    all of it at one instant                    restorations/ what a restore left in doubt
migrations/ the schema's revisions

No row leaves it: functions take a `Tx` and return dataclasses. May import the pure rooms,
`calls`, `clock` and `sdk`; every room above may import it.
"""
