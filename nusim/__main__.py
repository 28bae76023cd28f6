"""`python -m nusim`: the program of `nusim.cli.main`."""

import sys

from .cli.main import main

sys.exit(main())
