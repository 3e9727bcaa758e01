"""``python -m rfplan``."""

import sys

from rfplan.cli import main

sys.exit(main())
