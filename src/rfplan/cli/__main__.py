"""``python -m rfplan.cli``."""

import sys

from rfplan.cli import main

sys.exit(main())
