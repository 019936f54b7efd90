"""MIS adapters against real servers."""
