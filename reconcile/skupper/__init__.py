"""The domain: what a network is, what its sites and links must be, and what to change to get there.

Everything in this package and below is data and computation only. It imports no I/O library, reads no clock and
no environment: definitions, live state and the time come in as values, plans and findings go out as values, and
the same input gives the same output. The import contract in pyproject.toml holds this.
"""
