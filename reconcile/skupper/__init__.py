"""The domain: networks, sites and links as declared, and the changes that lead there.

Everything in this package and below is data and computation only. It imports no I/O library, reads no clock and
no environment: definitions, observed state and the time come in as values, plans and findings go out as values, and
the same input gives the same output. An import contract in pyproject.toml enforces this.
"""
