"""`python3 tools/train`."""
import pathlib
import sys

# Run as a folder, Python puts the folder itself on the path, not the one that has the package.
HERE = pathlib.Path(__file__).resolve().parent
if not __package__:
    sys.path[0] = str(HERE.parent)

try:
    from train.command import main  # noqa: E402
except ModuleNotFoundError as error:
    if error.name.partition(".")[0] == "train":
        raise
    sys.exit(f"train: there is no Python package {error.name}; see {HERE / 'README.md'} for what to install")

sys.exit(main())
