"""What the page shows and does: lists, runs, figures, messages, rights, a service that is away."""

import sys

from page_checks import check

check(sys.argv[1], "lists", "work", "keys", "run", "views", "access")
