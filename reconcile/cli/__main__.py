"""``python -m reconcile.cli`` does what ``qontract-skupper`` does."""

from reconcile.cli import program

program()
