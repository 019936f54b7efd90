"""The only SQL. Functions take the transaction they run in and return frozen dataclasses.

engine      the database: pool, transactions, roles
tables      the schema (SQLModel), used by this package alone
keys        key ring: key-encryption keys from a file, data keys per patient, blind-index keys
seal        AES-256-GCM bound to table, column and row; blind indexes
patients    identity vault and facts            consents    consent events, append-only
inbox       what came in, raw                   outbox      what Temporal is to be told
campaigns   versions, approval, state           enrolments  who is in, exactly once
journeys    step, decision log, events          ledger      what we sent
offers      slots offered and held              bookings    appointments that we made
tasks       work for staff                      links       tokens of patient pages and pixels
audit       append-only, chained, checkpointed  report      the funnel and its equations
"""
