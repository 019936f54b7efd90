"""The SDK keeps its promises to plugin authors."""
