"""The chain of evidence: it holds, and tampering shows."""
