"""`python3 tools/train`."""
import pathlib
import sys

# Run as a folder, Python puts the folder itself on the path, not the one that has the package.
HERE = pathlib.Path(__file__).resolve().parent
if not __package__:
    sys.path[0] = str(HERE.parent)

from train.command import main  # noqa: E402

sys.exit(main())
