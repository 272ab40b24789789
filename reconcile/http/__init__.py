"""HTTP with servers that may be hostile or broken: limits on how long an answer may take and how large it may be."""
