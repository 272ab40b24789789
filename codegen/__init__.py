"""Generates what follows from a table of config keys: ``make generate``.

From ``reconcile.skupper.v1.keys`` come parts of the JSON schema, the GraphQL types, the query and the model, between
lines that say BEGIN GENERATED and END GENERATED, and the whole of ``docs/data.md``.
"""
