"""Text from messages and file names, made fit for a terminal."""


def printable(text: str) -> str:
    """Return text with every character that a terminal might obey escaped as Python does.

    Control and formatting characters could otherwise move the cursor or colour a line; letters
    of any language stay as they are.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
