"""Tests of nextvisit.api and nextvisit.gateway."""
