"""`python -m bot`: the same as `paperboy`."""

import sys

from bot.cli import main

sys.exit(main())
