"""`python -m airproof`."""

import sys

from airproof.cli import main

if __name__ == "__main__":
    sys.exit(main())
