"""`python -m tinylm` is the command `tinylm`."""

import sys

from .cli import main

sys.exit(main())
