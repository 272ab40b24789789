"""``python -m reconcile.cli`` does what ``qontract-skupper`` does."""

from reconcile.cli import main

main(prog_name="qontract-skupper")
