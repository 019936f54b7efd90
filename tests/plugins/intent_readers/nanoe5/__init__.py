"""The second reader by likeness to examples, with its real model."""
