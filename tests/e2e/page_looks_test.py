"""The page for every reader: screen readers, both languages and schemes, every width, by keyboard alone."""

import sys

from page_checks import check

check(sys.argv[1], "looks")
