"""The GraphQL queries, one ``.gql`` file each; ``asking`` names them and their models."""

from importlib.resources import files


def text(name: str) -> str:
    """Give the text of query ``name`` (the file's name without ``.gql``)."""
    return files(__name__).joinpath(f"{name}.gql").read_text(encoding="utf-8")
