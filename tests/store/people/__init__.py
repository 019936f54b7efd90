"""Patients, their appointments, their consents, and segments over them."""
