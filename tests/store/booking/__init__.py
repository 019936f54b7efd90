"""Offers, held slots and bookings."""
