"""Typed answers of the GraphQL server, one module a query.

The models follow the queries field by field (a test holds them together): camelCase in the answer, snake_case
here, unknown fields refused, nullable where the schema says so. They go no further than ``definitions``.
"""
