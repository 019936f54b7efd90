"""The tests of NextVisit; the folders mirror the code."""
