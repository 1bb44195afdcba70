"""What ends the program with a message and exit status 1."""


class Failure(Exception):
    pass
