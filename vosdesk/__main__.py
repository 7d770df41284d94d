"""``python -m vosdesk``: the same as the command ``vosdesk``."""

import sys

from vosdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
